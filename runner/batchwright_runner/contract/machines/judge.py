"""After each attempt of a batch's machine: what was that end, and what comes next? Pure.

The end of a task is judged as the runner judges it, by the terms of its start.

Where ``.sync`` has told no end, its task is looked for: its answer may be lost, or was cut, or the time limit has
passed. One that has ended in time is judged as any. One that goes on is stopped and named: following it would need an
identity that Step Functions does not give, and at the time limit Step Functions stops it with its best effort and no
more. Where ECS knows none, it is started again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.ends import MACHINE_TIMEOUT, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.ending import ending_of
from batchwright_runner.contract.judgment.retries import why_again
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.machines.figures import (
    LOST_PAUSES,
    LOST_STARTS,
    REFUSALS,
    REFUSED_SECONDS,
    RESTART_SECONDS,
    STOP_SECONDS,
    STOPS,
)
from batchwright_runner.contract.machines.memo import Answer, AttemptTerms, ExecutionSubject, Memo
from batchwright_runner.contract.machines.seen import TIMED_OUT, SyncResult
from batchwright_runner.contract.task_request import recased
from batchwright_runner.contract.verdicts import Row

_LOST = "batchwright: the answer of RunTask was lost"
_SHOWN = 300
"""Characters that are kept of the message about a start; what became of its task follows them."""
_FOUND, _NONE = "its task was found", "no task of it was found; one that appears later runs on"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeFacts:
    """What is known after an attempt."""

    subject: ExecutionSubject
    memo: Memo
    terms: AttemptTerms
    seen: SyncResult
    # Now, in seconds since 1970
    now: float
    # The tasks of the attempt that ECS knows, the oldest first, where they were looked for
    own: Sequence[Mapping[str, Any]] = ()

    @property
    def row(self) -> Row:
        """What a start whose end stays unknown is called."""
        return Row.TIMEOUT if self.memo.until else Row.NO_RESULT


def looks_for_own(memo: Memo, terms: AttemptTerms, seen: SyncResult) -> bool:
    """Whether the tasks of the attempt are looked for."""
    told = seen.task is not None and state_of(seen.task, terms.container).ended
    return bool(memo.doubt) or not (told or seen.is_refusal)


def judge(facts: JudgeFacts) -> Answer:
    """What comes next."""
    memo, seen = facts.memo, facts.seen
    if memo.stopped:
        return _after_a_stop(facts)
    if not looks_for_own(memo, facts.terms, seen):
        return _refused(facts) if seen.task is None else _ended(facts, seen.task)
    return _looked_for(replace(facts, memo=doubted(facts)))


def _ended(facts: JudgeFacts, task: Mapping[str, Any]) -> Answer:
    """The end of a task, as the runner judges it."""
    memo, terms = facts.memo, facts.terms
    state = state_of(task, terms.container, essential=terms.essential)
    ending = ending_of(terms.container, state)
    found, arn = verdict(ending), str(task["taskArn"])
    if found.succeeded:
        return Answer("ok", memo, task=arn)
    failed = memo.failed + 1 if found.row is Row.NEVER_STARTED else 0
    why = state.reason or state.stop_code
    failure = facts.subject.failure(found.row, why, attempt=memo.attempt, task=arn, code=found.code)
    if not why_again(terms, found, ending, failed_starts=failed, retried=memo.retried):
        return Answer("fail", memo, failure=failure)
    following = memo.next(failure, failed=failed, retried=memo.retried + (not failed))
    return Answer("again", following, seconds=RESTART_SECONDS if failed else terms.retry_delay_seconds)


def _refused(facts: JudgeFacts) -> Answer:
    """A start that was refused: nothing runs. After an attempt that has ended, its end is the run's."""
    memo, seen = facts.memo, facts.seen
    never = facts.subject.failure(Row.NEVER_STARTED, seen.why, attempt=memo.attempt)
    lost = never if memo.is_first else memo.before
    if seen.passes and memo.refused < REFUSALS:
        return Answer("again", replace(memo, refused=memo.refused + 1, lost=lost), seconds=REFUSED_SECONDS)
    return Answer("fail", memo, failure=lost)


