"""What the first design of alerts did wrong, as cases of the function; the decisions alone are in `test_decide`."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.tasks import execution_arn
from tests.alerting.function import Function
from tests.alerting.stage import Stage, handed, of_execution, of_task, records
from tests.fake_aws import faults
from tests.fake_aws.services import states
from tests.runner.contract.alerting.support import NOW, batch, machine_of, task


@pytest.mark.parametrize(("events", "kilobytes"), [(1, 256), (10, 30)])
def test_a_long_log_costs_nothing(stage: Stage, events: int, kilobytes: int) -> None:
    for number in range(events):
        text = f"{number} " + "x" * (kilobytes * 1024 - 40)
        stage.aws.put_event("/batches/production/daily-report", f"run/main/{1:032x}", text)

    stage.give(of_task(task(1)))

    assert stage.titles == ["exit 3: daily-report in production"]
    assert stage.mails[0].count("\n| ") == events
    assert stage.last().failures == 1
    assert {datum["MetricName"] for datum in stage.aws.world.metrics} == {"Runs", "Failures", "Duration"}


def test_sixty_runners_of_one_host_are_sixty_messages(stage: Stage) -> None:
    reason = stop_reason(StopRequest("signal", 15, host="rundeck-01"))
    bodies = []
    for number in range(60):
        stage.deploy(batch(f"batch-{number}"))
        changes: dict[str, Any] = {"stopCode": "UserInitiated", "stoppedReason": reason}
        bodies.append(of_task(task(number, 143, name=f"batch-{number}", **changes)))

    for first in range(0, 60, 5):
        stage.give(*bodies[first : first + 5])
    for _ in range(12):
        stage.listen()

    assert sorted(stage.titles) == sorted(f"stopped with its host: batch-{at} in production" for at in range(60))
    assert sorted(post["text"] for post in stage.posts) == sorted(stage.titles)


def test_an_end_without_an_error_is_looked_at_again_where_step_functions_does_not_answer(stage: Stage) -> None:
    stage.deploy(batch(machine=machine_of()))
    execution = states.begin(stage.aws.world, machine_of(), "nightly")
    states.end(stage.aws.world, execution, "FAILED", "Batchwright.Exit3", json.dumps({"why": "main ended"}))
    stage.aws.faults("DescribeExecution", faults.error("ThrottlingException", "Rate exceeded", times=2))
    arn = execution_arn(machine_of(), "nightly")

    stage.give(of_execution({"executionArn": arn, "status": "FAILED", "startDate": 1e3 * NOW, "stopDate": 1e3 * NOW}))
    assert stage.titles == []
    stage.ticks(120)

    assert stage.titles == ["exit 3: daily-report in production"]


@pytest.mark.parametrize("record", ["", "no JSON", '{"schema": 99}'])
@pytest.mark.parametrize("starter", ["ours", "foreign", "rule"])
def test_a_run_without_a_manifest_that_can_be_read_is_told_once(stage: Stage, starter: str, record: str) -> None:
    path = "/batches/production/manifests/gone"
    if record:
        stage.aws.put_parameter(path, record)
    theirs: dict[str, Any] = {"startedBy": "AWS Step Functions", "group": "night"} if starter != "rule" else {}
    if starter == "ours":
        execution = states.begin(stage.aws.world, machine_of("gone"), "night")
        states.end(stage.aws.world, execution, "FAILED", "Batchwright.Exit3", json.dumps({"why": "main ended"}))
        shown = {"executionArn": execution.arn, "status": "FAILED", "startDate": 1e3 * NOW, "stopDate": 1e3 * NOW}
        stage.give(of_execution(shown), handed("night", "gone"))

    stage.give(of_task(task(1, name="gone", ours=starter == "ours", **theirs)))

    assert stage.titles == ["exit 3: gone in production"]


def test_a_failed_run_of_a_batch_with_a_machine_that_a_foreign_machine_has_started_is_told(stage: Stage) -> None:
    stage.deploy(batch(machine=machine_of()))

    stage.give(of_task(task(1, startedBy="AWS Step Functions", group="theirs", ours=False)))

    assert stage.titles == ["exit 3: daily-report in production"]


def test_no_end_is_lost_of_forty_within_a_minute(stage: Stage) -> None:
    ends = [task(number, 0, at=NOW + number, took=60 + number, run=f"run-{number}") for number in range(40)]
    bodies = [of_task(end) for end in ends]
    with Function(stage.function.environment) as second, ThreadPoolExecutor(2) as pool:
        halves = [{"Records": list(records(bodies[first::2]))} for first in (0, 1)]
        pairs = zip([stage.function, second], halves, strict=True)
        done = list(pool.map(lambda pair: pair[0](pair[1], now=NOW), pairs))

    assert [answer.error for answer in done] == ["", ""]
    for answer, half in zip(done, halves, strict=True):
        again = [record for record in half["Records"] if record["messageId"] in answer.failed]
        assert stage.function({"Records": again}, now=NOW).failed == []
    assert stage.last().durations == tuple(range(80, 100))


def test_who_may_start_a_machine_can_neither_write_nor_say_anything(stage: Stage) -> None:
    stage.deploy(batch(machine=machine_of()))
    forged = handed("nightly")
    forged["detail"] |= {"batch": "other", "why": "pay here", "verdict": "Batchwright.Exit3", "lines": ["pay here"]}
    hint = handed("nightly")
    hint["detail"] = {"execution": "arn:aws:states:eu-west-1:111111111111:execution:other-production-x:n"}

    done = stage.give(forged, hint)

    assert done.failed == []
    assert stage.mails == []
    assert not [name for kind, name in stage.table.items if kind == "record"]
    assert ["none of" in why or "no execution" in why for _, why in stage.dead] == [True]


def test_what_is_handed_over_is_told_as_step_functions_shows_it(stage: Stage) -> None:
    stage.deploy(batch(machine=machine_of()))
    execution = states.begin(stage.aws.world, machine_of(), "nightly")
    stage.give(handed("nightly"))
    assert stage.mails == []

    stage.now += 30
    states.end(stage.aws.world, execution, "FAILED", "Batchwright.Exit3", json.dumps({"why": "main ended"}))
    stage.ticks(60)
    arn = execution_arn(machine_of(), "nightly")
    detail = {"executionArn": arn, "status": "FAILED", "startDate": 1e3 * NOW, "stopDate": 1e3 * stage.now}
    stage.give(of_execution(detail))

    assert stage.titles == ["exit 3: daily-report in production"]


def test_a_run_that_ends_well_costs_a_few_calls(stage: Stage) -> None:
    stage.give(of_task(task(1, 0)))

    assert [call.operation for call in stage.aws.calls] == [
        *("GetParameters", "GetItem", "TransactWriteItems", "PutMetricData")
    ]
