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
from batchwright_runner.contract.alerting.notes import WITH_HOST, of_failure, of_recovery, of_repeats
from batchwright_runner.contract.alerting.record import HOUR, AlertRecord, Repeats
from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.executions import RUNNING, Execution, known_execution
from batchwright_runner.contract.last import RecordedEnd, later
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import ROWS, Row, named, word

LOOK_AGAIN, LOOKED = 20.0, 900.0
"""Seconds between two looks at an execution that cannot be seen, or has not ended yet, and for how long they go on."""
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
    if isinstance(event, ExecutionEnded) and is_hint(event, known, now):
        later = now + LOOK_AGAIN if now < event.since + LOOKED else 0.0
        return Decision(record=record, again_at=later, why="the execution goes on, as far as it can be seen")
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
    outcome = Outcome(attempt, verdict, end, record.last, updated.last)
    if attempt.backfill:
        return _of_backfill(known, outcome, record)
    # A message is claimed, and not a run: others may give many runs one id.
    return _of_end(known, outcome, Decision(record=updated, claim=f"{event.arn}#{redrives}#{end.verdict}"), now)


def is_hint(event: ExecutionEnded, known: KnownBatch, now: float) -> bool:
    """Whether an event says no more than that an execution has ended, or is about to: then it is looked at again."""
    execution, unseen = event.execution, known.execution == "unseen"
    fails_unnamed = unseen and execution.status == "FAILED" and not execution.error
    return execution.status == RUNNING or (fails_unnamed and now < event.since + LOOKED)


def _left_to_later(
    event: TaskEnded | ExecutionEnded, known: KnownBatch, attempt: Attempt, record: AlertRecord, now: float
) -> tuple[str, float]:
    """Why an end is not that of its run, empty where it is; and when that is decided again, 0 for never."""
    succeeded = attempt.verdict is not None and attempt.verdict.succeeded
    if isinstance(event, TaskEnded) and attempt.execution and not succeeded:
        if known.execution == "ours":
            return "its machine tells of it", 0.0
        if now < (attempt.ended or attempt.created) + LOOKED:
            return "whose machine has started it cannot be seen", now + LOOK_AGAIN
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
    if end.good or (not end.counts and outcome.host is None) or known.ask.off:
        return Decision(record=record, why="it is of a backfill, and no failure that is told")
    message = of_failure(known, outcome, None)
    message = replace(message, sentences=(*message.sentences, OF_BACKFILL))
    return Decision(record=record, messages=(message,), claim=f"backfill#{outcome.attempt.backfill}")


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
    if manifest is None:
        return None
    attempt = Attempt.of(manifest, event.task, in_ecs=False)
    return replace(attempt, execution="") if known.execution == "foreign" else attempt


def _of_end(known: KnownBatch, outcome: Outcome, decision: Decision, now: float) -> Decision:
    """What is reported of an end that is recorded."""
    end, attempt, whole = outcome.end, outcome.attempt, known.whole
    waited = attempt.subject.at_once.waits and SAME_DUE not in attempt.state.reason
    gave_up = end.row is Row.OVERLAP and not attempt.has_task and waited
    if end.gave_way and not gave_up and (whole is None or whole.decided_by is None):
        return replace(decision, why="it gave way, as is intended")
    if not end.gave_way:
        decision = replace(decision, metrics=_metrics(end))
    if end.good:
        return _of_success(known, outcome, decision)
    if whole is not None and whole.told and not whole.unstarted:
        updated = decision.record.with_end(replace(end, told=True))
        return replace(decision, record=updated, why="people were told of the step that decided it")
    enough = known.after_failures == 1 or outcome.after.failures >= known.after_failures
    fails = end.counts and enough
    if known.ask.off or not (fails or gave_up or outcome.host is not None or (whole is not None and not end.counts)):
        return replace(decision, why="it is nothing to be told of")
    return _failed(known, outcome, decision, now)


def _of_success(known: KnownBatch, outcome: Outcome, decision: Decision) -> Decision:
    """A recovery, or nothing; a workflow tells of a recovery itself, and not each of its steps."""
    end, before, record = outcome.end, outcome.before, decision.record
    failing = [other for other in record.ends if other.counts and not other.good]
    since = [other for other in failing if later(other.ended, before.failing_since)]
    of_steps = known.whole is None and bool(since) and all(other.workflow for other in since)
    recovers = before.failures >= known.after_failures and later(end.ended, before.ended) and not known.ask.off
    if outcome.after.ended == end.ended:
        record = replace(record, repeats=_left(record, recovers=recovers))
    decision = replace(decision, record=record)
    if not recovers or of_steps:
        return replace(decision, why="its workflow tells of it" if recovers else "it is nothing to be told of")
    return replace(decision, messages=(of_recovery(known, outcome.attempt.subject.name, end, before),))


def _left(record: AlertRecord, *, recovers: bool) -> dict[str, Repeats]:
    """The repeats that are still to be reported after a good end: a recovery says how many failures there were."""
    untold = {verdict: repeats for verdict, repeats in record.repeats.items() if repeats.runs}
    verdicts = [verdict for verdict in untold if not recovers or named(verdict)[0] in UNCOUNTED]
    return {verdict: replace(untold[verdict], at=0.0) for verdict in verdicts}


def _failed(known: KnownBatch, outcome: Outcome, decision: Decision, now: float) -> Decision:
    """A failure: reported, or counted where one with the same verdict was reported within the hour."""
    record, end = decision.record.with_end(replace(outcome.end, told=True)), outcome.end
    counted = record.repeats.get(end.verdict)
    if counted is not None and now < counted.at + HOUR:
        first = min(filter(None, (counted.since, end.ended)))
        record = record.with_repeats(
            end.verdict, replace(counted, since=first, runs=counted.runs + 1, last=outcome.end)
        )
        again = RepeatsCounted(outcome.attempt.subject.name, end.verdict)
        counting = replace(decision, record=record, again_at=counted.at + HOUR, again=again)
        return replace(counting, why="further failures are told together, once an hour")
    message = of_failure(known, outcome, counted)
    return replace(decision, record=record.with_repeats(end.verdict, Repeats(at=now)), messages=(message,))


def _repeats(event: RepeatsCounted, known: KnownBatch, record: AlertRecord, now: float) -> Decision:
    """The hour is over: what was counted in it is reported in one message."""
    counted = record.repeats.get(event.verdict)
    if counted is None or not counted.runs:
        return Decision(record=record, why="no further failures were counted")
    if now < counted.at + HOUR:
        return Decision(record=record, again_at=counted.at + HOUR, why="the hour is not over")
    end = counted.last
    if end is None or known.ask.off:
        return Decision(record=record.with_repeats(event.verdict, None), why="nobody asks for it any more")
    with_host = end.row is Row.STOPPED_BY_OTHERS and end.code in ROWS[Row.SIGNAL].codes
    what = WITH_HOST if with_host else word(end.row, end.code)
    message = of_repeats(known, event.batch, end, record.last, counted, what)
    updated = record.with_repeats(event.verdict, Repeats(at=now))
    claim = f"{event.arn}#{round(counted.at)}#{round(moment(counted.since) or 0)}"
    return Decision(record=updated, messages=(message,), claim=claim)


def _metrics(end: RecordedEnd) -> Mapping[str, float]:
    failed = 1.0 if end.counts and not end.good else 0.0
    return {"Runs": 1.0, "Failures": failed, "Duration": float(end.seconds)}
