"""Executions of state machines: how they stand, which runs without a task they are, and how one is stopped.

ECS shows of a machine's task that AWS Step Functions has started it; its ``group`` is the name of the execution, which
is the run's id, and the machine in the manifest makes the execution's ARN of it.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from batchwright_runner.contract.command_lines import again_line
from batchwright_runner.contract.ends import MACHINE_TIMEOUT
from batchwright_runner.contract.executions import RUNNING, TIMED_OUT, Execution, known_execution
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.run import Attempt, Run, runs_from
from batchwright_runner.contract.tasks import execution_arn, execution_of, identity
from batchwright_runner.contract.verdicts import PREFIX
from batchwright_runner.contract.workflows.names import may_be_of_step, run_of_step, shown_id
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import CALL, Patience, patiently
from batchwright_runner.host.fargate.history import events
from batchwright_runner.host.fargate.tasks import meaning_of
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import TemporaryError

GONE = frozenset({"ExecutionDoesNotExist", "StateMachineDoesNotExist"})
ABORTED = "Task state in AWS Step Functions execution"
"""In the stop reason of a task whose machine was stopped, or whose state has timed out (floci pull 2782, which measured
it on AWS in 2026; read 2026-11)."""
_TIMEOUTS = frozenset({f"{PREFIX}Timeout", "States.Timeout"})
_PATTERN = '{ $.source = "aws.states" }'


def describe_execution(aws: Aws, arn: str) -> Execution | None:
    """Looks at an execution; none where Step Functions does not know it any more."""
    try:
        return Execution.of(aws.call("stepfunctions", "describe_execution", executionArn=arn))
    except ApiError as error:
        if error.code in GONE:
            return None
        raise


def running_executions(aws: Aws, machine: str) -> Iterator[Execution]:
    """The executions of a machine that have not ended."""
    return executions_of(aws, machine, statusFilter=RUNNING)


def executions_of(aws: Aws, machine: str, **only: str) -> Iterator[Execution]:
    """The executions of a machine, the newest first."""
    read = partial(aws.call, "stepfunctions", "list_executions", stateMachineArn=machine, **only)
    try:
        yield from map(Execution.of, pages(read, "executions"))
    except ApiError as error:
        if error.code not in GONE:
            raise


def stop_execution(aws: Aws, arn: str, reason: str) -> bool:
    """Stops an execution, which stops its task.

    Returns whether there was one to stop.
    """
    execution = describe_execution(aws, arn)
    if execution is None or execution.status != RUNNING:
        return False
    aws.call("stepfunctions", "stop_execution", executionArn=arn, error=f"{PREFIX}Stopped", cause=reason)
    return True


def explained(aws: Aws, manifest: BatchManifest, task: Mapping[str, Any], state: TaskState) -> TaskState:
    """The state of a task that its machine has stopped, with the reason that the machine had.

    ECS shows the same sentence whether the machine's time was up or someone has stopped the execution. Which one it was
    is known to Step Functions. Where it may not be asked, the sentence stays.
    """
    arn = execution_of(manifest, task)
    if not arn or not state.ended or ABORTED not in state.reason:
        return state
    try:
        execution = describe_execution(aws, arn)
    except DeniedError:
        return state
    except ApiError as error:
        if isinstance(meaning_of(error), TemporaryError):
            raise
        return state
    return state if execution is None else replace(state, reason=_reason(execution) or state.reason)


def _reason(execution: Execution) -> str:
    # A machine that runs on has stopped its own task: only its time can have been up.
    if execution.status in (TIMED_OUT, RUNNING) or execution.error in _TIMEOUTS:
        return MACHINE_TIMEOUT
    return execution.cause or execution.error if execution.status == "ABORTED" else ""


def executions_named(aws: Aws, manifests: Iterable[BatchManifest], name: str) -> Iterator[Attempt]:
    """The executions of that name, one of a machine at most."""
    refused: DeniedError | None = None
    for manifest in manifests if "/" not in name else ():  # no execution has such a name (StartExecution, 2026-11)
        try:
            execution = describe_execution(aws, execution_arn(manifest.machine, name)) if manifest.machine else None
        except DeniedError as error:
            refused = error
            continue
        if execution is not None:
            yield known_execution(manifest, execution)
    if refused is not None:
        raise refused


def executions_without_tasks(
    aws: Aws,
    manifests: Iterable[BatchManifest],
    attempts: Sequence[Attempt],
    since: float,
    enough: int = 0,
    beginning: str = "",
) -> Iterator[Attempt]:
    """The executions of which no task is known: those that run, and those whose ends are in the history.

    Step Functions is asked of each: an event says that one has failed, and not of what.

    `enough`: So many of the newest runs are wanted: no execution is older than those. 0 for all.
    """
    if enough and len(newest := runs_from(attempts)) >= enough:
        since = max(since, newest[enough - 1].created)
    by_machine = {manifest.machine: manifest for manifest in manifests if manifest.machine}
    shown = {run.execution for run in attempts}
    for manifest in by_machine.values():
        yield from running_without_tasks(aws, manifest, shown)
    groups = sorted({manifest.history_log_group for manifest in by_machine.values() if manifest.history_log_group})
    for arn, machine in dict.fromkeys(pair for group in groups for pair in _ended(aws, group, since)):
        if machine in by_machine and arn not in shown and identity(arn).startswith(beginning):
            execution = _described(aws, arn)
            if execution is not None and execution.status != RUNNING:
                yield known_execution(by_machine[machine], execution)


def running_without_tasks(aws: Aws, manifest: BatchManifest, shown: Collection[str]) -> Iterator[Attempt]:
    """A batch's executions that run and have no task just now."""
    for execution in running_executions(aws, manifest.machine) if manifest.machine else ():
        if execution.arn not in shown:
            yield known_execution(manifest, execution)


