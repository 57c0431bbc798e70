"""A schedule as each scheduler writes it. Pure.

Every dialect is due at the same wall-clock times. Numbers of weekdays are never written, since 1 is Monday for cron and
Sunday for Quartz and EventBridge; crontab, whose weekdays cannot be listed by name, is the exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.schedule import CronSchedule, expression_of


def crontab(schedule: CronSchedule) -> str:
    """The five fields of a line of a crontab, without the zone.

    Weekdays are numbers: a list of names is not allowed by crontab(5) of Debian's cron (2026-11).
    """
    days = schedule.weekdays
    weekdays = "*" if days == cron.EVERY_WEEKDAY else cron.listed(sorted(day % 7 for day in days))
    return f"{expression_of(schedule).rpartition(' ')[0]} {weekdays}"


def eventbridge(schedule: CronSchedule) -> str:
    """The ``ScheduleExpression`` of EventBridge Scheduler, without the zone.

    Its user guide, "Schedule types" (2026-11): six fields, and ``?`` in one of day of the month and weekday.
    """
    return f"cron({str(quartz(schedule)).removeprefix('0 ')})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quartz:
    """The seven fields of Quartz's cron expressions, as texts."""

    second: str = "0"
    minute: str
    hour: str
    # Days of the month; ``?`` where weekdays are given or every day is meant
    day: str
    month: str
    # Weekdays by name; ``?`` where days of the month are given
    weekday: str
    year: str = "*"

    def __str__(self) -> str:
        """The expression."""
        return f"{self.second} {self.minute} {self.hour} {self.day} {self.month} {self.weekday} {self.year}"


def quartz(schedule: CronSchedule) -> Quartz:
    """The fields of Quartz, which Rundeck uses, without the zone."""
    day, weekday = _one_unsaid(schedule)
    return Quartz(
        minute=_slashed(schedule.minutes, cron.MINUTE.all),
        hour=_slashed(schedule.hours, cron.HOUR.all),
        day=day,
        month=_slashed(schedule.months, cron.MONTH.all),
        weekday=weekday,
    )


def shortest_period(schedule: CronSchedule) -> int:
    """The fewest minutes from one due time to the next, were it due every day."""
    times = sorted(60 * hour + minute for hour in schedule.hours for minute in schedule.minutes)
    return min(later - earlier for earlier, later in pairwise([*times, 24 * 60 + times[0]]))


def _slashed(numbers: Sequence[int], whole: Sequence[int]) -> str:
    """A field in which a step begins with its first number, ``0/15``, as EventBridge and Quartz document it."""
    step = cron.step_of(numbers, whole)
    return f"{whole[0]}/{step}" if step else cron.write(numbers, whole)


def _one_unsaid(schedule: CronSchedule) -> tuple[str, str]:
    """Day of the month and weekday, of which one is ``?``."""
    if schedule.days != cron.DAY.all:
        return _slashed(schedule.days, cron.DAY.all), "?"
    if schedule.weekdays == cron.EVERY_WEEKDAY:
        return "?", "*"
    from_sunday = sorted(day % 7 for day in schedule.weekdays)  # a range must not go past Saturday
    return "?", cron.listed(from_sunday, lambda day: cron.WEEKDAY.names[day])
