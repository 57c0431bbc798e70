"""The variables that tell a container when its run was due. Pure; loaded only where a run has them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.variables import BY_THE_CLOCK, SCHEDULED_DATE, SCHEDULED_TIME

_EARLY = timedelta(seconds=5)
"""By how much the clock that starts runs may be ahead of this one."""
_DAYS = (1, 32, 367, 8 * 366)
"""How far back the last time is looked for: eight years may be between two days of February 29."""


def due_variables(said: str, schedule: str, now: datetime) -> dict[str, str]:
    """The variables that say when a run was due; none where that cannot be known.

    `said`: ISO 8601 with an offset, or what a machine was given for that, which is kept as it is; or `BY_THE_CLOCK`,
    which means the schedule's last time.
    `schedule`: the batch's schedule, as its manifest has it; empty for none.
    `now`: the time, with an offset.
    """
    try:
        declared = from_text(schedule) if schedule else None
        zone = zone_of(declared.zone) if declared else None
    except ScheduleError:  # no database of time zones here: the run is no worse for it
        declared = zone = None
    if said == BY_THE_CLOCK:
        last = _last_by_the_clock(declared, now + _EARLY) if declared else None
        return {SCHEDULED_TIME: last.isoformat(), SCHEDULED_DATE: last.date().isoformat()} if last else {}
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return {SCHEDULED_TIME: said, SCHEDULED_DATE: ""}
    return {SCHEDULED_TIME: said, SCHEDULED_DATE: (moment.astimezone(zone) if zone else moment).date().isoformat()}


def _last_by_the_clock(schedule: CronSchedule, until: datetime) -> datetime | None:
    """The last due time, or a later one that the clock was put forward over: cron starts that right after the change.

    Such a time has the offset from before the change.
    """
    zone = zone_of(schedule.zone)
    by_the_clock = last_due(replace(schedule, zone="UTC"), until.astimezone(zone).replace(tzinfo=UTC))
    times = (last_due(schedule, until), by_the_clock)
    return max((time.replace(tzinfo=zone) for time in times if time is not None), default=None)


def last_due(schedule: CronSchedule, until: datetime) -> datetime | None:
    """The last time at which it was due, in its own zone.

    `until`: Not later than this, with an offset.
    """
    looks = (list(due_between(schedule, until - timedelta(days=days), until.astimezone(UTC))) for days in _DAYS)
    return next((times[-1] for times in looks if times), None)
