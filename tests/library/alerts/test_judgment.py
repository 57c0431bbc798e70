"""Who is told of what: each row of the exit codes, as the runner judges it, told or silent."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from batchwright_runner.contract.judgment.ending import ending_of, stop_reason
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row, Verdict, name, named
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.alerts_account import AlertsAccount
from tests.kit.scripted_ecs import End
from tests.library.alerts.support import (
    LAST,
    MANIFEST,
    STEP_FUNCTIONS,
    account,
    execution_event,
    last_of,
    task_event,
)
from tests.library.automation.test_verdicts import ESSENTIAL, TABLE

BATCH = sample_manifest(essential=ESSENTIAL, runbook="https://example.com/runbook")
BY_HAND: dict[str, Any] = {"stop_code": "UserInitiated"}
BY_RUNNER: Sequence[tuple[Row, End]] = (
    (Row.SIGNAL, End(exit_code=0, reason=stop_reason(StopRequest("signal", 15)), **BY_HAND)),
    (Row.SIGNAL, End(exit_code=143, reason=stop_reason(StopRequest("signal", 2)), **BY_HAND)),
    (Row.SIGNAL, End(exit_code=None, began=False, reason=stop_reason(StopRequest("signal", 1)), **BY_HAND)),
    (Row.TIMEOUT, End(exit_code=0, reason=stop_reason(StopRequest("timeout"), 1800), **BY_HAND)),
    (Row.TIMEOUT, End(exit_code=None, began=False, reason=stop_reason(StopRequest("timeout"), 90), **BY_HAND)),
    (Row.OVERLAP, End(exit_code=None, began=False, reason=stop_reason(StopRequest("overlap", run="7b1")), **BY_HAND)),
    (Row.NO_RESULT, End(exit_code=None, began=False, reason=stop_reason(StopRequest("unseen")), **BY_HAND)),
    (Row.STOPPED_BY_OTHERS, End(reason="batchwright stop: wrong data, by alice", **BY_HAND)),
)


def judged(end: End) -> Verdict:
    """The runner's verdict of a task that has ended."""
    detail = task_event(end)["detail"]
    state = state_of(detail, BATCH.container, essential=BATCH.essential)
    return verdict(ending_of(BATCH.container, state))


def handed(ours: AlertsAccount) -> dict[str, Any]:
    """The end that was handed over to an execution of its own."""
    (start,) = ours.made("sfn:startExecution")
    found: dict[str, Any] = json.loads(start["Input"])["ended"]
    return found


ENDS = [*(end for _, end in TABLE), *(end for row, end in BY_RUNNER if row is not Row.OVERLAP)]


@pytest.mark.parametrize("end", ENDS, ids=[f"{n}-{judged(end).row.value}" for n, end in enumerate(ENDS)])
def test_each_end_is_called_and_explained_as_the_runner_does(end: End) -> None:
    ours = account(BATCH)
    ours.given(task_event(end))
    found, kept = judged(end), handed(ours)

    assert (kept["name"], kept["code"], kept["why"]) == (name(found.row, found.code), found.code, found.why)
    state = state_of(task_event(end)["detail"], BATCH.container, essential=BATCH.essential)
    assert kept["advice"] == advice(found, state.reason)
    good = found.row is Row.OWN and found.code == 0
    assert kept["again"] == ("" if good else found.again)


@pytest.mark.parametrize("end", ENDS, ids=[f"{n}-{judged(end).row.value}" for n, end in enumerate(ENDS)])
def test_told_are_all_that_failed_but_for_stops_by_the_callers_own_signal(end: End) -> None:
    ours = account(BATCH)
    ended = ours.given(task_event(end))
    found = judged(end)
    silent = found.row is Row.SIGNAL or (found.row is Row.OWN and found.code == 0)

    assert ended.status == "SUCCEEDED"
    assert len(ours.messages) == (0 if silent else 1)
    assert (last_of(ours).verdict, last_of(ours).code) == (name(found.row, found.code), found.code)
    assert last_of(ours).failures == (0 if silent else 1)


def test_the_tables_have_every_row_that_an_end_of_a_task_can_be() -> None:
    rows = {named(expected)[0] for expected, _ in TABLE} | {row for row, _ in BY_RUNNER}

    assert set(Row) - rows == {Row.USAGE, Row.PAUSED}
    assert [judged(end).row for _, end in BY_RUNNER] == [row for row, _ in BY_RUNNER]


def test_a_run_that_gave_way_leaves_nothing() -> None:
    ours = account(BATCH)
    ours.given(task_event(dict(BY_RUNNER)[Row.OVERLAP]))

    assert LAST not in ours.parameters
    assert ours.messages == []
    assert ours.made("cloudwatch:putMetricData") == []


MACHINES = sample_manifest(machine="arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-daily-report")


