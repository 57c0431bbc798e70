"""What is recorded and reported of the end of a run."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.alerting.decide import LOOK_AGAIN, LOOKED, OF_BACKFILL, decide
from batchwright_runner.contract.alerting.events import ExecutionEnded, RepeatsCounted, TaskEnded
from batchwright_runner.contract.alerting.known import Decision, KnownBatch
from batchwright_runner.contract.alerting.notes import AGAIN
from batchwright_runner.contract.alerting.record import HOUR, KEPT_ENDS, AlertRecord
from batchwright_runner.contract.ends import SAME_DUE, STARTS
from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.retries import ATTEMPT_WITHIN
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.watch import Watch
from tests.runner.contract.alerting.support import NOW, SETTINGS, batch, ended, known, machine_of, task

USER: dict[str, Any] = {"stopCode": "UserInitiated"}


def by_signal(number: int, **changes: Any) -> str:  # noqa: ANN401 - any field
    return stop_reason(StopRequest("signal", number, **changes))


def kinds(decision: Decision) -> list[str]:
    return [message.kind for message in decision.messages]


NEW = AlertRecord()


def play(
    *codes: int, of: KnownBatch | None = None, record: AlertRecord = NEW, at: float = NOW, **changes: object
) -> tuple[AlertRecord, list[str]]:
    """The record after ends with these codes, a second apart, and what was reported of them."""
    reported: list[str] = []
    for number, code in enumerate(codes, round(at - NOW)):
        decision = decide(ended(number, code, at=NOW + number, **changes), of or known(), record, NOW + number)
        record, reported = decision.record, [*reported, *kinds(decision)]
    return record, reported


def test_a_failure_is_told_with_all_that_is_known() -> None:
    decision = decide(ended(), known(), AlertRecord(), NOW)

    (message,) = decision.messages
    assert (message.kind, message.verdict, message.run) == ("failed", "Batchwright.Exit3", "daily-report@run-1")
    assert message.title == "exit 3: daily-report in production"
    assert message.lines == ("Traceback", "ValueError: no rate")
    assert message.links[-1][1].endswith(f"run$252Fmain$252F{1:032x}")
    assert dict(message.facts)["in a row"] == "first failure"
    assert decision.metrics == {"Runs": 1.0, "Failures": 1.0, "Duration": 60.0}
    assert decision.claim.endswith("#0#Batchwright.Exit3")
    assert (decision.record.last.verdict, decision.record.ends[0].told) == ("Batchwright.Exit3", True)


def test_lines_of_a_log_group_of_others_are_not_shown() -> None:
    (message,) = decide(ended(), known(replace(batch(), log_group="/theirs")), AlertRecord(), NOW).messages

    assert message.lines == ()


def test_a_failure_is_told_although_another_run_has_ended_well_meanwhile() -> None:
    good = decide(ended(2, 0, at=NOW + 60, run="customer-2"), known(), AlertRecord(), NOW + 60)

    late = decide(ended(1, 75, run="customer-1"), known(), good.record, NOW + 120)

    assert (kinds(late), late.record.last.failures, late.record.last.run) == (["failed"], 0, "customer-2")


def test_runs_of_a_starter_with_one_name_are_each_told() -> None:
    later = task(9, 0, at=NOW + 900, run="chronos-schedule/x", ours=False)
    retrying = known(batch(retries=2, retry_on=[3, 4]), later)
    record, reported = play(0, 3, 4, of=retrying, run="chronos-schedule/x", ours=False)

    assert (reported, record.last.failures) == (["failed", "failed"], 2)


def test_the_record_does_not_depend_on_the_order_of_events() -> None:
    ends = [ended(number, code, at=NOW + 10 * number) for number, code in enumerate((0, 3, 0, 3, 4))]

    lasts = set()
    for order in itertools.permutations(ends):
        record = AlertRecord()
        for event in order:
            record = decide(event, known(), record, NOW + 100).record
        lasts.add(record.last)

    (last,) = lasts
    assert (last.failures, last.code) == (2, 4)


def test_an_attempt_waits_for_another_unless_it_is_the_last_or_was_followed() -> None:
    retrying = batch(retries=1, retry_on=[3], retry_delay_seconds=100)

    waits = decide(ended(), known(retrying), AlertRecord(), NOW)
    last = decide(ended(2), known(retrying, task(1, 3, at=NOW - 100)), AlertRecord(), NOW)
    followed = decide(ended(1), known(retrying, task(2, 0, at=NOW + 900, took=1)), AlertRecord(), NOW + 1000)

    assert (waits.again_at, waits.record.ends) == (NOW + ATTEMPT_WITHIN + 100, ())
    assert kinds(decide(ended(), known(retrying), AlertRecord(), waits.again_at)) == kinds(last) == ["failed"]
    assert (kinds(followed), followed.record, followed.again_at) == ([], waits.record, 0)


def test_a_run_has_begun_with_its_first_attempt() -> None:
    retrying = batch(retries=1, retry_on=[3])

    decision = decide(ended(2, 0), known(retrying, task(1, 3, at=NOW - 200, took=100)), AlertRecord(), NOW)

    assert (decision.metrics["Duration"], decision.record.last.durations) == (300, (300,))
    never = ended(2, None, **NEVER, stoppedReason="RequestLimitExceeded")
    starts = [task(number, 3, at=NOW - 200) for number in (3, 4)]
    (message,) = decide(never, known(retrying, *starts), AlertRecord(), NOW + 400).messages
    assert message.sentences[-1] == AGAIN["ask"]


@pytest.mark.parametrize("number", [1, 2])
def test_an_attempt_that_ecs_has_forgotten_counts_still(number: int) -> None:
    later = NOW + 9000
    retrying = batch(retries=2, retry_on=[3], retry_delay_seconds=7200)
    record = AlertRecord()
    for at in range(number):
        record = decide(ended(at + 1, at=NOW + at, took=60 + at), known(retrying), record, NOW + at).record

    good = decide(ended(8, 0, at=later), known(retrying), record, later)
    assert (good.metrics["Duration"], good.record.earlier) == (9060, ())
    never = ended(9, None, at=later, **NEVER, stoppedReason="RequestLimitExceeded")
    waits = decide(never, known(retrying), record, later).record
    (message,) = decide(never, known(retrying), waits, later + 400).messages
    assert message.sentences[-1] == AGAIN["ask"]
    assert message.sentences[0].endswith("attempt 1 had begun")
    other = decide(ended(8, 0, at=later, run="another"), known(retrying), record, later)
    assert (other.metrics["Duration"], [end.run for end in other.record.earlier]) == (60, ["run-1"])


def test_an_attempt_that_is_recorded_and_known_to_ecs_counts_once() -> None:
    retrying = batch(retries=2, retry_on=[3])
    first = decide(ended(), known(retrying), AlertRecord(), NOW).record

    second = decide(ended(2, at=NOW + 100), known(retrying, task()), first, NOW + 100)

    assert (kinds(second), second.again_at > NOW) == ([], True)


def test_an_attempt_that_was_followed_is_known_by_the_record_where_ecs_has_forgotten_the_later_one() -> None:
    retrying = batch(retries=1, retry_on=[3])
    later = decide(ended(2, 0, at=NOW + 900, took=1), known(retrying, task(1, 3)), AlertRecord(), NOW + 900).record
    reused = decide(ended(2, 0, at=NOW + 900, took=1), known(retrying), AlertRecord(), NOW + 900).record

    assert kinds(decide(ended(1), known(retrying), later, NOW + 9000)) == []
    assert kinds(decide(ended(1), known(retrying), reused, NOW + 9000)) == ["failed"]
    assert kinds(decide(ended(1, ours=False), known(retrying), later, NOW + 9000)) == ["failed"]


def test_a_start_that_aws_may_grant_later_waits_and_any_other_is_told_at_once() -> None:
    timeout = {**NEVER, "stoppedReason": "Timeout waiting for network interface provisioning to complete."}
    passing = ended(1, None, **timeout)
    missing = ended(1, None, **NEVER, stoppedReason="CannotPullContainerError: reports: not found")

    (message,) = decide(missing, known(), AlertRecord(), NOW).messages
    assert (message.kind, "log" in dict(message.links), message.lines) == ("failed", False, ())
    before = [task(number, None, at=NOW - 100 * number, **timeout) for number in range(2, STARTS + 1)]
    between = task(9, None, at=NOW - 150, **USER, startedAt=None, stoppedReason="batchwright: run x is in progress")
    for others in ([], before[1:]):
        assert decide(passing, known(batch(), *others), AlertRecord(), NOW).again_at
    for others in (before, [*before, between]):
        assert kinds(decide(passing, known(batch(), *others), AlertRecord(), NOW)) == ["failed"]


def test_further_failures_with_one_verdict_are_told_together_once_an_hour() -> None:
    first = decide(ended(1), known(), AlertRecord(), NOW)
    second = decide(ended(2, at=NOW + 60), known(), first.record, NOW + 60)
    third = decide(ended(3, at=NOW + 120), known(), second.record, NOW + 120)
    fourth = decide(ended(4, 5, at=NOW + 180), known(), third.record, NOW + 180)

    assert [kinds(second), kinds(third), kinds(fourth)] == [[], [], ["failed"]]
    repeats = RepeatsCounted("daily-report", "Batchwright.Exit3")
    assert (second.again, second.again_at) == (repeats, NOW + HOUR)
    over = decide(repeats, known(), fourth.record, NOW + HOUR)
    (message,) = over.messages
    assert dict(message.facts)["more"] == "2 more with this end since 2026-11-24 02:41 UTC"
    assert kinds(decide(repeats, known(), over.record, NOW + 2 * HOUR)) == []


def test_what_was_counted_is_told_though_sixty_runs_have_ended_since() -> None:
    record = AlertRecord.from_text(play(3, 3, *[5] * KEPT_ENDS)[0].to_json(), 1)

    (message,) = decide(RepeatsCounted("daily-report", "Batchwright.Exit3"), known(), record, NOW + HOUR).messages

    assert dict(message.facts)["more"][:7] == "1 more "


def test_what_the_clock_has_not_told_yet_is_told_with_the_next_failure() -> None:
    record, _ = play(3, 3, 3)

    (message,) = decide(ended(4, at=NOW + HOUR), known(), record, NOW + HOUR).messages

    assert dict(message.facts)["more"] == "3 more with this end since 2026-11-24 02:40 UTC"


def test_a_success_that_tells_of_no_recovery_drops_no_failure_that_was_counted() -> None:
    record, _ = play(3, 3, record=play(0, at=NOW + 9)[0])

    record, reported = play(0, record=record, at=NOW + 20)
    (hourly,) = decide(RepeatsCounted("daily-report", "Batchwright.Exit3"), known(), record, NOW + HOUR).messages

    assert (reported, dict(hourly.facts)["more"][:7]) == ([], "1 more ")
    assert play(3, record=record, at=NOW + 30)[1] == ["failed"]


def test_a_recovery_drops_no_run_that_gave_up_as_it_counts_none() -> None:
    waits, record = of_machine(overlap="wait"), AlertRecord()
    for number in range(2):
        arn = execution_arn(machine_of(), f"nightly-{number}")
        gave_up = Execution(arn=arn, status="FAILED", started=NOW, stopped=NOW + number, error="Batchwright.Overlap")
        record = decide(ExecutionEnded("daily-report", gave_up), waits, record, NOW + number).record
    record, _ = play(3, 0, record=record, at=NOW + 10)

    (message,) = decide(RepeatsCounted("daily-report", "Batchwright.Overlap"), waits, record, NOW + HOUR).messages

    assert dict(message.facts)["more"].startswith("1 more")


def test_a_recovery_is_told_once_and_a_new_failure_after_it() -> None:
    assert play(3, 3, 0, 0, 3)[1] == ["failed", "recovered", "failed"]


def test_what_a_batch_asks() -> None:
    assert play(3, 4, of=known(watch=Watch(alerts={"after_failures": 2})))[1] == ["failed"]
    assert play(3, of=known(watch=Watch(alerts={"off": True})))[1] == []


WITH_ITS_HOST = [("failed", "stopped with its host: daily-report in production")]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (by_signal(15, host="rundeck-01"), WITH_ITS_HOST),
        (by_signal(1, host="rundeck-01"), WITH_ITS_HOST),
        (by_signal(15), WITH_ITS_HOST),
        (by_signal(15, host="laptop", attended=True), []),
        (by_signal(2, host="rundeck-01"), []),
        ("batchwright stop: wrong data, by alice", []),
        ("stopped in the console", []),
    ],
)
def test_who_stops_a_run(reason: str, told: list[tuple[str, str]]) -> None:
    decision = decide(ended(1, 143, **USER, stoppedReason=reason), known(), AlertRecord(), NOW)

    assert [(message.kind, message.title) for message in decision.messages] == told
    assert (len(decision.record.ends), decision.metrics["Failures"]) == (1, 0)


def test_a_run_that_gave_way_is_kept_apart() -> None:
    reason = stop_reason(StopRequest("overlap", run="run-9"))

    decision = decide(ended(1, None, **USER, startedAt=None, stoppedReason=reason), known(), AlertRecord(), NOW)

    assert (kinds(decision), decision.metrics) == ([], {})
    assert (len(decision.record.ends), decision.record.last.ended) == (1, "")


def execution(status: str = "FAILED", error: str = "Batchwright.Exit3", cause: str = "", **changes: Any) -> Execution:  # noqa: ANN401 - any field
    arn = execution_arn(machine_of(), "nightly")
    return Execution(arn=arn, status=status, started=NOW - 60, stopped=NOW, error=error, cause=cause, **changes)


def of_machine(**changes: Any) -> KnownBatch:  # noqa: ANN401 - any field
    return known(batch(machine=machine_of(), **changes))


def test_a_machine_tells_of_its_failures_and_its_task_does_not() -> None:
    theirs = {"startedBy": "AWS Step Functions", "group": "nightly"}
    cause = '{"why": "main ended by itself", "task": "arn:aws:ecs:x:y:task/batches-production/0a"}'

    of_task = decide(ended(1, 3, **theirs), of_machine(), AlertRecord(), NOW)
    (message,) = decide(
        ExecutionEnded("daily-report", execution(cause=cause)), of_machine(), AlertRecord(), NOW
    ).messages
    last = decide(ended(2, 0, at=NOW + 300, **theirs), of_machine(), of_task.record, NOW + 300)

    assert (kinds(of_task), last.metrics["Duration"]) == ([], 360)
    assert (message.run, message.verdict) == ("daily-report@nightly", "Batchwright.Exit3")
    assert dict(message.links)["log"].endswith("run$252Fmain$252F0a")
    assert kinds(decide(ended(1, 0, **theirs), of_machine(), AlertRecord(), NOW)) == []


@pytest.mark.parametrize(
    ("shown", "overlap", "told"),
    [
        (execution("TIMED_OUT", ""), "allow", ["failed"]),
        (execution("ABORTED", "", "stopped by alice"), "allow", []),
        (execution(error="Batchwright.Overlap"), "forbid", []),
        (execution(error="Batchwright.Overlap"), "wait", ["failed"]),
        (execution(error="Batchwright.Overlap", cause=f"run 1 was {SAME_DUE}"), "wait", []),
        (execution(error="Batchwright.Paused"), "wait", []),
        (execution(error="Batchwright.Usage"), "allow", ["failed"]),
        (execution(error="States.DataLimitExceeded"), "allow", ["failed"]),
        (execution("SUCCEEDED", ""), "allow", []),
    ],
)
def test_ends_of_executions(shown: Execution, overlap: str, told: list[str]) -> None:
    assert kinds(decide(ExecutionEnded("daily-report", shown), of_machine(overlap=overlap), AlertRecord(), NOW)) == told


NEVER: dict[str, Any] = {"startedAt": None, "stopCode": "TaskFailedToStart"}
WAITS = {"overlap": "wait"}
RINGS: list[tuple[str, TaskEnded | Execution, dict[str, Any]]] = [
    ("exit 3", ended(1, 3), {}),
    ("exit 137", ended(1, 137, stoppedReason="OutOfMemoryError: Container killed due to memory usage"), {}),
    ("never started", ended(1, None, **NEVER, stoppedReason="CannotPullContainerError: not found"), {}),
    ("timeout", ended(1, 143, **USER, stoppedReason="batchwright: the timeout of 30m00s has passed"), {}),
    ("timeout", ended(1, 0, **USER, stoppedReason="batchwright: the deadline has passed"), {}),
    ("interrupted", ended(1, 143, stopCode="SpotInterruption", stoppedReason="Your Spot Task was interrupted."), {}),
    ("no result", ended(1, None), {}),
    ("stopped with its host", ended(1, 143, **USER, stoppedReason=by_signal(15, host="rundeck-01")), {}),
    ("stopped with its host", ended(1, 129, **USER, stoppedReason=by_signal(1)), {}),
    ("exit 3", execution(), {}),
    ("timeout", execution("TIMED_OUT", ""), {}),
    ("usage", execution(error="Batchwright.Usage"), {}),
    ("overlap", execution(error="Batchwright.Overlap"), WAITS),
    ("no result", execution(error="States.DataLimitExceeded"), {}),
    ("never started", execution(error="Batchwright.NeverStarted"), {}),
]


@pytest.mark.parametrize(("words", "end", "changes"), RINGS)
def test_each_kind_of_failure_rings_as_failed(words: str, end: TaskEnded | Execution, changes: dict[str, Any]) -> None:
    event = end if isinstance(end, TaskEnded) else ExecutionEnded("daily-report", end)

    (message,) = decide(event, of_machine(**changes), AlertRecord(), NOW + 9000).messages

    assert (message.kind, message.title) == ("failed", f"{words}: daily-report in production")


def test_an_execution_that_has_not_ended_is_looked_at_again_for_a_while() -> None:
    hint = ExecutionEnded("daily-report", execution("RUNNING"), since=NOW)

    assert decide(hint, of_machine(), AlertRecord(), NOW + 1).again_at > NOW
    assert decide(hint, of_machine(), AlertRecord(), NOW + 901).again_at == 0


def test_an_execution_that_was_redriven_is_told_again() -> None:
    ends = [ExecutionEnded("daily-report", execution(redrives=number)) for number in (0, 1)]

    assert len({decide(end, of_machine(), AlertRecord(), NOW).claim for end in ends}) == 2


def test_a_batch_without_a_manifest_is_told_from_the_event_alone() -> None:
    gone = KnownBatch(settings=SETTINGS)
    foreign = replace(gone, execution="foreign")

    (message,) = decide(ended(), gone, AlertRecord(), NOW).messages
    assert (message.batch, message.owner, message.verdict) == ("daily-report", "", "Batchwright.Exit3")
    for theirs in (ended(ours=False), ended(startedBy="AWS Step Functions", group="theirs")):
        assert kinds(decide(theirs, foreign, AlertRecord(), NOW)) == ["failed"]
    for end in (execution(), execution(error="States.TaskFailed")):
        assert kinds(decide(ExecutionEnded("daily-report", end), gone, AlertRecord(), NOW)) == ["failed"]


def test_a_run_of_a_machine_whose_manifest_is_gone_is_told_once_by_its_machine() -> None:
    of_task = ended(startedBy="AWS Step Functions", group="nightly")

    assert kinds(decide(of_task, KnownBatch(settings=SETTINGS), AlertRecord(), NOW)) == []


def test_a_failed_run_that_a_foreign_machine_has_started_is_told() -> None:
    theirs = ended(startedBy="AWS Step Functions", group="theirs")
    unseen = replace(of_machine(), execution="unseen")

    assert kinds(decide(theirs, replace(of_machine(), execution="foreign"), AlertRecord(), NOW)) == ["failed"]
    assert decide(theirs, unseen, AlertRecord(), NOW).again_at == NOW + LOOK_AGAIN
    assert kinds(decide(theirs, unseen, AlertRecord(), NOW + LOOKED)) == ["failed"]


def test_an_end_without_an_error_is_looked_at_again_and_is_no_verdict() -> None:
    unnamed = ExecutionEnded("daily-report", execution(error=""), since=NOW)
    unseen = replace(of_machine(), execution="unseen")

    assert decide(unnamed, unseen, AlertRecord(), NOW + 1).again_at == NOW + 1 + LOOK_AGAIN
    assert kinds(decide(unnamed, unseen, AlertRecord(), NOW + LOOKED)) == ["failed"]
    assert kinds(decide(unnamed, of_machine(), AlertRecord(), NOW + 1)) == ["failed"]


def test_a_failure_of_which_the_record_cannot_be_read_is_told_whatever_row_is_waited_for() -> None:
    waits = known(watch=Watch(alerts={"after_failures": 3}))

    assert kinds(decide(ended(), waits, AlertRecord(), NOW)) == []
    assert kinds(decide(ended(), replace(waits, recorded=False), AlertRecord(), NOW)) == ["failed"]


@pytest.mark.parametrize(
    ("due", "said"),
    [
        ("", "2026-11-24 02:40 UTC"),
        ("2026-11-24T02:30:00Z", "2026-11-24 02:40 UTC, due 02:30"),
        ("2026-11-23T22:30:00Z", "2026-11-24 02:40 UTC, due 2026-11-23 22:30 UTC"),
    ],
)
def test_a_message_says_when_the_run_ended_and_for_when_it_was_due(due: str, said: str) -> None:
    (message,) = decide(ended(due=due), known(), AlertRecord(), NOW).messages

    assert dict(message.facts)["ended"] == said


# Of a backfill.


def test_the_failure_of_a_backfill_s_run_is_told_under_the_backfill_s_id_and_nothing_is_kept() -> None:
    before = decide(ended(1, 0, at=NOW - 60), known(), AlertRecord(), NOW - 60).record
    first = decide(ended(2, backfill="week"), known(), before, NOW)
    second = decide(ended(3, 4, run="run-2", backfill="week"), known(), first.record, NOW)

    (message,) = first.messages
    assert (message.kind, message.verdict, message.sentences[-1]) == ("failed", "Batchwright.Exit3", OF_BACKFILL)
    for decision in (first, second):
        assert (decision.claim, decision.record, decision.metrics) == ("backfill#week", before, {})
    assert decide(ended(2, backfill="next"), known(), before, NOW).claim == "backfill#next"


@pytest.mark.parametrize(
    ("code", "changes", "watch"),
    [
        (0, {}, Watch()),
        (0, {"took": 40000.0}, Watch(expected_seconds=60)),
        (3, {}, Watch(alerts={"off": True})),
        (137, {**USER, "stoppedReason": by_signal(2)}, Watch()),
    ],
)
def test_no_other_end_of_a_backfill_is_told(code: int, changes: dict[str, Any], watch: Watch) -> None:
    failing = decide(ended(1, 3, at=NOW - 60), known(), AlertRecord(), NOW - 60).record
    decision = decide(ended(2, code, backfill="week", **changes), known(watch=watch), failing, NOW)

    assert (decision.messages, decision.claim, decision.record) == ((), "", failing)


def test_a_backfill_s_failure_is_told_although_several_in_a_row_are_waited_for() -> None:
    watch = Watch(alerts={"after_failures": 3})

    assert kinds(decide(ended(1, 3, backfill="week"), known(watch=watch), AlertRecord(), NOW)) == ["failed"]


def test_an_attempt_of_a_backfill_that_is_tried_again_is_waited_for() -> None:
    decision = decide(ended(1, 3, backfill="week"), known(batch(retries=1, retry_on=[3])), AlertRecord(), NOW)

    assert (decision.messages, decision.record, decision.again_at > NOW) == ((), AlertRecord(), True)
