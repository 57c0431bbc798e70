"""Finds the workflow, or the run of one, that a person means. Asked where no batch, and no run of one, is meant."""

import time

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run import SHORT_ID
from batchwright_runner.contract.tasks import identity, is_execution
from batchwright_runner.contract.workflows.names import first_id
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import DeniedError, UsageError, WorkflowNamedError
from batchwright_runner.host.fargate.find_run import APPEARS_WITHIN, LOOKED_AGAIN, refuse_ambiguous
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.runs.run_id import LATEST, split_batch
from batchwright_runner.host.stage.all_workflows import all_workflows
from batchwright_runner.host.stage.executions import describe_execution
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.workflows import read_workflow
from batchwright_runner.host.workflows.runs import executions_since, is_called
from batchwright_runner.host.workflows.start import arn_of


def refuse_workflow(stage: Stage, text: str) -> None:
    """Raises where a text means a workflow, or a run of one.

    `text`: a workflow's name, ``WORKFLOW@RUN``, a run id, or an execution's ARN.
    """
    named, run = split_batch(text)
    name, run = (named, run) if named else (text, None)
    if text.startswith("arn:"):
        if not is_execution(text):
            return
        machine = text.rpartition(":execution:")[2].partition(":")[0]
        name, run = machine.removeprefix(StageNames.of(stage.target).family("")), text
    workflow = read_workflow(stage.aws, stage.target, name, stage.waiter)
    if workflow is not None:
        raise WorkflowNamedError(workflow, run)
    if named or text.startswith("arn:"):
        return
    try:
        workflows = all_workflows(stage)
    except DeniedError:
        return
    mine = [workflow for workflow in workflows if _named(stage, workflow, text) is not None]
    refuse_ambiguous(text, [f"{workflow.name}@{text}" for workflow in mine], "Say which one")
    if mine:
        raise WorkflowNamedError(mine[0], text)


def find_run(stage: Stage, workflow: WorkflowRecord, run: str | None, text: str, *, patient: bool = False) -> Execution:
    """The run of a workflow that was meant."""
    name, at = workflow.name, workflow.stage
    if run is None and not text.endswith(LATEST):
        raise UsageError(f"no such run {text!r}: {name} is a workflow", hint=f"Its last run is {name}{LATEST}")
    execution = _last(stage, workflow) if run is None else _named(stage, workflow, run)
    until = stage.waiter.now() + APPEARS_WITHIN
    while execution is None and run is not None and patient and stage.waiter.now() < until and not stage.waiter.signals:
        stage.waiter.wait(LOOKED_AGAIN)
        execution = _named(stage, workflow, run)
    if execution is None:
        raise UsageError(
            f"no such run {text!r}: looked at the executions of workflow {name} in stage {at}",
            hint=f"See batchwright runs {name} -s {at}",
        )
    return execution


def _last(stage: Stage, workflow: WorkflowRecord) -> Execution | None:
    """The last run of a workflow; none where it had none within the 90 days that Step Functions keeps them."""
    with patient(stage, f"the runs of {workflow.name} cannot be seen") as aws:
        answer = aws.call("stepfunctions", "list_executions", stateMachineArn=workflow.machine, maxResults=1)
    newest = answer.get("executions") or []
    return described(stage, str(newest[0]["executionArn"])) if newest else None


def _named(stage: Stage, workflow: WorkflowRecord, run: str) -> Execution | None:
    """The run of that id, ARN, or short id."""
    arn = arn_of(workflow, identity(run) if run.startswith("arn:") else run)
    if run.startswith("arn:") and arn != run:
        return None  # another machine's
    execution = described(stage, arn)
    if execution is None and (listed := _by_short(stage, workflow, run)):  # the list has no inputs
        execution = described(stage, listed.arn)
    return execution


def _by_short(stage: Stage, workflow: WorkflowRecord, short: str) -> Execution | None:
    """The run that a short id is of, as ``batchwright runs`` shows it."""
    if not SHORT_ID.fullmatch(first_id(short)[0]):
        return None
    with patient(stage, f"the runs of {workflow.name} cannot be seen") as aws:
        runs = executions_since(aws, workflow, time.time() - DAYS * DAY)
        matching = [execution for execution in runs if is_called(execution, short)]
    refuse_ambiguous(short, [f"{workflow.name}@{execution.name}" for execution in matching], "Say which one")
    return matching[0] if matching else None


def described(stage: Stage, arn: str) -> Execution | None:
    """An execution; none where Step Functions does not know it."""
    with patient(stage, f"{arn} cannot be seen") as aws:
        return describe_execution(aws, arn)