def doubted(facts: JudgeFacts) -> Memo:
    """The memo of a start whose end is unknown, with why."""
    memo, terms, seen = facts.memo, facts.terms, facts.seen
    if memo.doubt:
        return memo
    if seen.error == TIMED_OUT:
        doubt = f"the timeout of {terms.timeout_seconds} s"
        return replace(memo, doubt=doubt, until=memo.began + terms.timeout_seconds, looks=0)
    told = seen.cause[:_SHOWN] if seen.task is None else "its task had not ended"
    why = f"{seen.error or 'no error'}: {told}" if told else seen.error
    return replace(memo, doubt=f"the answer of RunTask was lost ({why})", looks=0)


def _looked_for(facts: JudgeFacts) -> Answer:
    memo = facts.memo
    last = memo.looks >= len(LOST_PAUSES)
    look = Answer("look", replace(memo, looks=memo.looks + 1), seconds=LOST_PAUSES[min(memo.looks, 5)])
    if not facts.own:
        return _not_found(facts) if last else look
    task = facts.own[-1]
    state = state_of(task, facts.terms.container, essential=facts.terms.essential)
    if state.ended and (not memo.until or _ended_in_time(facts, task)):
        return _ended(facts, task)
    if task.get("desiredStatus") == "STOPPED" or state.ended:
        return _fail(facts, f"{_FOUND}, and has ended or is about to", task) if memo.until or last else look
    reason = MACHINE_TIMEOUT if memo.until else _LOST
    stop = {"cluster": facts.terms.cluster, "task": task["taskArn"], "reason": reason}
    asked = replace(memo, stopped=str(task["taskArn"]), stops=memo.stops + 1)
    return Answer("stop", asked, request=recased(stop))


def _ended_in_time(facts: JudgeFacts, task: Mapping[str, Any]) -> bool:
    """Whether a task had ended by itself before its time was up."""
    state = state_of(task, facts.terms.container)
    at = state.times.get("executionStoppedAt") or state.times.get("stoppedAt")
    return state.stop_code != STOPPED_ON_REQUEST and at is not None and at <= facts.memo.until


def _not_found(facts: JudgeFacts) -> Answer:
    memo = facts.memo
    if memo.until or memo.unknown + 1 >= LOST_STARTS:
        return _fail(facts, _NONE)
    unknown = facts.subject.failure(Row.NO_RESULT, f"{memo.doubt}: {_NONE}", attempt=memo.attempt)
    again = replace(memo, unknown=memo.unknown + 1, doubt="", looks=0, lost=unknown, before=unknown)
    return Answer("again", again, seconds=RESTART_SECONDS)


def _after_a_stop(facts: JudgeFacts) -> Answer:
    memo, seen = facts.memo, facts.seen
    task = next((task for task in facts.own if task["taskArn"] == memo.stopped), None)
    if not seen.error:
        return _fail(facts, f"{_FOUND}, and was stopped", {"taskArn": memo.stopped})
    if task is not None and (task.get("desiredStatus") == "STOPPED" or task.get("lastStatus") == "STOPPED"):
        return _looked_for(replace(facts, memo=replace(memo, stopped="", looks=len(LOST_PAUSES))))
    if memo.stops < STOPS and "AccessDenied" not in seen.error:
        return Answer("look", replace(memo, stopped=""), seconds=STOP_SECONDS)
    runs_on = f"{_FOUND}, could not be stopped, and runs on: {seen.error} {seen.cause}"
    return _fail(facts, runs_on, {"taskArn": memo.stopped}, Row.NO_RESULT)


def _fail(facts: JudgeFacts, what: str, task: Mapping[str, Any] | None = None, row: Row | None = None) -> Answer:
    """The end of a start whose end is unknown, with what became of its task."""
    memo, arn = facts.memo, str(task["taskArn"]) if task else ""
    failure = facts.subject.failure(row or facts.row, f"{memo.doubt}: {what}", attempt=memo.attempt, task=arn)
    return Answer("fail", memo, failure=failure)
