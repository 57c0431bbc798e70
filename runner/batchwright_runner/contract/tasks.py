"""Whose a task is: its run, its attempt, its execution, and the time for which it was due. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.names import TAG_ATTEMPT, TAG_TIMEOUT
from batchwright_runner.contract.variables import SCHEDULED_TIME


def run_of(task: Mapping[str, Any]) -> str:
    """The id of the run that a task belongs to, as ECS keeps it; empty for none.

    Args:
        task: The task, as DescribeTasks or a task state change event shows it.
    """
    started_by = str(task.get("startedBy", ""))
    return str(task.get("group", "")) if started_by == STEP_FUNCTIONS else started_by


def scheduled_of(task: Mapping[str, Any], container: str) -> str:
    """The time for which a task was due, as it was told to its main container; empty where nobody said it.

    Args:
        task: The task, as DescribeTasks or a task state change event shows it.
        container: Name of its main container.
    """
    return variable_of(task, container, SCHEDULED_TIME)


def variable_of(task: Mapping[str, Any], container: str, name: str) -> str:
    """A variable that was given to a task's main container as it was started; empty where it was not."""
    return variables_of(override_of(task, container)).get(name, "")


def override_of(task: Mapping[str, Any], container: str) -> Mapping[str, Any]:
    """What was given to a task's main container as it was started; empty for nothing."""
    overrides = task.get("overrides")
    given = (overrides.get("containerOverrides") or []) if isinstance(overrides, Mapping) else []
    found: Mapping[str, Any] = next((one for one in given if one.get("name") == container), {})
    return found


def variables_of(override: Mapping[str, Any]) -> dict[str, str]:
    """The variables of an override, name to value."""
    return {str(one.get("name")): str(one.get("value", "")) for one in override.get("environment") or []}


def attempt_number(task: Mapping[str, Any]) -> int:
    """Which attempt of its run a task is, by the tag that it was started with; 0 where it has none."""
    return _number(task, TAG_ATTEMPT)


def timeout_of(manifest: BatchManifest, task: Mapping[str, Any]) -> int:
    """Seconds that a task may take: those of its run, which it was tagged with, or its batch's."""
    return _number(task, TAG_TIMEOUT) or manifest.timeout_seconds


def _number(task: Mapping[str, Any], name: str) -> int:
    """A tag of a task that is a number; 0 where it has none."""
    tags = {str(tag.get("key")): str(tag.get("value")) for tag in task.get("tags", [])}
    said = tags.get(name, "")
    return int(said) if said.isdecimal() else 0


def created_at(task: Mapping[str, Any]) -> float:
    """When a task was created, in seconds since 1970."""
    return seconds(task.get("createdAt", 0))


def execution_of(manifest: BatchManifest, task: Mapping[str, Any]) -> str:
    """The ARN of the execution that a task belongs to; empty where no machine has started it."""
    if task.get("startedBy") != STEP_FUNCTIONS or not manifest.machine:
        return ""
    return execution_arn(manifest.machine, str(task.get("group", "")))


def execution_arn(machine: str, name: str) -> str:
    """The ARN of a machine's execution."""
    return f"{machine.replace(':stateMachine:', ':execution:', 1)}:{name}"


def is_execution(arn: str) -> bool:
    """Whether an ARN is an execution's, and not a task's."""
    return ":execution:" in arn


def identity(arn: str) -> str:
    """The last part of a task's or an execution's ARN."""
    return arn.rpartition("/")[2].rpartition(":")[2]
