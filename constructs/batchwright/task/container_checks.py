"""What is checked of a task's containers when a batch is declared. Pure."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import get_args

from batchwright.arguments import check_fields
from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.names import check_variables
from batchwright.task.checks import check_in_plain_sight, check_stop_timeout, check_words
from batchwright.task.containers import MAIN, Condition, HealthCheck, Sidecar, main_waits_for
from batchwright.task.volumes import check_volumes
from batchwright_runner.contract.checks import NAME

HEALTH_RANGES = {
    "interval": range(5, 301),
    "timeout": range(2, 61),
    "retries": range(1, 11),
    "start_period": range(301),
}
"""ECS's bounds (API reference, HealthCheck, 2026-11); seconds, but for ``retries``."""


def check_shares(subject: str, sidecars: Sequence[Sidecar], cpu: int, memory: int) -> None:
    """Raises unless the task has what its sidecars reserve, and something is left for the main container."""
    for sidecar in sidecars:
        for argument in ("cpu", "memory"):
            share = getattr(sidecar, argument)
            if share is not None and (type(share) is not int or share < 1):
                raise wrong(f"{subject}, sidecar {sidecar.name}", argument, share, "a number from 1, or None")
    for argument, whole in (("cpu", cpu), ("memory", memory)):
        reserved = sum(getattr(sidecar, argument) or 0 for sidecar in sidecars)
        if reserved >= whole:
            problem = f"the sidecars take {reserved} of the task's {whole}; allowed: less than all of it"
            raise DeclarationError(subject, argument, problem)


def check_sidecars(subject: str, sidecars: Sequence[Sidecar], variables: Sequence[str]) -> None:
    """Raises unless the containers of a task fit together."""
    containers: dict[str, Sidecar | None] = {MAIN: None}
    for sidecar in sidecars:
        if not isinstance(sidecar.name, str) or not NAME.fullmatch(sidecar.name) or sidecar.name in containers:
            raise wrong(subject, "sidecars", sidecar.name, "names like metrics-agent, each once, and not main")
        containers[sidecar.name] = sidecar
    for sidecar in sidecars:
        check = partial(_check_sidecar, sidecar=sidecar, containers=containers, variables=variables)
        check_fields(f"{subject}, sidecar {sidecar.name}", sidecar, check)
    waits = {sidecar.name: sidecar.depends_on for sidecar in sidecars}
    if circle := _circle({MAIN: main_waits_for(sidecars), **waits}):
        raise DeclarationError(subject, "sidecars", f"these containers wait for each other: {' -> '.join(circle)}")


def _check_condition(subject: str, argument: str, of: str, condition: Condition, sidecar: Sidecar | None) -> None:
    """Checks what is waited for, of a sidecar or, without one, of the main container.

    ECS takes COMPLETE and SUCCESS of no essential container (API reference, ContainerDependency, 2026-11).
    """
    if condition not in get_args(Condition):
        raise wrong(subject, argument, condition, ", ".join(get_args(Condition)))
    if condition == "HEALTHY" and (sidecar is None or not sidecar.health_check):
        raise DeclarationError(subject, argument, f"HEALTHY was given for {of}, which has no health_check")
    if condition in ("COMPLETE", "SUCCESS") and (sidecar is None or sidecar.essential):
        problem = f"{condition} was given for {of}, which is essential, so that its end ends the task; allowed: START"
        raise DeclarationError(subject, argument, f"{problem}, HEALTHY")


def _check_sidecar(
    subject: str, sidecar: Sidecar, containers: Mapping[str, Sidecar | None], variables: Sequence[str]
) -> None:
    check_words(subject, "command", sidecar.command)
    check_words(subject, "entry_point", sidecar.entry_point)
    check_volumes(subject, sidecar.volumes)
    check_variables(subject, "environment", sidecar.environment)
    for name, value in sidecar.environment.items():
        check_in_plain_sight(subject, f"environment[{name!r}]", str(value))
    if isinstance(sidecar.secrets, str):
        raise wrong(subject, "secrets", sidecar.secrets, "a list of names")
    check_variables(subject, "secrets", sidecar._declared_secrets)
    for name, declared in sidecar._declared_secrets.items():
        if declared not in variables:
            raise unknown(subject, "secrets", declared, variables)
        if name in sidecar.environment:
            raise DeclarationError(subject, "secrets", f"{name!r} was given in environment too; allowed: each once")
    if sidecar.stop_timeout is not None:
        check_stop_timeout(subject, sidecar.stop_timeout)
    if sidecar.health_check:
        _check_health(subject, sidecar.health_check)
    _check_waits(subject, sidecar, containers)


def _check_waits(subject: str, sidecar: Sidecar, containers: Mapping[str, Sidecar | None]) -> None:
    if sidecar.main_waits_for is not None:
        _check_condition(subject, "main_waits_for", sidecar.name, sidecar.main_waits_for, sidecar)
    for dependency, condition in sidecar.depends_on.items():
        if dependency not in containers or dependency == sidecar.name:
            raise unknown(subject, "depends_on", dependency, containers.keys() - {sidecar.name})
        _check_condition(subject, "depends_on", dependency, condition, containers[dependency])


def _check_health(subject: str, check: HealthCheck) -> None:
    check_words(subject, "health_check.command", check.command)
    if not check.command or check.command[0] not in ("CMD", "CMD-SHELL"):
        raise wrong(
            subject, "health_check.command", check.command, "CMD or CMD-SHELL first, then the command's arguments"
        )
    for name, allowed in HEALTH_RANGES.items():
        value = getattr(check, name)
        if type(value) is not int or value not in allowed:
            raise wrong(subject, f"health_check.{name}", value, f"{allowed[0]} to {allowed[-1]}")


def _circle(containers: Mapping[str, Mapping[str, Condition]]) -> list[str]:
    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        circle: list[str] = []
        for dependency in containers[name]:
            circle = circle or walk(dependency, [*path, name])
        return circle

    return next((circle for name in containers if (circle := walk(name, []))), [])
