"""When a batch is due: one value, and its one text.

The text is the five fields of a crontab and a time zone, ``30 2 * * MON-FRI Asia/Tokyo``. Fields that allow the same
numbers have the same text.
"""

from calendar import monthrange
from dataclasses import dataclass
from typing import TypeVar

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import check_zone

_LEAP_YEAR = 2024
_BOTH = (
    "days of the month and weekdays were given: cron is due on either, Quartz and EventBridge take only one of them; "
    "allowed: * in one of the two fields"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronSchedule:
    """When a batch is due, whoever starts it: every minute whose five parts are among these.

    Attributes:
        minutes: Minutes from 0 to 59, sorted.
        hours: Hours from 0 to 23, sorted.
        days: Days of the month from 1 to 31, sorted. All of them, or all weekdays are given.
        months: Months from 1 to 12, sorted.
        weekdays: Weekdays from Monday as 1 to Sunday as 7, sorted.
        zone: Time zone, by its name in the IANA database: ``Asia/Tokyo``. Empty where the project's is meant.

    Raises:
        ScheduleError: It would never be due, gives days of the month and weekdays, or its zone is not known.
    """

    minutes: tuple[int, ...] = cron.MINUTE.all
    hours: tuple[int, ...] = cron.HOUR.all
    days: tuple[int, ...] = cron.DAY.all
    months: tuple[int, ...] = cron.MONTH.all
    weekdays: tuple[int, ...] = cron.EVERY_WEEKDAY
    zone: str = ""

    def __post_init__(self) -> None:
        if self.days != cron.DAY.all and self.weekdays != cron.EVERY_WEEKDAY:
            raise ScheduleError(_BOTH)
        if not any(day <= monthrange(_LEAP_YEAR, month)[1] for month in self.months for day in self.days):
            days, months = cron.listed(self.days), cron.listed(self.months, lambda month: cron.MONTHS[month - 1])
            raise ScheduleError(f"it is never due: {months} has no day {days}")
        if self.zone:
            check_zone(self.zone)

    def __str__(self) -> str:
        """Its canonical text."""
        return f"{expression_of(self)} {self.zone}".rstrip()


Kind = TypeVar("Kind", bound=CronSchedule)


def from_cron(text: str, zone: str = "") -> CronSchedule:
    """The schedule of a crontab's five fields, or of a macro such as ``@daily``; without a zone in the project's."""
    return read_as(CronSchedule, text, zone)


def read_as(kind: type[Kind], given: str, zone: str) -> Kind:
    """The same as a schedule of a kind.

    Raises:
        ScheduleError: As for the class; or a field cannot be read.
    """
    if not isinstance(given, str):
        raise ScheduleError(f"{given!r} was given; allowed: a text of five fields, such as '30 2 * * MON-FRI'")
    text = given.strip()
    if text.startswith("@"):
        if text.lower() not in cron.MACROS:
            raise ScheduleError(f"{text!r} was given; allowed: {', '.join(cron.MACROS)}, or five fields")
        text = cron.MACROS[text.lower()]
    fields = text.split()
    if len(fields) != 5:
        raise ScheduleError(
            f"{given!r} was given, which has {len(fields)} fields; allowed: five, which are minute, hour, "
            "day of the month, month and weekday, such as '30 2 * * MON-FRI'"
        )
    read = kind(
        minutes=cron.MINUTE.read(fields[0]),
        hours=cron.HOUR.read(fields[1]),
        days=cron.DAY.read(fields[2]),
        months=cron.MONTH.read(fields[3]),
        weekdays=cron.weekdays(fields[4]),
        zone=zone,
    )
    differ = (read.days == cron.DAY.all) != (read.weekdays == cron.EVERY_WEEKDAY)
    if differ and not any(field.startswith("*") for field in fields[2::2]):
        raise ScheduleError(_BOTH)  # "0 0 1 * 0-6": no star, so cron is due on either, which is every day
    return read


def from_text(text: str) -> CronSchedule:
    """The schedule of a canonical text: five fields and a zone.

    Raises:
        ScheduleError: As for `from_cron`; or the text has no zone.
    """
    fields, _, zone = text.strip().rpartition(" ")
    if not fields or text.startswith("@"):
        raise ScheduleError(f"{text!r} was given; allowed: five fields and a time zone, '30 2 * * * Asia/Tokyo'")
    return from_cron(fields, zone)


def expression_of(schedule: CronSchedule) -> str:
    """Its five fields, weekdays by their names from Monday on."""
    weekdays = cron.listed(schedule.weekdays, lambda day: cron.WEEKDAYS[day - 1])
    return " ".join(
        (
            cron.write(schedule.minutes, cron.MINUTE.all),
            cron.write(schedule.hours, cron.HOUR.all),
            cron.write(schedule.days, cron.DAY.all),
            cron.write(schedule.months, cron.MONTH.all),
            "*" if schedule.weekdays == cron.EVERY_WEEKDAY else weekdays,
        )
    )