@pytest.mark.parametrize(
    ("error", "cause", "verdict_", "code", "told"),
    [
        ("Batchwright.Exit3", '{"why":"Essential container in task exited"}', "Batchwright.Exit3", 3, True),
        ("Batchwright.Timeout", '{"why":"the timeout of 1800 s"}', "Batchwright.Timeout", 124, True),
        ("Batchwright.Interrupted", '{"why":"Your Spot Task was interrupted."}', "Batchwright.Interrupted", 75, True),
        ("Batchwright.Stopped", '{"why":"Task stopped by user"}', "Batchwright.Stopped", 122, True),
        ("Batchwright.NeverStarted", '{"why":"CannotPull: not found"}', "Batchwright.NeverStarted", 126, True),
        ("Batchwright.NoResult", '{"why":"nothing was started"}', "Batchwright.NoResult", 125, True),
        ("Batchwright.Usage", "the input has x: allowed are scheduled", "Batchwright.Usage", 2, True),
        ("States.Runtime", "a defect", "Batchwright.NoResult", 125, True),
        ("Batchwright.Exit999", "", "Batchwright.NoResult", 125, True),
        ("Batchwright.Overlap", '{"why":"run 7b1 is in progress"}', "", 0, False),
        ("Batchwright.Paused", '{"why":"paused by alice: moving"}', "", 0, False),
    ],
)
@pytest.mark.parametrize("handed_over", [True, False])
def test_the_failure_of_a_machine(
    error: str, cause: str, verdict_: str, code: int, told: bool, handed_over: bool
) -> None:
    ours = account(MACHINES)
    ours.execution = {"Status": "FAILED", "Error": error, "Cause": cause}
    run = {"batch": "daily-report", "name": "9f1c", "error": error, "cause": cause, "started": "2026-11-25T09:40:00.0Z"}
    ours.given({"run": run} if handed_over else execution_event("FAILED"))

    assert len(ours.messages) == int(told)
    if told:
        assert (last_of(ours).verdict, last_of(ours).code, last_of(ours).run) == (verdict_, code, "9f1c")
    else:
        assert LAST not in ours.parameters


def test_what_is_handed_over_and_its_event_are_told_once() -> None:
    ours = account(MACHINES)
    ours.execution = {"Status": "FAILED", "Error": "Batchwright.Exit3", "Cause": "{}"}
    run = {"batch": "daily-report", "name": "9f1c", "error": "Batchwright.Exit3", "cause": "{}"}

    ours.given({"run": run})
    ours.given(execution_event("FAILED"))

    assert len(ours.messages) == 1
    assert last_of(ours).failures == 1


@pytest.mark.parametrize(
    ("status", "cause", "verdict_", "code", "told"),
    [
        ("TIMED_OUT", "", "Batchwright.Timeout", 124, True),
        ("ABORTED", "batchwright stop: wrong data, by alice", "Batchwright.Stopped", 122, True),
        ("ABORTED", "", "Batchwright.Stopped", 122, True),
        ("ABORTED", stop_reason(StopRequest("signal", 15)), "Batchwright.Stopped", 143, False),
    ],
)
@pytest.mark.parametrize("seen", [True, False])
def test_an_execution_that_no_task_tells_of(
    status: str, cause: str, verdict_: str, code: int, told: bool, seen: bool
) -> None:
    ours = account(MACHINES)
    ours.execution = {"Status": status, **({"Cause": cause} if cause else {})}
    ours.denied = set() if seen else {"sfn:describeExecution"}
    ours.given(execution_event(status))

    if seen or not cause:
        assert (last_of(ours).verdict, last_of(ours).code) == (verdict_, code)
        assert len(ours.messages) == int(told)
    else:
        assert len(ours.messages) == 1  # why is not known: it is told


@pytest.mark.parametrize(
    ("end", "kept"), [(End(), True), (End(exit_code=3), False), (End(stop_code="", reason=""), False)]
)
def test_of_a_machines_tasks_only_the_good_end_is_the_runs(end: End, kept: bool) -> None:
    ours = account(MACHINES)
    ours.given(task_event(end, by=STEP_FUNCTIONS))

    assert (LAST in ours.parameters) == kept
    assert ours.messages == []


def test_a_task_that_a_foreign_machine_has_started_is_told_by_its_event() -> None:
    ours = account(BATCH)  # it has no machine of its own
    ours.given(task_event(End(exit_code=3), by=STEP_FUNCTIONS, run="family:x"))
    ours.given(task_event(End(exit_code=3), by=STEP_FUNCTIONS, run="family:x", task=f"{'arn:x'}/2"))

    assert len(ours.messages) == 2  # its group names no run


def test_a_task_of_ours_without_a_manifest_is_told_from_the_event_alone() -> None:
    ours = account(BATCH)
    del ours.parameters[MANIFEST]
    event = task_event(End(exit_code=3))
    ours.given(event)

    (message,) = ours.messages
    assert message["email"].startswith("exit 3: daily-report in staging\n")
    assert last_of(ours).verdict == "Batchwright.Exit3"


def test_a_task_of_others_in_the_cluster_is_not_told() -> None:
    ours = account(BATCH)
    web = "arn:aws:ecs:eu-west-1:111111111111:task-definition/batches-staging-web:3"
    ours.given(task_event(End(exit_code=3), family=web, by="ecs-svc/123", ours=False))

    assert ours.messages == []
    assert not any(name.endswith("/last/web") for name in ours.parameters)


def test_a_failed_workflow_tells_itself_and_one_that_was_aborted_is_told() -> None:
    ours = account(BATCH)
    nightly = "arn:aws:states:eu-west-1:111111111111:stateMachine:batches-staging-nightly"
    ours.execution = {"Status": "FAILED", "Error": "Batchwright.Exit3"}
    ours.given(execution_event("FAILED", machine=nightly))
    assert ours.messages == []

    ours.execution = {"Status": "ABORTED"}
    ours.given(execution_event("ABORTED", machine=nightly, name="other"))
    assert [one["sms"] for one in ours.messages] == ["stopped: nightly in staging"]
