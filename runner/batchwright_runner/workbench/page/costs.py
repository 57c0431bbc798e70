"""What a batch costs, a run and a month, by the prices of which region; and where the time of its runs goes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from batchwright_runner.contract.run import Run
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import Cost, billed, of_hour, of_run, paid
from batchwright_runner.host.runs.phases import phases

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
    # How often it is due in thirty days; 0 where that is not known
    due: int = 0


def costs_of(size: Size | None, region: str, schedule: str, runs: Sequence[Run], now: datetime) -> Costs:
    """What a batch costs.

    `schedule`: when it is due; empty for no schedule.
    """
    ended = [seconds for run in runs if not run.in_progress and (seconds := _paid(run))]
    due = due_in_a_month(schedule, now)
    hour = of_hour(size, region)
    if not ended:
        return Costs(hour=hour, due=due)
    usual = of_run(size, region, median(ended))
    return Costs(
        hour=hour,
        run=usual,
        worst=of_run(size, region, max(ended)),
        month=usual.times(due) if due else None,
        due=due,
    )


def _paid(run: Run) -> int:
    """Seconds that are paid for all attempts of a run that has ended."""
    took = [billed(attempt.state.times) for attempt in run.attempts]
    return sum(paid(seconds) for seconds in took if seconds is not None)


def due_in_a_month(schedule: str, now: datetime) -> int:
    """How often a schedule is due in the next thirty days; 0 for none, and for one whose zone is not known here."""
    if not schedule:
        return 0
    try:
        due = from_text(schedule)
        noons = replace(due, hours=(12,), minutes=(0,))  # there is one on each day, whatever the clocks do
        return len(due.hours) * len(due.minutes) * sum(1 for _ in due_between(noons, now, now + MONTH))
    except ScheduleError:
        return 0


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


SHOWN = ("provisioning", "image pull", "starting", "running", "stopping")
PULL = "image pull"
LONG_PULL = 20.0
"""Seconds from which a pull is worth a word."""
PULL_DOMINATES = (
    "pulling the image takes longer than anything else, and Fargate keeps no copy of it: each run pulls all of it. A "
    "smaller image starts sooner: a slim base, build tools left in an earlier stage, layers compressed with zstd"
)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a batch's runs."""

    # ``image pull``
    name: str
    # Half of the runs took no longer, in seconds
    median: float
    # The longest, in seconds
    worst: float
    runs: int


def times_of(runs: Iterable[Run]) -> list[Mapping[str, float]]:
    """Of each attempt of the runs that have ended, the moments that ECS reports."""
    return [attempt.state.times for run in runs if not run.in_progress for attempt in run.attempts]


def where_time_goes(times: Sequence[Mapping[str, float]]) -> list[Phase]:
    """The phases of runs that have ended, in their order; none where none is known.

    `times`: Of each run the moments that ECS reports, in seconds since 1970.
    """
    took: dict[str, list[float]] = {}
    for moments in times:
        for name, seconds in phases(moments).items():
            took.setdefault(name, []).append(seconds)
    return [Phase(name, median(took[name]), max(took[name]), len(took[name])) for name in SHOWN if name in took]


def advice(phases: Sequence[Phase]) -> str:
    """What to do where the pull dominates; empty where it does not."""
    pull = next((phase for phase in phases if phase.name == PULL), None)
    if pull is None or pull.median < LONG_PULL:
        return ""
    others = [phase.median for phase in phases if phase.name != PULL]
    return PULL_DOMINATES if all(pull.median >= time for time in others) else ""
