"""The due times of a batch or a workflow by their days, and since when it is known what became of them."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial

from batchwright_runner.contract.due_times import DueDays, due_times, left_out
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.reasons import EXECUTIONS_DAYS, HISTORY_DAYS
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.schedules.zones import UTC, zone_of
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import DeniedError, RunnerError, UsageError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.history import DAY

MOST = 100_000
"""Due times that are looked for at most: those of a batch that is due each minute, of two months."""


@dataclass(frozen=True, slots=True)
class TimesOfDays:
    """The due times of some days."""

    # They, the earliest first; one at least
    times: list[datetime]
    schedule: CronSchedule | None
    zone: tzinfo
    # What is special about them; empty for nothing
    note: str


def times_of_days(subject: Manifest, days: DueDays, now: float) -> TimesOfDays:
    """The due times of some days, by today's schedule.

    `now`: Now, in seconds since 1970.
    """
    name = subject.name
    try:
        schedule = from_text(subject.schedule) if subject.schedule else None
        zone = zone_of((schedule.zone if schedule else subject.timezone) or UTC)
    except ScheduleError as error:
        raise RunnerError(f"the due times of {name} cannot be known: {error}") from error
    today = datetime.fromtimestamp(now, zone).date()
    first, last = days.first, days.last or today
    if last < first:
        raise UsageError(f"no day was asked for: {first} is to come, today is {today}", hint="Write --due DAY..DAY")
    most = ((last - first).days + 1) * (len(schedule.hours) * len(schedule.minutes) if schedule else 1)
    if most > MOST:
        raise UsageError(f"{first}..{last} may be {most:,} due times: {MOST:,} are looked for", hint="Give fewer days")
    times = due_times(schedule, zone, first, last)
    note = "" if schedule else f"{name} has no schedule: each day stands for its beginning, 00:00 in {zone}"
    if schedule and (gone := ", ".join(f"{at:%Y-%m-%d %H:%M}" for at in left_out(schedule, times, first, last))):
        note = f"left out, as the clock is put forward in {zone}: {gone}"
    if not times:
        why = note or "it was due on none of these days"
        raise UsageError(f"nothing was due from {first} to {last}: {why}", hint=f"{name} is due: {schedule}")
    return TimesOfDays(times, schedule, zone, note)


def known_since(aws: Aws, subject: Manifest, now: float) -> float:
    """Since when runs that have ended are known, in seconds since 1970; 0 where there is no history."""
    if isinstance(subject, WorkflowManifest):
        return now - EXECUTIONS_DAYS * DAY
    name = subject.history_log_group
    if not name:
        return 0.0
    read = partial(aws.call, "logs", "describe_log_groups", logGroupNamePrefix=name)
    try:
        groups = [group for group in pages(read, "logGroups") if group["logGroupName"] == name]
    except DeniedError:
        groups = []
    except ApiError as error:
        raise RunnerError(f"since when runs are known cannot be seen: {error}") from error
    kept_days = int(groups[0].get("retentionInDays", 0)) if groups else HISTORY_DAYS
    created = int(groups[0].get("creationTime", 0)) / 1000 if groups else 0.0
    return max(created, now - kept_days * DAY if kept_days else 0.0)
