"""Whose a task is: its run, its attempt, its execution, and the time for which it was due. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from batchwright_runner.contract.checks import OWN_VARIABLES
from batchwright_runner.contract.ends import STEP_FUNCTIONS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment, seconds
from batchwright_runner.contract.names import TAG_TIMEOUT
from batchwright_runner.contract.variables import ATTEMPT, SCHEDULED_TIME

TASK_ID = re.compile(r"[0-9a-f]{32}")
"""The last part of a task's ARN."""
LONG_ID = re.compile(rf"{TASK_ID.pattern}|[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
"""A task's id, or a UUID, as Scheduler calls an execution: what may be shortened."""
SHORT_ID = re.compile(r"[0-9a-f]{8,31}")
"""What begins one."""
_SHOWN = 8


def name_of_run(batch: str, arn: str, run: str = "") -> str:
    """``BATCH@ID``: how every line names a run, and what every verb takes.

    `arn`: the ARN of its task or execution; empty where it has none.
    """
    whole = identity(arn)
    return f"{batch}@{whole[:_SHOWN] if LONG_ID.fullmatch(whole) else run or whole}"


def run_of(task: Mapping[str, Any]) -> str:
    """The id of the run that a task belongs to, as ECS keeps it; empty for none."""
    started_by = str(task.get("startedBy", ""))
    return str(task.get("group", "")) if started_by == STEP_FUNCTIONS else started_by


def scheduled_of(task: Mapping[str, Any], container: str) -> str:
    """The time for which a task was due, as its main container got it; empty where it is not known."""
    return variable_of(task, container, SCHEDULED_TIME)


def variable_of(task: Mapping[str, Any], container: str, name: str) -> str:
    """A variable that was given to a task's main container as it was started; empty where it was not."""
    return given_to(task, container).variables.get(name, "")


@dataclass(frozen=True, slots=True)
class Given:
    """What is given to a task for one run."""

    # The variables of its main container, name to value; those of the runner too
    variables: Mapping[str, str] = field(default_factory=dict)
    # What replaces the declared command; empty for that
    command: Sequence[str] = ()
    # CPU units and MiB that replace the declared ones; empty texts for those
    size: tuple[str, str] = ("", "")

    @property
    def own(self) -> dict[str, str]:
        """The variables that are not the runner's."""
        return {name: value for name, value in self.variables.items() if not name.startswith(OWN_VARIABLES)}

    def other_variables(self, other: Self) -> list[str]:
        """The names of the variables, but for the runner's, in which another one differs."""
        return [name for name in sorted({*self.own, *other.own}) if self.own.get(name) != other.own.get(name)]

    def other_options(self, other: Self) -> list[str]:
        """In which options of the command line another one differs. Not everyone says when a run was due."""
        due = {moment(given.variables.get(SCHEDULED_TIME, "")) for given in (self, other)} - {None}
        return [
            *(["COMMAND"] if list(self.command) != list(other.command) else []),
            *(["--cpu, --memory"] if self.size != other.size else []),
            *(["--scheduled"] if len(due) > 1 else []),
        ]


def given_to(task: Mapping[str, Any], container: str) -> Given:
    """What was given to a task as it was started."""
    overrides = task.get("overrides")
    overrides = overrides if isinstance(overrides, Mapping) else {}
    containers: Sequence[Mapping[str, Any]] = overrides.get("containerOverrides") or []
    main: Mapping[str, Any] = next((override for override in containers if override.get("name") == container), {})
    return Given(
        {str(variable.get("name")): str(variable.get("value", "")) for variable in main.get("environment") or []},
        [str(part) for part in main.get("command") or []],
        (str(overrides.get("cpu") or ""), str(overrides.get("memory") or "")),
    )


def attempt_number(task: Mapping[str, Any], container: str) -> int:
    """Which attempt of its run a task is, by the variable that it was started with; 0 where it has none."""
    text = variable_of(task, container, ATTEMPT)
    return int(text) if text.isdecimal() else 0


def timeout_of(manifest: BatchManifest, task: Mapping[str, Any]) -> int:
    """Seconds that a task may take: those of its run, which it was tagged with, or its batch's."""
    tags = {str(tag.get("key")): str(tag.get("value")) for tag in task.get("tags", [])}
    text = tags.get(TAG_TIMEOUT, "")
    return (int(text) if text.isdecimal() else 0) or manifest.timeout_seconds


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
