"""What a batch costs, a run and a month. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from batchwright_runner.contract.run import Run
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.task_size import Size
from batchwright_runner.host.cost.cost import Cost, billed, of_hour, of_run, paid

MONTH = timedelta(days=30)


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
