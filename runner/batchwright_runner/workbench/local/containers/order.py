"""Which containers of a task may start, and which must be stopped next. Pure.

The rules are those of the ECS agent's dependency graph (aws/amazon-ecs-agent, ``dependencygraph/graph.go``, and ECS API
reference, ContainerDependency, 2026-11): a container starts when all its conditions hold, and is stopped when nothing
that depends on it runs any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.errors import RunnerError

CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A condition that a container waits for."""

    container: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A container, as far as order goes.

    Attributes:
        name: Its name.
        essential: Whether its end ends the task.
        needs: What it waits for.
        start_timeout: Seconds others wait for it to fulfill their conditions; 0 for no limit, which is ECS's default.
        checked: Whether it has a health check.
    """

    name: str
    essential: bool = True
    needs: tuple[Dependency, ...] = ()
    start_timeout: float = 0
    checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenContainer:
    """How a container is.

    Attributes:
        started: It runs, or has run.
        stopped: It has ended, or will never start.
        exit_code: Its code; none while there is none.
        healthy: Its last word on its health is good.
        age: Seconds since it was started.
        problem: Why it has no code, or was killed; empty for neither.
    """

    started: bool = False
    stopped: bool = False
    exit_code: int | None = None
    healthy: bool = False
    age: float = 0.0
    problem: str = ""


def member(definition: Mapping[str, Any]) -> Member:
    """Reads a container definition."""
    needs = [
        Dependency(str(dependency.get("containerName")), str(dependency.get("condition")))
        for dependency in definition.get("dependsOn") or ()
    ]
    return Member(
        name=str(definition["name"]),
        essential=bool(definition.get("essential", True)),
        needs=tuple(needs),
        start_timeout=float(definition.get("startTimeout") or 0),
        checked=bool(definition.get("healthCheck")),
    )


def check_order(members: Sequence[Member]) -> None:
    """Refuses an order that ECS would not register.

    Raises:
        RunnerError: A condition names no container of the task, is none, can never hold, or waits for itself.
    """
    known = {member.name: member for member in members}
    for member in members:
        for need in member.needs:
            _check(member.name, need, known)
    left = dict(known)
    while left:
        free = [name for name, member in left.items() if not any(need.container in left for need in member.needs)]
        if not free:
            raise RunnerError(f"the containers cannot be put in order: {', '.join(left)} wait for each other")
        for name in free:
            del left[name]


def to_start(members: Sequence[Member], seen: Mapping[str, SeenContainer]) -> tuple[str, ...]:
    """The containers whose conditions all hold and that have not been started."""
    return tuple(
        member.name
        for member in members
        if not seen[member.name].started
        and not seen[member.name].stopped
        and all(_holds(need, seen[need.container]) for need in member.needs)
    )


def hopeless(members: Sequence[Member], seen: Mapping[str, SeenContainer]) -> dict[str, str]:
    """The containers that can never start any more, each with the reason."""
    found: dict[str, str] = {}
    known = {member.name: member for member in members}
    for member in members:
        if seen[member.name].started or seen[member.name].stopped:
            continue
        for need in member.needs:
            reason = _never(need, seen[need.container], known[need.container].start_timeout)
            if reason:
                found[member.name] = f"{member.name} waits for {need.container} ({need.condition}): {reason}"
                break
    return found


def to_stop(members: Sequence[Member], seen: Mapping[str, SeenContainer]) -> tuple[str, ...]:
    """The running containers on which nothing that runs depends: the reverse of the start."""
    running = {name for name, container in seen.items() if container.started and not container.stopped}
    needed = {need.container for member in members if member.name in running for need in member.needs}
    return tuple(member.name for member in members if member.name in running and member.name not in needed)


def next_limit(members: Sequence[Member], seen: Mapping[str, SeenContainer]) -> float:
    """Seconds until a start timeout may pass; infinite where none is running."""
    left = [
        member.start_timeout - seen[member.name].age
        for member in members
        if member.start_timeout and seen[member.name].started and not seen[member.name].stopped
    ]
    return min([seconds for seconds in left if seconds > 0], default=float("inf"))


def _check(name: str, need: Dependency, known: Mapping[str, Member]) -> None:
    if need.container not in known:
        raise RunnerError(f"{name} cannot be started: it waits for {need.container}, which the task does not have")
    if need.condition not in CONDITIONS:
        raise RunnerError(f"{name} cannot be started: {need.condition} is not one of {', '.join(CONDITIONS)}")
    if need.condition == "HEALTHY" and not known[need.container].checked:
        raise RunnerError(f"{name} cannot be started: it waits for {need.container} to be healthy, which has no check")


def _holds(need: Dependency, other: SeenContainer) -> bool:
    if need.condition == "START":
        return other.started
    if need.condition == "COMPLETE":
        return other.started and other.stopped
    if need.condition == "SUCCESS":
        return other.stopped and other.exit_code == 0
    return other.healthy and not other.stopped


def _never(need: Dependency, other: SeenContainer, start_timeout: float) -> str:
    if _holds(need, other):
        return ""
    why = f" ({other.problem})" if other.problem else ""
    if other.stopped and not other.started:
        return f"it never started{why}"
    if other.stopped:
        return f"it ended with {other.exit_code}{why}"
    if start_timeout and other.started and other.age >= start_timeout:
        return f"its start timeout of {start_timeout:g} s has passed"
    return ""
