"""What a batch costs, a run and a month, by the prices of which region. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from batchwright_runner.contract.run import Run
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import Cost, billed, of_hour, of_run, paid

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Priced:
    """The region whose prices are taken.

    Attributes:
        region: The region; empty for that of the manifest.
        why: Why it is that one, where no stage was asked for; empty for that of the manifest.
    """

    region: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What a batch costs on Fargate.

    Attributes:
        hour: A task, for an hour.
        run: A run of median length, with all its attempts; none where no run has ended.
        worst: The dearest of the last runs; likewise.
        month: Thirty days, as often as it is due; none where it has no schedule or no run has ended.
        due: How often it is due in thirty days; 0 where that is not known.
    """

    hour: Cost
    run: Cost | None = None
    worst: Cost | None = None
    month: Cost | None = None
    due: int = 0


def costs_of(size: Size | None, region: str, schedule: str, runs: Sequence[Run], now: datetime) -> Costs:
    """What a batch costs.

    Args:
        size: The size of its tasks; none where that is not known.
        region: The region whose prices are taken.
        schedule: When it is due; empty for no schedule.
        runs: Its last runs; those that have ended count.
        now: From when on it is counted how often it is due. With a time zone.
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
        due = CronSchedule.from_text(schedule)
        noons = replace(due, hours=(12,), minutes=(0,))  # there is one on each day, whatever the clocks do
        return len(due.hours) * len(due.minutes) * sum(1 for _ in due_between(noons, now, now + MONTH))
    except ScheduleError:
        return 0


def of_stages(stages: object, otherwise: str) -> Priced:
    """The region of a batch that was asked for in no stage: that of the project's first stage.

    Args:
        stages: The stages of cdk.json, as they are written there: name to an object with ``region``.
        otherwise: The region where none of them says one.
    """
    known = {str(name): region for name, stage in _mapping(stages).items() if (region := _mapping(stage).get("region"))}
    if not known:
        return Priced(otherwise, f"{otherwise} is assumed: cdk.json says no stage's region")
    region = str(next(iter(known.values())))
    here = [name for name, its in known.items() if its == region]
    said = f"{region}, where {' and '.join(here)} {'is' if len(here) == 1 else 'are'}"
    others = [f"{name} is in {its}" for name, its in known.items() if its != region]
    return Priced(region, f"{said}; {', '.join(others)}: add -s STAGE" if others else said)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
