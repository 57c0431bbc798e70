"""How a run is, and what of it ECS says of a task. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from batchwright_runner.contract.ends import BY_SIGNAL, ENDED_BY_ITSELF, FAILED_TO_START, OUT_OF_MEMORY
from batchwright_runner.contract.moments import seconds
from batchwright_runner.contract.stop_reasons import is_temporary
from batchwright_runner.contract.task_size import Size

MOMENTS = (
    "createdAt",
    "connectivityAt",
    "pullStartedAt",
    "pullStoppedAt",
    "startedAt",
    "stoppingAt",
    "executionStoppedAt",
    "stoppedAt",
)

_BEGUN = frozenset({"RUNNING", "DEPROVISIONING"})
"""A container's status between its start and its end (ECS developer guide, "Task lifecycle"; 2026-11)."""
SOME_CONTAINER = "another container ended"
"""Why ECS stops the main container, as long as the other one's code is not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """A run as it was last seen."""

    # ECS's word for the task: ``PROVISIONING``, ``PENDING``, ``RUNNING``, ``DEPROVISIONING``, ``STOPPED``
    status: str
    # The main container has begun to run
    began: bool = False
    # The main container, or the task, has stopped, and nothing that is still to come changes the verdict
    ended: bool = False
    # The main container's code; none while there is none
    exit_code: int | None = None
    # ECS's stop code; empty while there is none
    stop_code: str = ""
    # ECS's reason, with the container's own where that says more; empty while there is none
    reason: str = ""
    # The reason is one that may be gone on another try
    temporary: bool = False
    # What made ECS stop the main container, "agent ended with 1", when another container's end did
    stopped_by: str = ""
    # Another container whose log is shown has begun to run, though the main one may not have
    others_began: bool = False
    # The other containers whose log is shown and which have not stopped, though the main one has
    outlived_by: Sequence[str] = ()
    # Seconds since the main container ended, by the engine's own clock; none where it does not tell
    ended_ago: float | None = None
    # Digest of the image that runs; empty while it is not known
    image_digest: str = ""
    # Moments that ECS reports (``createdAt``, ``startedAt``, …) in seconds since 1970
    times: Mapping[str, float] = field(default_factory=dict)
    size: Size | None = None


def state_of(
    task: Mapping[str, Any], container: str, now: float | None = None, essential: Collection[str] = ()
) -> TaskState:
    """The state of a task as DescribeTasks, or a task state change event, shows it.

    `now`: AWS's time, in seconds since 1970; none where it is not known.
    `essential`: names of the other containers whose end ends the task.
    """
    main: Mapping[str, Any] = next(iter(_called(task, [container])), {})
    times = {name: seconds(task[name]) for name in MOMENTS if task.get(name)}
    exit_code = main.get("exitCode")
    stop_code = str(task.get("stopCode", ""))
    began = "startedAt" in times or exit_code is not None or main.get("lastStatus") == "RUNNING"
    reason = _reason(task, main)
    stopped_at = times.get("executionStoppedAt")
    return TaskState(
        status=str(task.get("lastStatus", "UNKNOWN")),
        began=began,
        ended=_ended(task, main, began=began),
        exit_code=exit_code,
        stop_code=stop_code,
        reason=reason,
        temporary=is_temporary(reason),
        stopped_by=_stopped_by(task, main, essential) or _perhaps_by(task, main, essential),
        ended_ago=max(0.0, now - stopped_at) if now is not None and stopped_at is not None else None,
        image_digest=str(main.get("imageDigest", "")),
        times=times,
        size=Size.of(task),
    )


def beside(task: Mapping[str, Any], state: TaskState, others: Collection[str]) -> TaskState:
    """A state that also says of some other containers whether they have begun, and which outlive the main one. Pure."""
    containers = _called(task, others)
    gone = task.get("lastStatus") == "STOPPED" or not state.ended
    began = any(
        container.get("lastStatus") == "RUNNING" or container.get("exitCode") is not None for container in containers
    )
    running = [str(container["name"]) for container in containers if container.get("lastStatus") in _BEGUN]
    outlived_by = () if gone else tuple(running)
    return replace(state, others_began=began, outlived_by=outlived_by)


def containers_of(task: Mapping[str, Any], main: str) -> list[str]:
    """The names of a task's containers: the main one first, then the others as the task definition has them. Pure."""
    return [main, *(str(container["name"]) for container in _beside(task, main))]


