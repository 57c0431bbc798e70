"""Finds the run that a person means: ``NAME@ID``, ``NAME@latest``, an ARN, or a batch's or workflow's only run."""

import time

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import SHORT_ID, identity, is_execution
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.names import first_id
from batchwright_runner.contract.workflows.run import StepsRun, is_called
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.executions import describe_execution, running_executions
from batchwright_runner.host.fargate.find_run import (
    APPEARS_WITHIN,
    LOOKED_AGAIN,
    named_manifest,
    refuse_ambiguous,
    run_of_batch,
    run_of_task,
)
from batchwright_runner.host.fargate.history import DAY, DAYS
from batchwright_runner.host.runs.run_id import LATEST, RunName
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.workflows.runs import executions_since
from batchwright_runner.host.workflows.start import arn_of


def find_run(stage: Stage, text: str, *, patient: bool = False) -> Attempt | StepsRun:
    """The run of a batch, or of a workflow, that a person names.

    `patient`: whether a run that AWS does not show yet is waited for, for some seconds.
    """
    name = RunName.of(text)
    if not name.batch:
        stage.check_account()
        if not is_execution(name.run):
            return run_of_task(stage, name.run)
        machine = name.run.rpartition(":execution:")[2].partition(":")[0]
        name = RunName(machine.removeprefix(StageNames.of(stage.target).family("")), name.run)
    match named_manifest(stage, name):
        case WorkflowManifest() as workflow:
            run = None if name.bare else name.run or LATEST[1:]
            return StepsRun.of(workflow, find_workflow_run(stage, workflow, run, patient=patient))
        case BatchManifest() as manifest:
            return run_of_batch(stage, manifest, text, name, patient=patient)


def asked(stage: Stage, text: str) -> Manifest | None:
    """The batch or the workflow, where a person names one alone; none where a run is named."""
    name = RunName.of(text)
    return named_manifest(stage, name) if name.bare else None


def find_workflow_run(stage: Stage, workflow: WorkflowManifest, run: str | None, *, patient: bool = False) -> Execution:
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


def _only(stage: Stage, workflow: WorkflowManifest) -> Execution:
    """The one run of a workflow that is in progress."""
    name = workflow.name
    with patient(stage, f"the runs of {name} cannot be seen") as aws:
        runs = list(running_executions(aws, workflow.machine))
    if len(runs) == 1 and (execution := described(stage, runs[0].arn)) is not None:
        return execution
    what = f"{len(runs)} runs of {name} are" if len(runs) > 1 else f"no run of {name} is"
    names = ", ".join(f"{name}@{run.name}" for run in runs)
    raise UsageError(f"{what} in progress", hint=f"Name one: {names}" if names else f"Its last run is {name}{LATEST}")


def _last(stage: Stage, workflow: WorkflowManifest) -> Execution | None:
    """The last run of a workflow; none where it had none within the 90 days that Step Functions keeps them."""
    with patient(stage, f"the runs of {workflow.name} cannot be seen") as aws:
        answer = aws.call("stepfunctions", "list_executions", stateMachineArn=workflow.machine, maxResults=1)
    newest = answer.get("executions") or []
    return described(stage, str(newest[0]["executionArn"])) if newest else None


def _named(stage: Stage, workflow: WorkflowManifest, run: str) -> Execution | None:
    """The run of that id, ARN, or short id."""
    arn = arn_of(workflow, identity(run) if run.startswith("arn:") else run)
    if run.startswith("arn:") and arn != run:
        return None  # another machine's
    execution = described(stage, arn)
    if execution is None and (listed := _by_short(stage, workflow, run)):  # the list has no inputs
        execution = described(stage, listed.arn)
    return execution


def _by_short(stage: Stage, workflow: WorkflowManifest, short: str) -> Execution | None:
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
