"""What the clock looks at: due times that should have begun or ended by now, judged as by ``runs --missed``. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from batchwright_runner.contract.alerting.ask import Ask
from batchwright_runner.contract.alerting.events import Check
from batchwright_runner.contract.alerting.known import Decision, KnownBatch
from batchwright_runner.contract.alerting.message import Kind
from batchwright_runner.contract.alerting.notes import of_due
from batchwright_runner.contract.alerting.record import AlertRecord, seen_of
from batchwright_runner.contract.alerting.text import took
from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Lapse, Watched, declared, grace_of
from batchwright_runner.contract.moments import shown, utc
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.watch import Watch

SLACK = 60.0
"""Seconds beyond what is expected: the end of a run is in the record some seconds after it."""
BLIND, LOOK_AGAIN = 600.0, 60.0
"""Seconds for which the last look at a due time is repeated where nothing can be seen, and between two of these."""
KINDS: dict[str, Kind] = {"missed": "missed", "unknown": "missed", "long": "late"}
"""The kind of message for each kind of lapse. A pause was intended; ``runs --missed`` tells of what was begun twice."""


def checks(batch: str, watch: Watch, begin: float, end: float) -> Iterator[Check]:
    """The looks that are due between two moments; one without a due time for a schedule that cannot be read here.

    `watch`: what is watched of it. Without a schedule and ``expected_seconds`` there is nothing to look at.
    `begin`: In seconds since 1970, exclusive.
    """
    if not _is_watched(watch):
        return
    try:
        schedule = from_text(watch.schedule)
    except ScheduleError:
        yield Check(batch, end, final=True, at=end)
        return
    grace = grace_of(watch.scheduler) + watch.window_seconds
    whole = watch.window_seconds + watch.expected_seconds + SLACK
    for final, delay in ((False, grace), (True, whole)):
        if final or grace < whole:
            first, last = (datetime.fromtimestamp(at - delay, UTC) for at in (begin, end))
            for due in due_between(schedule, first, last):
                yield Check(batch, due.timestamp(), final, due.timestamp() + delay)


def needs_a_look(check: Check, record: AlertRecord) -> bool:
    """Whether the record alone does not show that it has run: then ECS and Step Functions are asked."""
    if check.at == check.due:  # its schedule cannot be read here
        return False
    settled = [seen_of(check.batch, end) for end in record.ends if end.good or end.told]
    return not any(run.scheduled == check.due and run.started >= check.due for run in settled)


def look_at(check: Check, known: KnownBatch, record: AlertRecord, now: float) -> list[Decision]:
    """What is decided about a due time: one decision for each thing to report; or to look again, as a run goes on.

    `now`: Now, in seconds since 1970.
    """
    if not _is_watched(known.watch):
        return []
    try:
        schedule = from_text(known.watch.schedule)
    except ScheduleError as error:
        why = f"Nobody watches it: its schedule {known.watch.schedule} cannot be read here: {error}"
        message = of_due("missed", known, check.batch, why, record.last, None, "")
        return [Decision(record=record, messages=(message,), claim=f"{check.batch}#unwatchable")]
    if known.blind.tasks or known.blind.machines:
        if not check.final:  # the last look, when it should have ended, may say that nothing can be seen
            again_at = now + LOOK_AGAIN
            ends = check.due + known.watch.window_seconds + known.watch.expected_seconds + SLACK
            return [Decision(record=record, again_at=again_at if again_at < ends else 0.0, why="nothing can be seen")]
        if now < check.at + BLIND:
            return [Decision(record=record, again_at=now + LOOK_AGAIN, why="nothing can be seen")]
    settled = {of for end in record.ends for of in (end.run, end.task)}
    counted = [end for end in record.ends if not check.final or end.good or end.told]
    past = [replace(seen_of(check.batch, end), began=end.began or end.told) for end in counted]
    fresh = [run for run in known.current if run.ended is None or (run.identity or run.id) not in settled]
    shown_now = {run.identity for run in known.current}
    # Those attempts ECS has forgotten.
    past += [seen_of(check.batch, end) for end in record.earlier if end.run not in shown_now]
    watched = _watched(check, known, schedule, [*past, *fresh])
    grace = min(watched.grace, now - check.due)  # a batch that is to end sooner is judged sooner
    judged = judge(watched, known.blind, check.due - 1 + grace, now, grace=grace).findings
    lapses = [lapse for lapse in judged if lapse.kind == "long" or (lapse.kind in KINDS and _at(lapse) == check.due)]
    if again_at := watched.starts_may_wait(now):
        long = [_decision(lapse, check, known, record) for lapse in lapses if lapse.kind == "long"]
        return [*long, Decision(record=record, again_at=again_at, why="a start may wait for the run before")]
    if lapses or not check.final:
        return [_decision(lapse, check, known, record) for lapse in lapses]
    going_on = [run.started for run in fresh if run.ended is None and not run.backfill]
    waits = [started + watched.expected + SLACK for started in going_on]
    again_at = min((at for at in waits if at > now), default=0.0)
    return [Decision(record=record, again_at=again_at, why="no run of it is late")]


def _at(lapse: Lapse) -> float:
    """Its due time in seconds: datetimes of an hour that comes twice differ from those of another zone."""
    return lapse.due.timestamp() if lapse.due is not None else 0.0


def _decision(lapse: Lapse, check: Check, known: KnownBatch, record: AlertRecord) -> Decision:
    """What is reported, once, of a due time that did not come, or of a run that takes too long."""
    kind = KINDS[lapse.kind]
    expected, run = took(known.watch.expected_seconds), lapse.runs[-1] if lapse.runs else ""
    if kind == "late":
        why, of = f"It usually ends within {expected}: {lapse.what}.", ",".join(lapse.identities)
    else:
        why, of, run = f"It was due at {shown(check.due)}", utc(check.due), ""
        unseen = lapse.kind == "unknown"
        why += (
            ", and whether it has run"
            if unseen
            else f" and usually ends within {expected}: no run of it has ended well."
        )
        why += f" {lapse.what}: {lapse.why}" if lapse.why else ""
    message = of_due(kind, known, check.batch, why, record.last, lapse.due, run)
    return Decision(record=record, messages=(message,), claim=f"{check.batch}#{kind}#{of}")


def _is_watched(watch: Watch) -> bool:
    return bool(watch.schedule and watch.expected_seconds and not Ask.of(watch.alerts).off)


def _watched(check: Check, known: KnownBatch, schedule: CronSchedule, runs: Sequence[Seen]) -> Watched:
    """The batch as it is judged."""
    watch, manifest = known.watch, known.manifest
    return Watched(
        batch=check.batch,
        schedule=schedule,
        scheduler=watch.scheduler,
        expected=watch.expected_seconds,
        window=watch.window_seconds,
        **declared(manifest),
        since=known.since,
        pause=known.pause,
        runs=sorted(runs, key=lambda run: run.started),
    )