def _called(task: Mapping[str, Any], names: Collection[str]) -> Sequence[Mapping[str, Any]]:
    """A task's containers of some names."""
    return [container for container in task.get("containers") or () if container.get("name") in names]


def _beside(task: Mapping[str, Any], main: str) -> Sequence[Mapping[str, Any]]:
    """A task's containers but for the main one. One without a name is none that a task definition has."""
    return [container for container in task.get("containers") or () if container.get("name") not in (None, "", main)]


def _ended(task: Mapping[str, Any], main: Mapping[str, Any], *, began: bool) -> bool:
    """Whether nothing that is still to come changes the verdict.

    The code of the main container is there as soon as ECS shows that container STOPPED, mostly while the task is
    DEPROVISIONING. The stop code is waited for: it says whether the end was its own.
    """
    if task.get("lastStatus") == "STOPPED":
        return True
    if not task.get("stopCode"):
        return False
    if not began and task["stopCode"] == FAILED_TO_START:
        return True
    return main.get("lastStatus") == "STOPPED" and (main.get("exitCode") is not None or not began)


def _stopped_by(task: Mapping[str, Any], main: Mapping[str, Any], essential: Collection[str]) -> str:
    """What made ECS stop the main container, while it is being stopped; empty if nothing did.

    When the main container ends by itself, it is STOPPED before ECS begins to stop the task. A task that is being
    stopped because a container ended, while the main one is not STOPPED, is stopped for another container's end.
    What has ended shows which one it was. Once all are STOPPED, nothing shows it any more: it must be remembered.
    """
    if not _stopping(task) or task.get("stopCode") != ENDED_BY_ITSELF or main.get("lastStatus") in (None, "STOPPED"):
        return ""
    suspects = _called(task, essential)
    if not suspects:
        return ""  # the task is shown stopping before its main container is shown STOPPED
    return " and ".join(_ends(suspects)) or SOME_CONTAINER


def _ends(containers: Iterable[Mapping[str, Any]]) -> list[str]:
    """How those of some containers ended that have an exit code."""
    return [
        f"{container['name']} ended with {container['exitCode']}"
        for container in containers
        if container.get("exitCode") is not None
    ]


def _stopping(task: Mapping[str, Any]) -> bool:
    return task.get("desiredStatus") == "STOPPED" or "stoppingAt" in task


def were_stopped_after(task: Mapping[str, Any], container: str, essential: Collection[str]) -> bool:
    """Whether the main container is STOPPED, and no essential one was first: each runs, or a signal ended it."""
    return all(main.get("lastStatus") == "STOPPED" for main in _called(task, [container])) and all(
        other.get("lastStatus") != "STOPPED" or _was_stopped(other) for other in _called(task, essential)
    )


def _was_stopped(container: Mapping[str, Any]) -> bool:
    return container.get("exitCode") in BY_SIGNAL and OUT_OF_MEMORY not in str(container.get("reason", ""))


def _perhaps_by(task: Mapping[str, Any], main: Mapping[str, Any], essential: Collection[str]) -> str:
    """Which essential containers may have ended before the main one, when both are STOPPED; empty if none.

    Nothing that ECS shows tells then which was first. One that a signal ended was stopped, so it was not; unless it was
    the memory limit that killed it.
    """
    if main.get("lastStatus") != "STOPPED" or task.get("stopCode") != ENDED_BY_ITSELF:
        return ""
    first = _ends(container for container in _called(task, essential) if not _was_stopped(container))
    return f"{' and '.join(first)}, perhaps before {main.get('name')}," if first else ""


def _reason(task: Mapping[str, Any], main: Mapping[str, Any]) -> str:
    # Whoever may stop a task writes its reason, and it is shown in one line.
    reason, own = (
        " ".join(str(part.get(key, "")).split()) for part, key in ((task, "stoppedReason"), (main, "reason"))
    )
    if not own or own in reason:
        return reason
    return f"{reason}: {own}" if reason else own
