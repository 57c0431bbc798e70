"""Finds the workflow, or the run of one, that a person means. Asked where no batch, and no run of one, is meant."""

import time

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.tasks import SHORT_ID, identity
from batchwright_runner.contract.workflows.names import first_id
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.find_run import APPEARS_WITHIN, LOOKED_AGAIN, refuse_ambiguous
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.runs.run_id import LATEST
from batchwright_runner.host.stage.executions import describe_execution, running_executions
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.runs import executions_since, is_called
from batchwright_runner.host.workflows.start import arn_of


def find_workflow_run(stage: Stage, workflow: WorkflowRecord, run: str | None, *, patient: bool = False) -> Execution:
    """The run of a workflow that was meant.

    `run`: its id, short id or ARN, or ``latest``; none for the only one that is in progress.
    """
    name, at = workflow.name, workflow.stage
    if run is None:
        return _only(stage, workflow)
    execution = _last(stage, workflow) if run == LATEST[1:] else _named(stage, workflow, run)
    until = stage.waiter.now() + APPEARS_WITHIN
    while execution is None and patient and stage.waiter.now() < until and not stage.waiter.signals:
        stage.waiter.wait(LOOKED_AGAIN)
        execution = _named(stage, workflow, run)
    if execution is None:
        raise UsageError(
            f"no such run {f'{name}@{run}'!r}: looked at the executions of workflow {name} in stage {at}",
            hint=f"See batchwright runs {name} -s {at}",
        )
    return execution


def _only(stage: Stage, workflow: WorkflowRecord) -> Execution:
    """The one run of a workflow that is in progress."""
    name = workflow.name
    with patient(stage, f"the runs of {name} cannot be seen") as aws:
        runs = list(running_executions(aws, workflow.machine))
    if len(runs) == 1 and (execution := described(stage, runs[0].arn)) is not None:
        return execution
    what = f"{len(runs)} runs of {name} are" if len(runs) > 1 else f"no run of {name} is"
    names = ", ".join(f"{name}@{run.name}" for run in runs)
    raise UsageError(f"{what} in progress", hint=f"Name one: {names}" if names else f"Its last run is {name}{LATEST}")


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
    refuse_ambiguous(short, [f"{workflow.name}@{execution.name}" for execution in matching])
    return matching[0] if matching else None


def described(stage: Stage, arn: str) -> Execution | None:
    """An execution; none where Step Functions does not know it."""
    with patient(stage, f"{arn} cannot be seen") as aws:
        return describe_execution(aws, arn)
