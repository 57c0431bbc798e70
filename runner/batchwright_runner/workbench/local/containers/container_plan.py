"""What a container of a task is planned as, and whether the order in which they wait for each other can be kept. Pure.

The rules are those of the ECS agent's dependency graph (aws/amazon-ecs-agent, ``dependencygraph/graph.go``, and ECS API
reference, ContainerDependency, 2026-11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.health import PlannedHealthCheck

CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A condition that a container waits for."""

    container: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """A container to make."""

    name: str
    essential: bool = True
    needs: tuple[Dependency, ...] = ()
    # Seconds others wait for it to fulfill their conditions; 0 for no limit, which is ECS's default
    start_timeout: float = 0
    # The body of ContainerCreate, without labels and network
    body: Mapping[str, Any] = field(default_factory=dict)
    stop_signal: str = "SIGTERM"
    stop_timeout: float = 0
    check: PlannedHealthCheck | None = None
    digest: str = ""


def read_needs(definition: Mapping[str, Any]) -> tuple[Dependency, ...]:
    """What a container waits for, by its definition."""
    return tuple(
        Dependency(str(dependency.get("containerName")), str(dependency.get("condition")))
        for dependency in definition.get("dependsOn") or ()
    )


def check_order(containers: Sequence[ContainerPlan]) -> None:
    """Refuses an order that ECS would not register."""
    by_name = {container.name: container for container in containers}
    for container in containers:
        for need in container.needs:
            _check(container.name, need, by_name)
    waiting = dict(by_name)
    while waiting:
        free = [name for name in waiting if not any(need.container in waiting for need in waiting[name].needs)]
        if not free:
            raise RunnerError(f"the containers cannot be put in order: {', '.join(waiting)} wait for each other")
        for name in free:
            del waiting[name]


def _check(name: str, need: Dependency, containers: Mapping[str, ContainerPlan]) -> None:
    if need.container not in containers:
        raise RunnerError(f"{name} cannot be started: it waits for {need.container}, which the task does not have")
    if need.condition not in CONDITIONS:
        raise RunnerError(f"{name} cannot be started: {need.condition} is not one of {', '.join(CONDITIONS)}")
    if need.condition == "HEALTHY" and containers[need.container].check is None:
        raise RunnerError(f"{name} cannot be started: it waits for {need.container} to be healthy, which has no check")
