"""`Schedule`: when a batch is due, whoever starts it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from aws_cdk import Duration

from batchwright.tokens import unknown_duration
from batchwright_runner.contract.schedules.cron import ScheduleError, listed
from batchwright_runner.contract.schedules.dialects import shortest_period
from batchwright_runner.contract.schedules.schedule import CronSchedule, read_as

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
WINDOW = 1440
"""Minutes of a flexible time window, at most (EventBridge Scheduler API reference, FlexibleTimeWindow, 2026-11)."""
_HOUR = 60
_DAY = 24 * _HOUR
_INTERVALS = (
    "minutes that divide an hour (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60) "
    "or hours that divide a day (1, 2, 3, 4, 6, 8, 12, 24)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(CronSchedule):
    """When a batch is due: ``Schedule.daily("02:30")``, ``Schedule.cron("30 2 * * MON-FRI")``.

    It is a fact of the batch, which every scheduler is told in its own dialect; ``scheduler`` says who acts on it.
    Times are those of a clock on the wall in the zone: where a clock is put forward, a time that does not exist is left
    out; where it is put back, a time that comes twice counts once.

    Attributes:
        window: Minutes after a due time within which EventBridge Scheduler starts the batch; 0 for the time itself.
    """

    window: int = 0

    @classmethod
    def cron(cls, expression: str, *, zone: str | None = None, window: Duration | None = None) -> Self:
        """The five fields of a crontab, or a macro such as ``@daily``.

        Args:
            expression: Minute, hour, day of the month, month, weekday. Months and weekdays have numbers or names, and
                Sunday is 0 or 7. ``*``, ranges, steps over a range or ``*``, and lists of these.
            zone: Time zone, by its name in the IANA database. Default: ``timezone`` of ``cdk.json``, else UTC.
            window: A flexible time window, so that many batches of one time do not all start at once: where AWS starts
                the batch, it does so at some moment of the window, which begins at the due time. 1 minute to 24 hours,
                and shorter than the time to the next start; whole minutes. Other schedulers have none, and start it at
                its time. Default: at its time.

        Raises:
            ValueError: A field cannot be read; it would never be due; days of the month and weekdays are given, which
                schedulers take in different ways; the zone is not known; the window is too short, too long, or none.
        """
        schedule = read_as(cls, expression, zone or "")
        return schedule if window is None else replace(schedule, window=_window(schedule, window))

    @classmethod
    def daily(cls, *times: str, zone: str | None = None, window: Duration | None = None) -> Self:
        """Every day.

        Args:
            times: Times of the day, ``02:30``. Several need the same minute: a crontab cannot say others in one line.
            zone: As for `cron`.
            window: As for `cron`.

        Raises:
            ValueError: A time has another form; or as for `cron`.
        """
        return cls.cron(f"{_clock(times)} * * *", zone=zone, window=window)

    @classmethod
    def weekly(cls, weekdays: str, *times: str, zone: str | None = None, window: Duration | None = None) -> Self:
        """On some weekdays.

        Args:
            weekdays: ``MON``, ``MON-FRI``, ``TUE,THU``.
            times: As for `daily`.
            zone: As for `cron`.
            window: As for `cron`.

        Raises:
            ValueError: As for `daily`.
        """
        if not isinstance(weekdays, str):
            raise ScheduleError(f"{weekdays!r} was given; allowed: weekdays as a text, such as 'MON-FRI' or 'TUE,THU'")
        return cls.cron(f"{_clock(times)} * * {weekdays.replace(' ', '')}", zone=zone, window=window)

    @classmethod
    def monthly(cls, day: int, *times: str, zone: str | None = None, window: Duration | None = None) -> Self:
        """On one day of every month.

        Args:
            day: From 1 to 28, which every month has. Later days are for `cron`, which leaves months out.
            times: As for `daily`.
            zone: As for `cron`.
            window: As for `cron`.

        Raises:
            ValueError: As for `daily`.
        """
        if isinstance(day, bool) or not isinstance(day, int) or not 1 <= day <= 28:
            raise ScheduleError(
                f"day {day!r} was given; allowed: 1 to 28, which every month has. For another one: "
                "Schedule.cron('30 2 31 * *'), which leaves the shorter months out"
            )
        return cls.cron(f"{_clock(times)} {day} * *", zone=zone, window=window)

    @classmethod
    def every(cls, interval: Duration, *, zone: str | None = None, window: Duration | None = None) -> Self:
        """Again and again, from midnight on.

        Args:
            interval: Minutes that divide an hour, or hours that divide a day: then every scheduler can say it.
            zone: As for `cron`.
            window: As for `cron`.

        Raises:
            ValueError: The interval divides neither; or as for `cron`.
        """
        if unknown := unknown_duration(interval):
            raise ScheduleError(f"{unknown} was given; allowed: a Duration of {_INTERVALS}")
        seconds = interval.to_milliseconds() / 1000
        minutes, rest = divmod(int(seconds), 60)
        if rest or minutes < 1 or seconds % 1 or (_HOUR % minutes and (minutes % _HOUR or _DAY % minutes)):
            raise ScheduleError(f"{_spoken(seconds)} was given; allowed: {_INTERVALS}")
        text = f"0 */{minutes // _HOUR} * * *" if minutes >= _HOUR else f"*/{minutes} * * * *"
        return cls.cron(text, zone=zone, window=window)


def _window(schedule: CronSchedule, window: Duration) -> int:
    """A flexible time window in minutes."""
    longest = min(WINDOW, shortest_period(schedule) - 1)
    allowed = (
        f"allowed: a Duration of whole minutes, from 1 to {longest}, so that it is over before the next start"
        if longest
        else "allowed: none, as it is due every minute"
    )
    if unknown := unknown_duration(window):
        raise ScheduleError(f"window {unknown} was given; {allowed}")
    seconds = window.to_milliseconds() / 1000
    if seconds % 60 or not 1 <= seconds // 60 <= longest:
        raise ScheduleError(f"window {_spoken(seconds)} was given; {allowed}")
    return int(seconds // 60)


def _clock(times: Iterable[str]) -> str:
    """Minute and hour as a crontab's fields."""
    parsed = [_TIME.fullmatch(time) if isinstance(time, str) else None for time in times]
    matches = [match for match in parsed if match]
    if not parsed or len(matches) < len(parsed):
        raise ScheduleError(f"times {list(times)} were given; allowed: one or more, such as '02:30'")
    hours, minutes = sorted({int(match[1]) for match in matches}), sorted({int(match[2]) for match in matches})
    if len(hours) * len(minutes) != len({(match[1].zfill(2), match[2]) for match in matches}):
        raise ScheduleError(
            f"times {list(times)} were given, which a crontab cannot say in one line; "
            "allowed: times with the same minute"
        )
    return f"{listed(minutes)} {listed(hours)}"


def _spoken(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds % 60 == 0 else f"{seconds:g} seconds"
