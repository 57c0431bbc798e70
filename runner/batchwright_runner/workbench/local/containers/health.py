"""What a container's health checks mean: the state machine of Docker's, which ECS uses. Pure.

A check runs every ``interval``, the first one an interval after the start. One success makes the container healthy;
``retries`` failures in a row make it unhealthy. Failures in the start period do not count, unless a check has
succeeded before (ECS API reference, HealthCheck; Docker's reference of HEALTHCHECK; 2026-11).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["UNKNOWN", "HEALTHY", "UNHEALTHY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedHealthCheck:
    """How it is asked. Times are in seconds; the defaults are ECS's."""

    command: tuple[str, ...]
    interval: float = 30
    timeout: float = 5
    retries: int = 3
    start_period: float = 0


@dataclass(frozen=True, slots=True)
class Health:
    """What is known."""

    status: Status = "UNKNOWN"
    # Failed checks in a row that count
    failures: int = 0
    # A check has succeeded once, which ends the start period
    tried: bool = False


def read_check(definition: Mapping[str, Any]) -> PlannedHealthCheck | None:
    """The check of a container definition; none where there is none, or where it is switched off."""
    check = definition.get("healthCheck") or {}
    command = [str(part) for part in check.get("command") or ()]
    if not command or command[0] == "NONE":
        return None
    if command[0] == "CMD-SHELL":
        words = ["/bin/sh", "-c", *command[1:]]
    else:
        words = command[1:] if command[0] == "CMD" else command
    return PlannedHealthCheck(
        command=tuple(words),
        interval=float(check.get("interval") or 30),
        timeout=float(check.get("timeout") or 5),
        retries=int(check.get("retries") or 3),
        start_period=float(check.get("startPeriod") or 0),
    )


def after(check: PlannedHealthCheck, before: Health, *, passed: bool, age: float) -> Health:
    """The health after another check."""
    if passed:
        return Health("HEALTHY", 0, tried=True)
    if age < check.start_period and not before.tried:
        return before
    failures = before.failures + 1
    return Health("UNHEALTHY" if failures >= check.retries else before.status, failures, before.tried)
