"""When a batch runs, and on which terms, as facts. Pure."""

from collections.abc import Iterator
from datetime import datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.workbench.page.batch import Known
from batchwright_runner.workbench.page.document import Fact

NEXT = 3
"""Times that are shown."""


def facts_of(known: Known, now: datetime) -> Iterator[Fact]:
    """When it runs.

    Args:
        known: What is known of the batch.
        now: Now, with a time zone.
    """
    manifest = known.manifest
    yield from _due(manifest, now)
    if known.pause is not None:
        yield Fact("paused", known.pause.words())
    yield Fact("timeout", f"{format_duration(manifest.timeout_seconds)}{' an attempt' if manifest.retries else ''}")
    yield Fact("retries", _retries(manifest))
    yield Fact("two at once", _overlap(manifest))
    for option in manifest.options:
        allowed = ", ".join(option.values) or (f"matches {option.pattern}" if option.pattern else "one line")
        yield Fact(f"option {option.name}", f"{option.description}: {allowed}" if option.description else allowed)


def next_due(schedule: str, now: datetime, count: int = NEXT) -> list[datetime]:
    """The next times at which it is due; none without a schedule, and where its zone is not known here."""
    if not schedule:
        return []
    try:
        return next_times(CronSchedule.from_text(schedule), now, count)
    except ScheduleError:
        return []


def _due(manifest: BatchManifest, now: datetime) -> Iterator[Fact]:
    if not manifest.schedule:
        yield Fact("schedule", "none: it is started by hand, or by something that calls the runner")
        return
    try:
        due = CronSchedule.from_text(manifest.schedule)
    except ScheduleError as error:
        yield Fact("schedule", f"{manifest.schedule}, which cannot be read here: {error}")
        return
    yield Fact("schedule", f"{in_words(due)}: {due.expression}")
    starter = manifest.scheduler
    yield Fact("started by", starter if starter and starter != NOBODY else "nobody: no scheduler is named")
    times = next_due(manifest.schedule, now)
    yield Fact("next", ", ".join(f"{one:%a %Y-%m-%d %H:%M}" for one in times) or "never again")


def _retries(manifest: BatchManifest) -> str:
    if not manifest.retries:
        return "none"
    delay = manifest.retry_delay_seconds
    pause = f", each after a pause of {format_duration(delay)}" if delay else ""
    return f"{manifest.retries}, on {', '.join(map(str, manifest.retry_on))}{pause}"


def _overlap(manifest: BatchManifest) -> str:
    if manifest.overlap == "forbid":
        return "forbidden: the second exits with 123"
    if manifest.overlap == "wait":
        most = manifest.overlap_wait_seconds or manifest.timeout_seconds
        return f"the second waits for the first, {format_duration(most)} at most"
    return "allowed"
