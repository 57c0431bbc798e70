"""What is recorded and reported of the end of a run. Pure: all that is known comes in, all that is to do comes out."""

from collections.abc import Mapping
from dataclasses import replace

from batchwright_runner.contract.alerting.ends import (
    UNCOUNTED,
    end_of,
    is_followed,
    may_be_tried_again,
    tried_again_until,
    unknown_manifest,
    verdict_of_run,
)
from batchwright_runner.contract.alerting.events import ExecutionEnded, RepeatsCounted, TaskEnded
from batchwright_runner.contract.alerting.known import Decision, KnownBatch, Outcome
from batchwright_runner.contract.alerting.messages import BY_HOST
from batchwright_runner.contract.alerting.notes import failure_of, notice_of, stopped_with_host
from batchwright_runner.contract.alerting.record import HOUR, AlertRecord, Repeats
from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.executions import RUNNING, Execution, known_execution
from batchwright_runner.contract.last import RecordedEnd
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.notices.note import Notice
from batchwright_runner.contract.notices.rules import message_kind
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import Row, named

LOOK_AGAIN, LOOKED = 20.0, 900.0
"""Seconds between two looks at an execution whose machine has handed it over before its end, and for how long they go
on: its end is an event of its own, too."""
OF_BACKFILL = "It is a run of a backfill: no further failure of that is told."
STEP_TOLD = 300.0
"""Seconds after the end of a workflow within which the step that decided it may still be reported."""


def decide(
    event: TaskEnded | ExecutionEnded | RepeatsCounted, known: KnownBatch, record: AlertRecord, now: float
) -> Decision:
    """Decides about an event.

    `now`: Now, in seconds since 1970.
    """
    if isinstance(event, RepeatsCounted):
        return _repeats(event, known, record, now)
    if isinstance(event, ExecutionEnded) and event.execution.status == RUNNING:
        later = now + LOOK_AGAIN if now < event.since + LOOKED else 0.0
        return Decision(record=record, again_at=later, why="the execution goes on")
    attempt = judged(event, known)
    if attempt is None:
        return Decision(record=record, why="it is none of the stage's batches")
    known = replace(known, attempts=[*known.attempts, *record.forgotten(attempt, known.attempts)])
    verdict = verdict_of_run(attempt, known.attempts)
    if verdict is None:
        return Decision(record=record, why="it has not ended")
    if isinstance(event, ExecutionEnded) and verdict.succeeded and known.whole is None:
        return Decision(record=record, why="its task has told of it")
    why, again_at = _left_to_later(event, known, attempt, record, now)
    if why:  # ECS forgets an attempt, so it is kept until the end of its run is known
        kept = record if attempt.backfill else record.with_attempt(end_of(attempt, verdict, known.attempts))
        return Decision(record=kept, claim=f"{event.arn}#attempt", again_at=again_at, why=why)
    end, redrives = end_of(attempt, verdict, known.attempts), 0
    if isinstance(event, ExecutionEnded):
        redrives = event.execution.redrives
        end = _in_workflow(replace(end, task=task_of(event.execution)), event.execution, known)
        waits = known.whole is not None and known.whole.told is None and not attempt.backfill
        if waits and now < event.execution.stopped + STEP_TOLD:
            return Decision(record=record, again_at=now + LOOK_AGAIN, why="people may still be told of its step")
    updated = record if attempt.backfill else record.with_end(end)
    outcome = Outcome(attempt=attempt, verdict=verdict, end=end, before=record.last, after=updated.last)
    if attempt.backfill:
        return _of_backfill(known, outcome, record)
    # A message is claimed, and not a run: others may give many runs one id.
    return _of_end(known, outcome, Decision(record=updated, claim=f"{event.arn}#{redrives}#{end.verdict}"), now)


def _left_to_later(
    event: TaskEnded | ExecutionEnded, known: KnownBatch, attempt: Attempt, record: AlertRecord, now: float
) -> tuple[str, float]:
    """Why an end is not that of its run, empty where it is; and when that is decided again, 0 for never."""
    succeeded = attempt.verdict is not None and attempt.verdict.succeeded
    if isinstance(event, TaskEnded) and attempt.execution and not succeeded:
        return "its machine tells of it", 0.0
    until = tried_again_until(attempt)
    if is_followed(attempt, known.attempts) or record.follows(attempt, until, now):
        return "a later attempt of the run tells what became of it", 0.0
    if now < until and may_be_tried_again(attempt, known.attempts):
        return "another attempt may follow", until
    return "", 0.0


def _in_workflow(end: RecordedEnd, execution: Execution, known: KnownBatch) -> RecordedEnd:
    """An end as it counts in a workflow."""
    if known.part is None:
        return end
    end = replace(end, workflow=known.part.run)
    if known.whole is not None:
        return replace(end, by=execution.started_by)
    return replace(end, counts=False) if known.part.ignored and not end.good else end


def _of_backfill(known: KnownBatch, outcome: Outcome, record: AlertRecord) -> Decision:
    """What is reported of a run of a backfill: its first failure. None is recorded: they stand for no due run."""
    end = outcome.end
    if end.good or not end.counts or known.ask.off:
        return Decision(record=record, why="it is of a backfill, and no failure that is told")
    notice = failure_of(known, outcome)
    advice = " ".join(filter(None, (notice.advice, OF_BACKFILL)))
    return Decision(
        record=record, notes=(replace(notice, advice=advice),), claim=f"backfill#{outcome.attempt.backfill}"
    )


