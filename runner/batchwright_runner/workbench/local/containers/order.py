"""Which containers of a task may start, and which must be stopped next. Pure.

A container starts when all its conditions hold, and is stopped when nothing that depends on it runs any more
(`task_plan` has the source).
"""

from collections.abc import Mapping

from batchwright_runner.workbench.local.containers.container import TaskContainer
from batchwright_runner.workbench.local.containers.task_plan import Dependency


def to_start(containers: Mapping[str, TaskContainer]) -> tuple[str, ...]:
    """The containers whose conditions all hold and that have not been started."""
    return tuple(
        name
        for name, container in containers.items()
        if container.waits and all(_holds(need, containers[need.container]) for need in container.plan.needs)
    )


def hopeless(containers: Mapping[str, TaskContainer], now: float) -> dict[str, str]:
    """The containers that can never start any more, each with the reason."""
    reasons: dict[str, str] = {}
    for name, container in containers.items():
        for need in container.plan.needs if container.waits else ():
            reason = _never(need, containers[need.container], now)
            if reason:
                reasons[name] = f"{name} waits for {need.container} ({need.condition}): {reason}"
                break
    return reasons


def to_stop(containers: Mapping[str, TaskContainer]) -> tuple[str, ...]:
    """The running containers on which nothing that runs depends: the reverse of the start."""
    running = {name: container for name, container in containers.items() if container.runs}
    needed = {need.container for container in running.values() for need in container.plan.needs}
    return tuple(name for name in running if name not in needed)


def next_limit(containers: Mapping[str, TaskContainer], now: float) -> float:
    """Seconds until a start timeout may pass; infinite where none is running."""
    limits = [
        container.plan.start_timeout - container.age(now)
        for container in containers.values()
        if container.plan.start_timeout and container.runs
    ]
    return min([seconds for seconds in limits if seconds > 0], default=float("inf"))


def _holds(need: Dependency, container: TaskContainer) -> bool:
    if need.condition == "START":
        return container.began
    if need.condition == "COMPLETE":
        return container.began and container.stopped
    if need.condition == "SUCCESS":
        return container.stopped and container.exit_code == 0
    return container.health.status == "HEALTHY" and not container.stopped


def _never(need: Dependency, container: TaskContainer, now: float) -> str:
    if _holds(need, container):
        return ""
    why = f" ({container.problem})" if container.problem else ""
    if container.stopped and not container.began:
        return f"it never started{why}"
    if container.stopped:
        return f"it ended with {container.exit_code}{why}"
    limit = container.plan.start_timeout
    if limit and container.began and container.age(now) >= limit:
        return f"its start timeout of {limit:g} s has passed"
    return ""
