"""Which runs of a batch are in progress, and which of two is the older: for the runner and for a machine. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from batchwright_runner.contract.ends import OVER, STEP_FUNCTIONS
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.tasks import created_at


def in_progress(task: Mapping[str, Any], container: str) -> bool:
    """Whether a run is in progress: its main container has not ended for good."""
    return task.get("lastStatus") not in OVER and not state_of(task, container).ended


def age_of_run(task: Mapping[str, Any]) -> tuple[float, str]:
    """What orders runs in progress, the oldest first. Both of two see the same order, so that one of them gives way."""
    return created_at(task), str(task["taskArn"])


def with_executions(tasks: Iterable[Mapping[str, Any]], executions: Iterable[Execution]) -> list[Mapping[str, Any]]:
    """The tasks in progress, and the executions that run.

    An execution counts from its start on. One that has no task just now, since it looks or pauses, stands as a task
    does: its ARN in the place of the task's.
    """
    running = {execution.name: execution for execution in executions}
    counted: list[Mapping[str, Any]] = []
    for task in tasks:
        mine = running.get(str(task.get("group", ""))) if task.get("startedBy") == STEP_FUNCTIONS else None
        counted.append(task if mine is None else {**task, "createdAt": min(mine.started, seconds(task["createdAt"]))})
    shown = {str(task.get("group", "")) for task in counted if task.get("startedBy") == STEP_FUNCTIONS}
    return [*counted, *(as_task(execution) for name, execution in running.items() if name not in shown)]


def as_task(execution: Execution) -> Mapping[str, Any]:
    """An execution in the place of a task."""
    group = {"startedBy": STEP_FUNCTIONS, "group": execution.name}
    return {"taskArn": execution.arn, "createdAt": execution.started, "lastStatus": RUNNING, **group}
