"""How a run's time was spent. Pure."""

from collections.abc import Mapping

from batchwright_runner.contract.duration import format_duration

_PHASES = (
    ("provisioning", "createdAt", ("pullStartedAt", "startedAt", "stoppingAt")),
    ("image pull", "pullStartedAt", ("pullStoppedAt", "startedAt", "stoppingAt")),
    ("starting", "pullStoppedAt", ("startedAt", "stoppingAt")),
    ("running", "startedAt", ("executionStoppedAt", "stoppingAt")),
    ("stopping", "executionStoppedAt", ("stoppedAt",)),
)


def phases(times: Mapping[str, float], now: float | None = None) -> dict[str, float]:
    """Seconds of each phase that has begun.

    `times`: the moments that ECS reports, in seconds since 1970.
    """
    found: dict[str, float] = {}
    for name, begin, ends in _PHASES:
        if begin not in times:
            continue
        end = next((times[name] for name in ends if name in times), now)
        if end is not None:
            found[name] = max(0.0, end - times[begin])
    return found


def shown_phases(times: Mapping[str, float], now: float | None = None) -> str:
    """The phases in one line; empty where none is known."""
    return ", ".join(f"{name} {format_duration(seconds)}" for name, seconds in phases(times, now).items())
