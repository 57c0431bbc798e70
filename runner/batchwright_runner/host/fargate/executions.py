"""Runs that a batch's state machine has started: whose they are, how their executions stand, and how one is stopped.

ECS shows of such a task that AWS Step Functions has started it; its ``group`` is the name of the execution, which is
the run's id, and the machine in the manifest makes the execution's ARN of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.ends import MACHINE_TIMEOUT, STEP_FUNCTIONS
from batchwright_runner.contract.executions import RUNNING, TIMED_OUT, Execution
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.tasks import execution_of
from batchwright_runner.contract.verdicts import PREFIX
from batchwright_runner.errors import DeniedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.task_calls import meaning_of
from batchwright_runner.host.runs.task import TemporaryError
from batchwright_runner.host.stage.executions import describe_execution

ABORTED = "Task state in AWS Step Functions execution"
"""In the stop reason of a task whose machine was stopped, or whose state has timed out (floci pull 2782, which measured
it on AWS in 2026; read 2026-11)."""
_TIMEOUTS = frozenset({f"{PREFIX}Timeout", "States.Timeout"})


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


def with_executions(tasks: Iterable[Mapping[str, Any]], executions: Iterable[Execution]) -> list[Mapping[str, Any]]:
    """The tasks in progress, and the executions that run. Pure.

    An execution counts from its start on, as its machine counts it. One that has no task just now, since it looks or
    pauses, stands as a task does: its ARN in the place of the task's.
    """
    running = {execution.name: execution for execution in executions}
    counted: list[Mapping[str, Any]] = []
    for task in tasks:
        mine = running.get(str(task.get("group", ""))) if task.get("startedBy") == STEP_FUNCTIONS else None
        counted.append(task if mine is None else {**task, "createdAt": min(mine.started, seconds(task["createdAt"]))})
    shown = {str(task.get("group", "")) for task in counted if task.get("startedBy") == STEP_FUNCTIONS}
    return [*counted, *(_as_task(execution) for name, execution in running.items() if name not in shown)]


def _as_task(execution: Execution) -> Mapping[str, Any]:
    group = {"startedBy": STEP_FUNCTIONS, "group": execution.name}
    return {"taskArn": execution.arn, "createdAt": execution.started, "lastStatus": RUNNING, **group}
