"""What a batch costs, a run and a month, and by the prices of which region. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from batchwright_runner.contract.run import Run
from batchwright_runner.contract.schedules.times import DueTimes, due_between
from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import Cost, billed, of_hour, of_run, paid

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Priced:
    """The region whose prices are taken."""

    # The region; empty for that of the manifest
    region: str = ""
    # Why it is that one, where no stage was asked for; empty for that of the manifest
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a batch costs on Fargate."""

    hour: Cost
    # A run of median length, with all its attempts; none where no run has ended
    run: Cost | None = None
    worst: Cost | None = None
    # Thirty days, as often as it is due; none where it has no schedule or no run has ended
    month: Cost | None = None
    # A run beside its task, where its machine starts it
    machine: Cost | None = None
    # How often it is due in thirty days; 0 where that is not known
    times: int = 0


def costs_of(size: Size | None, region: str, due: DueTimes | None, runs: Sequence[Run], now: datetime) -> Costs:
    """What a batch costs."""
    ended = [seconds for run in runs if not run.in_progress and (seconds := _paid(run))]
    times, hour = times_in_a_month(due, now), of_hour(size, region)
    if not ended:
        return Costs(hour=hour, times=times)
    usual = of_run(size, region, median(ended))
    month = usual.times(times) if times else None
    return Costs(hour=hour, run=usual, worst=of_run(size, region, max(ended)), month=month, times=times)


def _paid(run: Run) -> int:
    """Seconds that are paid for all attempts of a run that has ended."""
    took = [billed(attempt.state.times) for attempt in run.attempts]
    return sum(paid(seconds) for seconds in took if seconds is not None)


def times_in_a_month(due: DueTimes | None, now: datetime) -> int:
    """How often something is due in the next thirty days; 0 for never, and where its zone is not known here."""
    if due is None or due.cron is None:
        return 0
    noons = replace(due.cron, hours=(12,), minutes=(0,))  # there is one on each day, whatever the clocks do
    return len(due.cron.hours) * len(due.cron.minutes) * sum(1 for _ in due_between(noons, now, now + MONTH))


def of_stages(stages: object, otherwise: str) -> Priced:
    """The region of a batch that was asked for in no stage: that of the project's first stage.

    `stages`: the stages of cdk.json, as they are written there: name to an object with ``region``.
    """
    by_stage = {str(name): _mapping(stage).get("region") for name, stage in _mapping(stages).items()}
    regions = {name: region for name, region in by_stage.items() if region}
    if not regions:
        return Priced(otherwise, f"{otherwise} is assumed: cdk.json says no stage's region")
    region = str(next(iter(regions.values())))
    here = [name for name, place in regions.items() if place == region]
    words = f"{region}, where {' and '.join(here)} {'is' if len(here) == 1 else 'are'}"
    others = [f"{name} is in {place}" for name, place in regions.items() if place != region]
    return Priced(region, f"{words}; {', '.join(others)}: add -s STAGE" if others else words)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