def task_of(execution: Execution) -> str:
    """The ARN of an execution's last task, which its machine has named in its cause; empty for none."""
    task = execution.said.get("task")
    return task if isinstance(task, str) else ""


def judged(event: TaskEnded | ExecutionEnded, known: KnownBatch) -> Attempt | None:
    """What has ended, as an attempt of its run; none where it is none of the stage's batches."""
    if isinstance(event, ExecutionEnded):
        subject = known.manifest or unknown_manifest(event, known.settings)
        return None if subject is None else known_execution(subject, event.execution)
    # A workflow has no tasks: this one is of a batch that had its name before.
    manifest = known.manifest if isinstance(known.manifest, BatchManifest) else unknown_manifest(event, known.settings)
    return None if manifest is None else Attempt.of(manifest, event.task, in_ecs=False)


def _of_end(known: KnownBatch, outcome: Outcome, decision: Decision, now: float) -> Decision:
    """What is reported of an end that is recorded."""
    end, attempt, ask = outcome.end, outcome.attempt, known.ask
    waited = attempt.subject.at_once.waits and SAME_DUE not in attempt.state.reason
    gave_up = end.row is Row.OVERLAP and not attempt.has_task and waited
    whole = known.whole
    if end.gave_way and not gave_up and (whole is None or whole.decided_by is None):
        return replace(decision, why="it gave way, as is intended")
    counted = decision
    if not end.gave_way:
        counted = replace(decision, metrics=_metrics(end), of=notice_of("failed", known, outcome))
    host = stopped_with_host(attempt, outcome.verdict)
    if host is not None and known.settings.stopped and not ask.off:
        telling = _telling(counted, end, notice_of("stopped", known, outcome))
        return replace(telling, waits=f"{BY_HOST} {host}")
    kind = message_kind(outcome.before, outcome.after, end, ask, expected_seconds=known.watch.expected_seconds)
    cut_short = whole is not None and not end.good and not end.counts
    if whole is not None and not end.good and whole.told and not whole.unstarted:
        updated = counted.record.with_end(replace(end, told=True))
        return replace(counted, record=updated, why="people were told of the step that decided it")
    if kind == "failed" or ((gave_up or cut_short) and not ask.off):
        return _failed(counted, end, failure_of(known, outcome), now)
    if end.good and outcome.after.ended == end.ended:
        counted = replace(counted, record=replace(counted.record, repeats=_left(counted.record, kind)))
    if not kind:
        return replace(counted, why="it is nothing to be told of")
    return replace(counted, notes=(notice_of(kind, known, outcome),))


def _left(record: AlertRecord, kind: str) -> dict[str, Repeats]:
    """The repeats that are still to be reported after a good end: a recovery says how many failures there were."""
    untold = {verdict: repeats for verdict, repeats in record.repeats.items() if repeats.runs}
    verdicts = [verdict for verdict in untold if kind != "recovered" or named(verdict)[0] in UNCOUNTED]
    return {verdict: replace(untold[verdict], at=0.0) for verdict in verdicts}


def _failed(decision: Decision, end: RecordedEnd, notice: Notice, now: float) -> Decision:
    """A failure: reported, or counted where one with the same verdict was reported within the hour."""
    record, counted = decision.record, decision.record.repeats.get(end.verdict)
    if counted is not None and now < counted.at + HOUR:
        first = min(filter(None, (counted.since, end.ended)))
        repeats = replace(counted, since=first, runs=counted.runs + 1)
        updated = record.with_end(replace(end, told=True)).with_repeats(end.verdict, repeats)
        again = RepeatsCounted(notice.batch, end.verdict)
        counting = replace(decision, record=updated, again_at=counted.at + HOUR, again=again)
        return replace(counting, why="further failures are told together, once an hour")
    if counted is not None and counted.runs:
        notice = replace(notice, more=counted.runs + 1, more_since=counted.since)
    telling = _telling(decision, end, notice)
    return replace(telling, record=telling.record.with_repeats(end.verdict, Repeats(at=now)))


def _telling(decision: Decision, end: RecordedEnd, notice: Notice) -> Decision:
    return replace(decision, record=decision.record.with_end(replace(end, told=True)), notes=(notice,))


def _repeats(event: RepeatsCounted, known: KnownBatch, record: AlertRecord, now: float) -> Decision:
    """The hour is over: what was counted in it is reported in one message."""
    counted = record.repeats.get(event.verdict)
    if counted is None or not counted.runs:
        return Decision(record=record, why="no further failures were counted")
    if now < counted.at + HOUR:
        return Decision(record=record, again_at=counted.at + HOUR, why="the hour is not over")
    end = next((end for end in reversed(record.ends) if end.verdict == event.verdict), None)
    if end is None or known.ask.off:
        return Decision(record=record.with_repeats(event.verdict, None), why="nobody asks for it any more")
    last = record.last
    notice = replace(
        known.notice("failed", event.batch),
        run=end.run,
        workflow=end.workflow,
        task=end.task,
        verdict=end.verdict,
        code=end.code,
        failures=last.failures,
        failing_since=last.failing_since,
        succeeded=last.succeeded,
        more=counted.runs,
        more_since=counted.since,
    )
    updated = record.with_repeats(event.verdict, Repeats(at=now))
    claim = f"{event.arn}#{round(counted.at)}#{round(moment(counted.since) or 0)}"
    return Decision(record=updated, notes=(notice,), claim=claim)


def _metrics(end: RecordedEnd) -> Mapping[str, float]:
    failed = 1.0 if end.counts and not end.good else 0.0
    return {"Runs": 1.0, "Failures": failed, "Duration": float(end.seconds)}
