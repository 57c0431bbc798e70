"""The changes of when a batch is due, and of which scheduler starts it. Pure."""

from datetime import datetime

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import DAY, listed
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.sizes import AWS, NOBODY
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.workbench.diff.batch import DeclaredPair
from batchwright_runner.workbench.diff.change import ChangeList, Topic, When

_TIMES = 3
EXPORTS = {"rundeck": "rundeck", "cron": "crontab"}
"""Scheduler to the export that is for it."""


def schedule_changes(pair: DeclaredPair, changes: ChangeList) -> None:
    """Adds what differs."""
    old, new = pair.before.manifest, pair.after.manifest
    if old.scheduler != new.scheduler:
        _starter(pair, changes)
    if old.schedule == new.schedule:
        return
    when, commands = starts(new.scheduler or old.scheduler, pair.stage)
    changes.add(Topic.SCHEDULE, moved(old.schedule, new.schedule, pair.now), when, commands=commands)


def _starter(pair: DeclaredPair, changes: ChangeList) -> None:
    old, new = (side.manifest.scheduler for side in (pair.before, pair.after))
    text = f"started by {new or NOBODY} instead of {old or NOBODY}"
    if new == AWS:
        warning = f"{text}; see that {old or 'whoever starts it now'} no longer does before this is deployed"
        changes.add(Topic.SCHEDULE, warning, When.DEPLOY)
    elif old == AWS:
        changes.add(
            Topic.SCHEDULE, f"{text}: AWS no longer starts it", When.DEPLOY, commands=starts(new, pair.stage)[1]
        )
    else:
        told = new if new in EXPORTS or old not in EXPORTS else old  # whose jobs are off after an export
        when, commands = starts(told, pair.stage)
        changes.add(Topic.SCHEDULE, text, when, commands=commands)


def starts(scheduler: str, stage: str) -> tuple[When, tuple[str, ...]]:
    """When a scheduler learns of another schedule, and the command that makes it."""
    if scheduler == AWS:
        return When.DEPLOY, ()
    if scheduler in EXPORTS:
        return When.EXPORT, (f"batchwright export {EXPORTS[scheduler]} -s {stage}",)
    return When.NOBODY if scheduler in ("", NOBODY) else When.OTHER, ()


def first_starts(new: BatchManifest | WorkflowRecord, now: datetime, changes: ChangeList) -> None:
    """Adds when something new is due, and who starts it; nothing of what has no schedule."""
    if not new.schedule:
        return
    when, commands = starts(new.scheduler, new.stage)
    by = f"started by {new.scheduler}" if new.scheduler else "and no one starts it"
    changes.add(Topic.SCHEDULE, f"due {due(new.schedule)}, {by}{coming(new.schedule, now)}", when, commands=commands)


def moved(before: str, after: str, now: datetime) -> str:
    """The sentence on a schedule that has become another one."""
    if not after:
        return f"no longer due at any time (was due {due(before)})"
    if not before:
        return f"now due {due(after)}{coming(after, now)}"
    return f"due {due(after)} instead of {due(before)}{coming(after, now)}"


def due(schedule: str) -> str:
    """A schedule in words; its text where this machine does not know its zone."""
    try:
        return in_words(from_text(schedule))
    except ScheduleError:
        return schedule


def coming(schedule: str, now: datetime) -> str:
    """``; next Thu 2026-11-26 03:30, Fri 2026-11-27 03:30 JST``; nothing where that is not known here."""
    try:
        times = next_times(from_text(schedule), now, _TIMES)
    except ScheduleError:
        return ""
    return f"; next {listed(times, DAY)}" if times else ""
