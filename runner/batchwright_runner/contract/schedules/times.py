"""The times at which a schedule is due.

The rule at a change of daylight saving time is EventBridge Scheduler's: a time that does not exist is left out, and a
time that comes twice counts the first time (EventBridge Scheduler user guide, "Schedule types", 2026-11).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice, takewhile

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import zone_of


def due_times(schedule: CronSchedule, after: datetime) -> Iterator[datetime]:
    """All times at which it is due, the earliest first, in its own time zone. They end a year before the calendar."""
    if after.tzinfo is None:
        raise ValueError(f"{after} has no time zone")
    zone, after = zone_of(schedule.zone), after.astimezone(UTC)
    for day in _days(schedule, after.astimezone(zone).date()):
        for hour in schedule.hours:
            for minute in schedule.minutes:
                wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                there = wall.astimezone(UTC)
                if there > after and there.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                    yield wall


def next_times(schedule: CronSchedule, after: datetime, count: int = 1) -> list[datetime]:
    """The next times at which it is due."""
    return list(islice(due_times(schedule, after), count))


def due_between(schedule: CronSchedule, after: datetime, until: datetime) -> Iterator[datetime]:
    """The times at which it is due, later than the one and not later than the other."""
    return takewhile(lambda time: time.astimezone(UTC) <= until, due_times(schedule, after))


def _days(schedule: CronSchedule, start: date) -> Iterator[date]:
    """The days on which it is due, from a day on."""
    for year in range(start.year, date.max.year):
        for month in schedule.months:
            for number in schedule.days:
                try:
                    day = date(year, month, number)
                except ValueError:  # a day that this month does not have
                    continue
                if day >= start and day.isoweekday() in schedule.weekdays:
                    yield day
