"""A schedule as other schedulers write it, read. Pure. `dialects` writes them.

What a crontab's five fields say is read by `from_cron`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.cron import Field, ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron

_MINUTE = replace(cron.MINUTE, around=60)
_HOUR = replace(cron.HOUR, around=24)
_DAY = replace(cron.DAY, around=31)
_MONTH = replace(cron.MONTH, around=12)
_WEEKDAY = Field("weekday", 1, 7, cron.WEEKDAY.names, example="MON-FRI", around=7)
"""The fields of Quartz and EventBridge. A range may go past the end, and Sunday is 1 (Quartz's ``CronExpression``;
EventBridge Scheduler user guide, "Schedule types"; 2026-11)."""

_STEP = re.compile(r"([0-9A-Za-z]*)/([0-9]+)")
_RATE = re.compile(r"(\d+) +(minute|hour|day)s?")
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_EVERY_DAY = ("*", "?")


def from_quartz(expression: str, zone: str = "") -> CronSchedule:
    """The schedule of an expression of Quartz, which Rundeck uses.

    `expression`: Second, minute, hour, day of the month, month, weekday, and where it is given a year.
    """
    fields = expression.split()
    if len(fields) not in (6, 7):
        raise ScheduleError(
            f"{expression!r} was given, which has {len(fields)} fields; allowed: six or seven, which are second, "
            "minute, hour, day of the month, month, weekday and year"
        )
    if fields[0] not in ("0", "00"):
        raise ScheduleError(f"second: {fields[0]!r} was given; allowed: 0, as no batch is due within a minute")
    return _six(fields[1:], zone)


def from_eventbridge(expression: str, zone: str = "") -> CronSchedule:
    """The schedule of a ``cron(…)`` or a ``rate(…)`` of EventBridge.

    A rate counts from the moment at which its rule was made; the schedule has the same interval, from midnight on.
    """
    kind, separator, inner = expression.strip().partition("(")
    if not separator or not inner.endswith(")") or kind not in ("cron", "rate"):
        raise ScheduleError(f"{expression!r} was given; allowed: cron(…) with six fields, or rate(…)")
    inner = inner[:-1].strip()
    if kind == "rate":
        match = _RATE.fullmatch(inner)
        if match is None:
            raise ScheduleError(f"{expression!r} was given; allowed: a rate such as rate(5 minutes) or rate(1 day)")
        return _every(int(match[1]) * _MINUTES[match[2]], expression, zone)
    fields = inner.split()
    if len(fields) != 6:
        raise ScheduleError(
            f"{expression!r} was given, which has {len(fields)} fields; allowed: six, which are minute, hour, "
            "day of the month, month, weekday and year"
        )
    return _six(fields, zone)


def _six(fields: Sequence[str], zone: str) -> CronSchedule:
    """Minute, hour, day of the month, month, weekday, and where it is given a year."""
    minutes, hours, days, months, weekdays, *year = fields
    if year and year[0] != "*":
        raise ScheduleError(f"year: {year[0]!r} was given; allowed: *, as a batch is due in every year")
    return CronSchedule(
        minutes=_read(_MINUTE, minutes),
        hours=_read(_HOUR, hours),
        days=cron.DAY.all if days in _EVERY_DAY else _read(_DAY, days),
        months=_read(_MONTH, months),
        weekdays=cron.EVERY_WEEKDAY
        if weekdays in _EVERY_DAY
        else tuple(sorted((number - 2) % 7 + 1 for number in _read(_WEEKDAY, weekdays))),
        zone=zone,
    )


def _read(field: Field, text: str) -> tuple[int, ...]:
    """The numbers that a field allows. A step without a range goes from its number to the field's end."""
    if re.search(r"[#?]|(?<![A-Z])[WC](?![A-Z])|LW|(?<!JU)L(?![A-Z])", text.upper()):
        raise ScheduleError(
            f"{field.name}: {text!r} was given, which no crontab can say; allowed: {field.least} to {field.most}, "
            "*, ranges, steps and lists of these"
        )
    parts = []
    for part in text.split(","):
        step = _STEP.fullmatch(part)
        parts.append(f"{step[1] or field.least}-{field.most}/{step[2]}" if step else part)
    numbers = {number - field.around if number > field.most else number for number in field.read(",".join(parts))}
    return tuple(sorted(numbers))


def _every(minutes: int, text: str, zone: str) -> CronSchedule:
    """Again and again, from midnight on."""
    if minutes >= 60 and minutes % 60 == 0 and 24 * 60 % minutes == 0:
        return from_cron(f"0 */{minutes // 60} * * *", zone)
    if 0 < minutes < 60 and 60 % minutes == 0:
        return from_cron(f"*/{minutes} * * * *", zone)
    raise ScheduleError(
        f"{text!r} was given, which divides neither an hour nor a day; allowed: such an interval, or five fields"
    )