def machine_goes_on(aws: Aws, waiter: Waiter, attempt: Attempt, patience: Patience = CALL) -> bool | None:
    """Whether the machine that has started a run goes on with it; none where that may not be seen, or there is none."""
    if not attempt.execution:
        return None
    what = f"whether {attempt.execution} goes on cannot be seen"
    try:
        execution = patiently(lambda: describe_execution(aws, attempt.execution), what, waiter, patience=patience)
    except DeniedError:
        return None
    return execution is not None and execution.status == RUNNING


def again_of(aws: Aws, run: Run) -> str:
    """The command that runs a failed run again; empty where it goes on, has succeeded, or would end the same."""
    if isinstance(run, StepsRun):
        return run.again
    return run_again(aws, run.last) if run.verdict is not None and run.verdict.may_improve else ""


def run_again(aws: Aws, attempt: Attempt) -> str:
    """The command that runs an attempt's run again: that of a step, its workflow's."""
    manifest = attempt.manifest
    name, run = manifest.batch, attempt.started_by or identity(attempt.arn)
    with suppress(ApiError):  # then it is run by itself
        execution = _described(aws, attempt.execution) if may_be_of_step(identity(attempt.execution)) else None
        if execution is not None:
            name, run = run_of_step(manifest.project, manifest.stage, execution.name, execution.parent) or (name, run)
            whole = _described(aws, execution.parent) if name != manifest.batch else None
            run = shown_id(whole.run_id) if whole is not None else run
    return again_line(name, manifest.stage, run)


def _described(aws: Aws, arn: str) -> Execution | None:
    try:
        return describe_execution(aws, arn)
    except DeniedError:
        return None


def _ended(aws: Aws, group: str, since: float) -> Iterator[tuple[str, str]]:
    """ARN of the execution and of the machine, of each end in the history; the newest last."""
    for event in events(aws, group, _PATTERN, since):
        try:
            detail = json.loads(str(event.get("message", "")))["detail"]
            yield str(detail["executionArn"]), str(detail["stateMachineArn"])
        except (ValueError, KeyError, TypeError):
            continue
