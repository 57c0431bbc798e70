"""A schedule in English: ``Monday to Friday at 02:30``. Pure."""

from collections.abc import Callable, Sequence
from itertools import product

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.schedule import CronSchedule

MONTHS: tuple[str, ...] = ("January", "February", "March", "April", "May", "June")
MONTHS += ("July", "August", "September", "October", "November", "December")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_MOST_TIMES = 4  # more times of a day are given by hours and minutes


def in_words(schedule: CronSchedule) -> str:
    """The schedule in English, with its zone where it has one."""
    return f"{_when(schedule)} ({schedule.zone})" if schedule.zone else _when(schedule)


def _when(schedule: CronSchedule) -> str:
    days, times = _days(schedule), _times(schedule)
    if times.startswith("at "):
        return f"{days or 'every day'} {times}"
    return ", ".join(part for part in (times, days) if part)


def _days(schedule: CronSchedule) -> str:
    """The days; empty for every day."""
    months = "" if schedule.months == cron.MONTH.all else _listed(schedule.months, lambda month: MONTHS[month - 1])
    if schedule.weekdays != cron.EVERY_WEEKDAY:
        days = _listed(schedule.weekdays, lambda weekday: WEEKDAYS[weekday - 1])
        return f"{days} in {months}" if months else days
    step = cron.step_of(schedule.days, cron.DAY.all)
    if schedule.days == cron.DAY.all:
        return f"every day in {months}" if months else ""
    days = f"every {_ordinal(step)} day from the 1st" if step else f"the {_listed(schedule.days, _ordinal)}"
    return f"{days} of {months or 'every month'}"


def _times(schedule: CronSchedule) -> str:
    """The times of a day; those that begin with ``at`` are a few clock times."""
    minutes, hours = schedule.minutes, schedule.hours
    if len(minutes) * len(hours) <= _MOST_TIMES:
        return "at " + _and([f"{hour:02}:{minute:02}" for hour, minute in product(hours, minutes)])
    within_an_hour = _every(minutes, cron.MINUTE.all, "minute")
    if hours == cron.HOUR.all:
        return within_an_hour or f"every hour {_past(minutes)}"
    steps = _every(hours, cron.HOUR.all, "hour")
    if steps and not within_an_hour:
        return steps if minutes == (0,) else f"{steps} {_past(minutes)}"
    if hours == tuple(range(hours[0], hours[-1] + 1)):
        span = f"from {hours[0]:02}:{minutes[0]:02} to {hours[-1]:02}:{minutes[-1]:02}"
        return f"{within_an_hour} {span}" if within_an_hour else f"every hour {_past(minutes)}, {span}"
    in_hours = f"of the hours {_listed(hours, lambda hour: f'{hour:02}')}"
    return f"{within_an_hour} {in_hours}" if within_an_hour else f"{_past(minutes)} {in_hours}"


def _every(numbers: Sequence[int], whole: Sequence[int], unit: str) -> str:
    """``every minute``, ``every 15 minutes``; empty for other numbers, and for a step that does not divide."""
    if tuple(numbers) == tuple(whole):
        return f"every {unit}"
    step = cron.step_of(numbers, whole) or (numbers[1] - numbers[0] if len(numbers) == 2 and numbers[0] == 0 else 0)
    return f"every {step} {unit}s" if step and len(whole) % step == 0 and len(numbers) * step == len(whole) else ""


def _past(minutes: Sequence[int]) -> str:
    return f"at {_and([f':{minute:02}' for minute in minutes])}"


def _listed(numbers: Sequence[int], text: Callable[[int], str]) -> str:
    return _and(cron.listed(numbers, text, " to ").split(","))


def _and(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + " and " + texts[-1]


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 11 <= number % 100 <= 13 else endings.get(number % 10, "th")
    return f"{number}{ending}"
