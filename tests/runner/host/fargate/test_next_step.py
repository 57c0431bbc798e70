"""What comes next in a run: the whole table, without AWS."""

from typing import Any

import pytest

from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.contract.verdicts import RetryAdvice, Row, Verdict
from batchwright_runner.errors import OverlapError, RunnerError, StartError
from batchwright_runner.host.fargate.next_step import (
    Again,
    AttemptEnded,
    Do,
    Done,
    Failed,
    GaveWay,
    Nothing,
    Progress,
    Result,
    Seen,
    Step,
    TaskPresent,
    WaitForTurn,
    next_step,
)
from tests.fake_aws.fixtures import sample_manifest

DETACHED = {"detach": True}
ONE_ENDED = {"ended": 1, "tried": 1}
WAITING, FORBIDDING = {"overlap": "wait"}, {"overlap": "forbid"}
TWICE = {"retries": 2, "retry_on": (3, "interruption")}
OTHER = "1a2b"


def ended(
    row: Row,
    code: int,
    *,
    again: RetryAdvice = "ask",
    began: bool = True,
    signals: bool = False,
    stop: StopRequest | None = None,
) -> AttemptEnded:
    return AttemptEnded(Verdict(row, code, "so it ended", again), Ending(began=began, stop=stop), signals)


OWN_3, OWN_4, OWN_0 = (ended(Row.OWN, code) for code in (3, 4, 0))
NOT_STARTED = ended(Row.NEVER_STARTED, 126, again="safe", began=False)
USELESS = ended(Row.NEVER_STARTED, 126, again="useless", began=False)
SPOT = ended(Row.ENDED_BY_AWS, 75)
TIMED_OUT = ended(Row.TIMEOUT, 124, stop=StopRequest("timeout"))
NOT_FOLLOWED = AttemptEnded(Verdict(Row.OWN, 3, "it ended by itself", "ask"), None)
RETRIED = Again("the batch retries on 3", after="exit 3: so it ended")
STARTED_AGAIN = Again("AWS may start it now", after="exit 126: so it ended")
LAST = Done(Result.ENDED)


@pytest.mark.parametrize(
    ("seen", "batch", "run", "step"),
    [
        # before a task is there
        (Nothing(), {}, {}, Do.START),
        (Nothing(), FORBIDDING, {}, Do.START),
        (Nothing(), WAITING, {}, WaitForTurn()),
        (Nothing(turn=True), WAITING, {}, Do.START),
        # a task is there
        (TaskPresent(new=True), {}, {}, Do.FOLLOW),
        (TaskPresent(new=True), {}, DETACHED, Done(Result.LEFT)),
        (TaskPresent(new=True), FORBIDDING, {}, Do.GIVE_WAY),
        (TaskPresent(new=True), WAITING, {}, Do.GIVE_WAY),
        (TaskPresent(new=True), FORBIDDING, DETACHED, Do.GIVE_WAY),
        (TaskPresent(), FORBIDDING, {}, Do.FOLLOW),
        (TaskPresent(), FORBIDDING, DETACHED, Done(Result.LEFT)),
        (TaskPresent(over=True), FORBIDDING, DETACHED, Do.FOLLOW),
        (TaskPresent(over=True), {}, DETACHED, Do.FOLLOW),
        # it was stopped for an older run
        (GaveWay(OTHER), FORBIDDING, {}, Done(Result.GAVE_WAY)),
        (GaveWay(OTHER), FORBIDDING, ONE_ENDED, Done(Result.BEFORE)),
        (GaveWay(OTHER, began=True), FORBIDDING, ONE_ENDED, Done(Result.GAVE_WAY)),
        (GaveWay(OTHER), WAITING, {}, WaitForTurn(behind=OTHER)),
        (GaveWay(OTHER), WAITING, ONE_ENDED, WaitForTurn(behind=OTHER)),
        (GaveWay(OTHER, began=True), WAITING, {}, Done(Result.GAVE_WAY)),
        # a step failed
        (Failed(StartError("no such image")), {}, {}, Done(Result.ERROR)),
        (Failed(StartError("no such image")), {}, ONE_ENDED, Done(Result.BEFORE)),
        (Failed(RunnerError("the answer was lost", again="ask")), {}, ONE_ENDED, Done(Result.ERROR)),
        (Failed(OverlapError("it may not wait longer")), WAITING, ONE_ENDED, Done(Result.BEFORE)),
        # an attempt ended
        (OWN_0, TWICE, {}, LAST),
        (OWN_3, {}, {}, LAST),
        (OWN_3, TWICE, {}, RETRIED),
        (OWN_3, TWICE, {"ended": 1, "tried": 1}, RETRIED),
        (OWN_3, TWICE, {"ended": 2, "tried": 2}, LAST),
        (ended(Row.OWN, 3, signals=True), TWICE, {}, LAST),
        (OWN_4, TWICE, {}, LAST),
        (NOT_FOLLOWED, TWICE, {}, LAST),
        (SPOT, TWICE, {}, Again("the batch retries on interruption", after="exit 75: so it ended")),
        (SPOT, {}, {}, LAST),
        (TIMED_OUT, {**TWICE, "retry_on": (124,)}, {}, LAST),
        # a start failed
        (NOT_STARTED, {}, {}, STARTED_AGAIN),
        (NOT_STARTED, {}, {"ended": 1, "failed_starts": 1}, STARTED_AGAIN),
        (NOT_STARTED, {}, {"ended": 2, "failed_starts": 2}, LAST),
        (NOT_STARTED, {}, {"failed_starts": 2}, LAST),
        (NOT_STARTED, TWICE, {"ended": 3, "tried": 3}, STARTED_AGAIN),
        (USELESS, TWICE, {}, LAST),
    ],
)
def test_what_comes_next(seen: Seen, batch: dict[str, Any], run: dict[str, Any], step: Step) -> None:
    progress = Progress(manifest=sample_manifest(**batch), **run)
    if isinstance(seen, AttemptEnded):
        progress = progress.after(progress.ended + 1, seen.verdict, seen.ending)

    assert next_step(progress, seen) == step


def test_ends_are_counted() -> None:
    run = Progress(manifest=sample_manifest())
    for attempt, seen in enumerate((OWN_3, NOT_STARTED, NOT_STARTED), 1):
        run = run.after(attempt, seen.verdict, seen.ending)

    assert (run.ended, run.tried, run.failed_starts, run.begun) == (3, 1, 2, 1)
    again = run.after(4, OWN_4.verdict, OWN_4.ending)
    assert (again.ended, again.tried, again.failed_starts, again.begun) == (4, 2, 0, 4)


def test_a_run_of_which_an_attempt_had_begun_is_not_safe_to_run_again() -> None:
    run = Progress(manifest=sample_manifest())

    assert run.judged(NOT_STARTED.verdict) == NOT_STARTED.verdict
    judged = run.after(1, OWN_3.verdict, OWN_3.ending).judged(NOT_STARTED.verdict)
    assert (judged.again, judged.why) == ("ask", "so it ended; attempt 1 had begun")
