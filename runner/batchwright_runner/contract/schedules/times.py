"""The times at which a schedule is due.

The rule at a change of daylight saving time is EventBridge Scheduler's: a time that does not exist is left out, and a
time that comes twice counts the first time (EventBridge Scheduler user guide, "Schedule types", 2026-11).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice, takewhile
from typing import Self

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.schedules.zones import zone_of


@dataclass(frozen=True, slots=True)
class DueTimes:
    """When something is due: its schedule as a manifest says it, and what is read of that here."""

    # The five fields of a crontab and a time zone, ``30 2 * * MON-FRI Asia/Tokyo``
    text: str
    # None where it cannot be read here
    cron: CronSchedule | None = None
    # Why it cannot be read; empty if it can
    problem: str = ""

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The due times of a schedule; none for an empty text."""
        if not text:
            return None
        try:
            return cls(text, from_text(text))
        except ScheduleError as error:
            return cls(text, problem=str(error))

    @property
    def zone(self) -> str:
        """Its time zone, by its name in the IANA database."""
        return self.text.rpartition(" ")[2]

    @property
    def words(self) -> str:
        """The fields in English, without the zone; empty where they cannot be read."""
        return in_words(replace(self.cron, zone="")) if self.cron else ""

    def next(self, after: datetime, count: int = 1) -> list[datetime]:
        """The next times, in its zone; fewer where it is due no more, none where it cannot be read."""
        return next_times(self.cron, after, count) if self.cron else []


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
