"""What reaches the stage's alerts through their queue: ends of tasks and of executions, hints, and the clock. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.executions import RUNNING, Execution
from batchwright_runner.contract.json_text import json_object, parsed
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import HANDED_TYPE, StageNames, family_of
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.variables import RUN_ID


class EventError(Exception):
    """An event that none of the stage's rules lets through, or of another form than AWS documents."""


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task has stopped."""

    batch: str
    task: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """The task's ARN."""
        return str(self.task["taskArn"])

    @property
    def container(self) -> str:
        """Its main container: the one that its run's id was given to, else ``main``, or the first."""
        overrides = self.task.get("overrides")
        ours = [
            str(override.get("name"))
            for override in (overrides.get("containerOverrides") or [] if isinstance(overrides, Mapping) else [])
            if any(variable.get("name") == RUN_ID for variable in override.get("environment") or [])
        ]
        names = [str(container.get("name")) for container in self.task.get("containers", [])]
        return next(iter((*ours, *(name for name in names if name == "main"), *names)), "main")


@dataclass(frozen=True, slots=True)
class ExecutionEnded:
    """An execution of a batch's machine has ended, or is about to."""

    batch: str
    # The execution, as far as it is known; ``RUNNING`` with no times for a hint
    execution: Execution
    # When it was first heard of, in seconds since 1970
    since: float = 0.0

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return self.execution.arn


@dataclass(frozen=True, slots=True)
class RepeatsCounted:
    """The hour is over in which further failures of a batch with one verdict were counted."""

    batch: str
    verdict: str

    @property
    def arn(self) -> str:
        """What distinguishes it from the others."""
        return f"{self.batch}/{self.verdict}"


@dataclass(frozen=True, slots=True)
class Check:
    """A due time of a batch has to be looked at."""

    batch: str
    # The time for which it was due, in seconds since 1970
    due: float
    # Whether a run should have ended well by now; else it should have begun
    final: bool
    # When the look is due, in seconds since 1970
    at: float

    @property
    def arn(self) -> str:
        """What distinguishes it from the others."""
        return f"{self.batch}/{utc(self.due)}/{self.final}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A minute has passed."""


Decidable = TaskEnded | ExecutionEnded | RepeatsCounted | Check
"""What a decision about a batch is made of."""
_KINDS: Mapping[str, type[Decidable]] = {
    kind.__name__: kind for kind in (TaskEnded, ExecutionEnded, RepeatsCounted, Check)
}


def read_event(body: str, settings: AlertSettings, now: float) -> Decidable | Tick:
    """Reads an event of EventBridge.

    `now`: Now, in seconds since 1970.
    """
    try:
        event = json_object(body)
    except ValueError as error:
        raise EventError(f"it is no event: {error}") from error
    source, detail = event.get("source"), event.get("detail")
    if source == "aws.events":
        return Tick()
    if source is None and event.get("kind") in _KINDS:  # a dead letter, which somebody gives again
        return from_pending(body)
    if not isinstance(detail, Mapping):
        raise EventError(f"an event of {source} without a detail")
    try:
        if source == "aws.ecs":
            return _task_ended(detail, settings)
        if source == "aws.states":
            execution = Execution.of(detail)
            return ExecutionEnded(_batch_of_execution(execution.arn, settings), execution, now)
        if source == StageNames.of(settings).handed_source and event.get("detail-type") == HANDED_TYPE:
            hint = Execution(arn=str(detail["execution"]), status=RUNNING)
            return ExecutionEnded(_batch_of_execution(hint.arn, settings), hint, now)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EventError(f"an event of {source} in another form: {type(error).__name__}: {error}") from error
    raise EventError(f"an event of {source}, which no rule of {settings.prefix} lets through")


def to_pending(event: Decidable) -> str:
    """The form in which an event waits in the table, to be decided again later."""
    return json.dumps({"kind": type(event).__name__, **asdict(event)})


def from_pending(text: str) -> Decidable:
    """Reads that form."""
    try:
        data = parsed(text)
        kind = _KINDS[data.pop("kind")]
        return kind(**data | ({"execution": Execution(**data["execution"])} if "execution" in data else {}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EventError(f"a pending event in another form: {type(error).__name__}: {error}") from error


def _task_ended(task: Mapping[str, Any], settings: AlertSettings) -> TaskEnded:
    batch = family_of(str(task["taskDefinitionArn"])).removeprefix(f"{settings.prefix}-")
    if f"{settings.prefix}-{batch}" != family_of(str(task["taskDefinitionArn"])):
        raise EventError(f"a task of {family_of(str(task['taskDefinitionArn']))}, which is none of {settings.prefix}")
    if task["lastStatus"] != "STOPPED":
        raise EventError(f"a task that is {task['lastStatus']}, and not STOPPED")
    if not str(task["taskArn"]) or not isinstance(task.get("containers", []), list):
        raise EventError("a task without an ARN, or without containers")
    return TaskEnded(batch, task)


def machine_of_execution(arn: str, settings: AlertSettings) -> str:
    """The batch, or the workflow, of an execution's machine; empty for no machine of the stage."""
    parts = arn.split(":")
    place = ["states", settings.region, settings.account, "execution"]
    if len(parts) != 8 or parts[2:6] != place or not parts[6].startswith(f"{settings.prefix}-") or not identity(arn):
        return ""
    return parts[6].removeprefix(f"{settings.prefix}-")


def _batch_of_execution(arn: str, settings: AlertSettings) -> str:
    batch = machine_of_execution(arn, settings)
    if not batch:
        raise EventError(f"{arn[:200]} is no execution of a machine of {settings.prefix}")
    return batch
