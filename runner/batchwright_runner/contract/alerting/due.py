"""What the clock looks at: due times that should have begun or ended by now, judged as by ``runs --missed``. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from batchwright_runner.contract.alerting.known import Known
from batchwright_runner.contract.alerting.record import Record, seen_of
from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.missed.lapse import Lapse
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import GRACE, GRACES, Blind, Watched
from batchwright_runner.contract.moments import shown, utc
from batchwright_runner.contract.notices.note import Kind, Notice
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.notices.text import took
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.watch import Watch

SLACK = 60.0
"""Seconds beyond what is expected: the end of a run is in the record some seconds after it."""
KINDS: dict[str, Kind] = {"missed": "missed", "unknown": "missed", "long": "late", "twice": "twice"}
"""What people are told, by what was found. A pause was asked for."""


@dataclass(frozen=True, slots=True)
class Check:
    """A look that is due.

    Attributes:
        batch: Name of the batch.
        due: The time for which it was due.
        final: Whether a run should have ended well by now; else it should have begun.
        at: When the look is due, in seconds since 1970.
    """

    batch: str
    due: datetime
    final: bool
    at: float


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found.

    Attributes:
        lapses: What there is to tell.
        again_at: When to look again, as a run goes on that is not late yet, in seconds since 1970; 0 for never.
    """

    lapses: Sequence[Lapse]
    again_at: float = 0.0


def checks(batch: str, watch: Watch, begin: float, end: float) -> Iterator[Check]:
    """The looks that are due between two moments.

    Args:
        batch: Name of the batch.
        watch: What is watched of it. Without a schedule and ``expected_seconds`` there is nothing to look at.
        begin: In seconds since 1970, exclusive.
        end: Likewise, inclusive.
    """
    if not _is_watched(watch) or unwatchable(watch):
        return
    schedule = CronSchedule.from_text(watch.schedule)
    grace = GRACES.get(watch.scheduler, GRACE) + watch.window_seconds
    whole = watch.window_seconds + watch.expected_seconds + SLACK
    for final, delay in ((False, grace), (True, whole)):
        if final or grace < whole:
            first, last = (datetime.fromtimestamp(at - delay, UTC) for at in (begin, end))
            for due in due_between(schedule, first, last):
                yield Check(batch, due, final, due.timestamp() + delay)


def unwatchable(watch: Watch) -> str:
    """Why a schedule that should be watched cannot be: it is not known here, or its time zone is not; else empty."""
    try:
        if _is_watched(watch):
            zone_of(CronSchedule.from_text(watch.schedule).zone)
    except ScheduleError as error:
        return f"Nobody watches it: its schedule {watch.schedule} cannot be read here: {error}"
    return ""


def needs_a_look(check: Check, record: Record) -> bool:
    """Whether the record does not tell by itself that it has run: then ECS and Step Functions are asked."""
    at = check.due.timestamp()
    settled = [seen_of(end) for end in record.ends if end.good or end.told]
    return not any(run.scheduled == at and run.started >= at for run in settled)


def look_at(
    check: Check, known: Known, record: Record, current: Sequence[Seen], now: float, *, blind: Blind, since: float = 0.0
) -> Found:
    """What there is to tell of a due time.

    Args:
        check: The look.
        known: The batch.
        record: What is kept of it.
        current: Its runs in progress, and those that ended within the hour, as ECS and Step Functions show them.
        now: Now, in seconds since 1970.
        blind: What could not be looked at.
        since: Since when its schedule holds, in seconds since 1970.
    """
    settled = {of for end in record.ends for of in (end.run, end.task)}
    counted = [end for end in record.ends if not check.final or end.good or end.told]
    kept = [replace(seen_of(end), began=end.began or end.told) for end in counted]
    fresh = [run for run in current if run.ended is None or (run.identity or run.id) not in settled]
    watched, at = _watched(check, known, [*kept, *fresh], since), check.due.timestamp()
    grace = min(watched.grace, now - at)  # a batch that is to end sooner is judged sooner
    judged = judge(watched, blind, at - 1 + grace, now, grace=grace).findings
    lapses = [lapse for lapse in judged if lapse.kind in KINDS and (lapse.due == check.due or lapse.kind == "long")]
    mine = [run for run in fresh if run.ended is None and not run.backfill]
    going_on = [run.started for run in mine] if check.final and not lapses else []
    waits = [started + watched.expected + SLACK for started in going_on]
    return Found(lapses, min((at for at in waits if at > now), default=0.0))


def notice_of_lapse(lapse: Lapse, check: Check, known: Known, record: Record) -> Notice:
    """What people are told of a due time."""
    last, kind = record.last, KINDS[lapse.kind]
    due = shown(check.due)
    expected = took(known.watch.expected_seconds)
    said = {
        "missed": f"It was due at {due} and usually ends within {expected}: no run of it has ended well.",
        "late": f"It usually ends within {expected}: {lapse.what}.",
        "twice": f"It was due at {due}, and was {lapse.why}.",
    }[kind]
    what_more = f" {lapse.what}: {lapse.why}" if kind == "missed" and lapse.why else ""
    return replace(
        known.notice(kind, check.batch),
        due=check.due.isoformat() if kind == "missed" else "",
        run=lapse.runs[-1] if lapse.runs and kind != "missed" else "",
        why=f"{said}{what_more}",
        usual=round(last.usual_seconds or 0),
        succeeded=last.succeeded,
    )


def claim_of_lapse(lapse: Lapse, check: Check) -> str:
    """What is told once: a due time that did not come, or was begun twice; a run that takes too long."""
    of = ",".join(lapse.identities) if lapse.kind == "long" else utc(check.due.timestamp())
    return f"{check.batch}#{KINDS[lapse.kind]}#{of}"


def notice_of_unwatchable(batch: str, why: str, known: Known) -> Notice:
    """What people are told of a batch that cannot be watched."""
    return replace(known.notice("missed", batch), why=why)


def _is_watched(watch: Watch) -> bool:
    return bool(watch.schedule and watch.expected_seconds and not Ask.of(watch.alerts).off)


def _watched(check: Check, known: Known, runs: Sequence[Seen], since: float) -> Watched:
    """The batch as it is judged."""
    watch, manifest = known.watch, known.manifest
    return Watched(
        batch=check.batch,
        schedule=CronSchedule.from_text(watch.schedule),
        scheduler=watch.scheduler,
        expected=watch.expected_seconds,
        window=watch.window_seconds,
        overlap=manifest.overlap if manifest is not None else "allow",
        machine=bool(manifest.machine) if manifest is not None else False,
        since=since,
        pause=known.pause,
        runs=sorted(runs, key=lambda run: run.started),
    )
