"""A schedule in UTC, for schedulers that know no time zones. Pure."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.errors import RunnerError

_DAY = 24 * 60
_YEARS = 5


def has_fixed_offset(zone: str, now: datetime) -> bool:
    """Whether a zone's clocks stay as they are in the next years."""
    return _fixed_offset(zone, now) is not None


def in_utc(schedule: CronSchedule, name: str, host: str, now: datetime) -> list[CronSchedule]:
    """Schedules in UTC that are due, together, at the same times.

    Args:
        schedule: The schedule, with a zone.
        name: The batch, for messages.
        host: Who knows only UTC, for messages.
        now: The time; with a zone. What the zone does in the next years is looked at.

    Raises:
        RunnerError: The zone changes its clocks, or days of the month would have to move.
    """
    offset = _fixed_offset(schedule.zone, now)
    if offset is None:
        raise RunnerError(
            f"{name} cannot be exported: {host} knows only UTC, and clocks in {schedule.zone} change twice a year",
            hint='Give the schedule zone="UTC", or another scheduler to the batch',
        )
    by_shift: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))  # days to hour to minutes
    for hour in schedule.hours:
        for minute in schedule.minutes:
            days, rest = divmod(hour * 60 + minute - offset, _DAY)
            by_shift[days][rest // 60].add(rest % 60)
    return [
        _moved(schedule, days, tuple(sorted(hours)), minutes, name, host)
        for days, times in sorted(by_shift.items())
        for minutes, hours in _rectangles(times)
    ]


def _rectangles(times: dict[int, set[int]]) -> list[tuple[tuple[int, ...], list[int]]]:
    """Minutes to the hours that have exactly these."""
    by_minutes: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for hour, minutes in times.items():
        by_minutes[tuple(sorted(minutes))].append(hour)
    return sorted(by_minutes.items())


def _moved(
    schedule: CronSchedule, days: int, hours: tuple[int, ...], minutes: tuple[int, ...], name: str, host: str
) -> CronSchedule:
    if days and (schedule.days != cron.DAY.all or schedule.months != cron.MONTH.all):
        raise RunnerError(
            f"{name} cannot be exported: {host} knows only UTC, where {schedule} is on another day of the month",
            hint='Give the schedule zone="UTC", a later time of the day, or another scheduler to the batch',
        )
    weekdays = tuple(sorted((day - 1 + days) % 7 + 1 for day in schedule.weekdays))
    return CronSchedule(
        minutes=minutes,
        hours=hours,
        days=schedule.days,
        months=schedule.months,
        weekdays=weekdays,
        zone=UTC_NAME,
    )


def _fixed_offset(name: str, now: datetime) -> int | None:
    """Minutes east of UTC of a zone that does not change them in the next years; ``None`` for one that does."""
    zone = zone_of(name)
    days = (now.astimezone(UTC) + timedelta(days=number) for number in range(0, _YEARS * 365, 7))
    found = {day.astimezone(zone).utcoffset() for day in days}
    offset = found.pop()
    return None if found or offset is None else int(offset.total_seconds()) // 60
