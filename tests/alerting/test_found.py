"""What the first design of alerts did wrong, as cases of the function; the decisions alone are in `test_decide`."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment, utc
from batchwright_runner.contract.tasks import execution_arn
from batchwright_runner.contract.variables import RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.watch import Watch
from tests.alerting.function import Function
from tests.alerting.stage import Stage, handed, of_execution, of_task, records
from tests.fake_aws import faults
from tests.fake_aws.script import Script
from tests.fake_aws.services import states
from tests.fake_aws.services.run_task import run_task
from tests.fake_aws.services.tasks import Task
from tests.runner.contract.alerting.support import NOW, batch, machine_of, task

DUE = moment("2026-11-24T02:30:00Z") or 0.0
NIGHTLY = Watch(schedule="30 2 * * * UTC", scheduler="rundeck", expected_seconds=3600)


def watched(stage: Stage, manifest: BatchManifest) -> None:
    """Deploys a batch that is due soon; the clock goes."""
    stage.now = DUE - 600
    stage.deploy(manifest, NIGHTLY)
    stage.tick()


def started(stage: Stage, run: str, *, script: Script, due: str = "") -> Task:
    """Has a runner start a task in ECS, now."""
    manifest = batch()
    stage.aws.script(manifest, script)
    environment = [{"name": RUN_ID, "value": run}, *([{"name": SCHEDULED_TIME, "value": due}] if due else [])]
    request = {
        "cluster": manifest.cluster,
        "taskDefinition": manifest.task_definition,
        "startedBy": run,
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
        "overrides": {"containerOverrides": [{"name": "main", "environment": environment}]},
    }
    run_task(stage.aws.world, request)
    return stage.aws.tasks[-1]


def shown(stage: Stage, begun: Task) -> dict[str, Any]:
    """The event of its end."""
    return of_task(begun.describe(stage.now, utc))


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


def test_a_run_for_another_date_does_not_stand_for_the_one_that_it_refused(stage: Stage) -> None:
    watched(stage, batch(overlap="forbid"))
    started(stage, "backfill", script=Script(runs=7200), due="2026-11-20T02:30:00Z")
    stage.now = DUE + 5
    refused = stop_reason(StopRequest("overlap", run="backfill"))
    gave_way: dict[str, Any] = {"stopCode": "UserInitiated", "stoppedReason": refused, "startedAt": None}
    stage.give(of_task(task(9, None, at=stage.now, took=2, run="tonight", due="2026-11-24T02:30:00Z", **gave_way)))

    stage.tick(720)

    assert stage.titles == ["did not run: daily-report in production"]


def test_a_second_attempt_that_comes_late_is_no_false_page(stage: Stage) -> None:
    stage.deploy(batch(retries=1, retry_on=[75], retry_delay_seconds=60))
    first = started(stage, "nightly", script=Script(exit_code=75))
    stage.now += 2
    stage.give(shown(stage, first))
    stage.tick(300)
    stage.aws.world.tasks.pop(first.id)  # ECS forgets it
    second = started(stage, "nightly", script=Script(runs=300))
    stage.tick(500)
    stage.give(shown(stage, second))
    stage.tick(60)

    assert stage.titles == []
    assert stage.last().task == second.arn
    assert stage.last().failures == 0
    assert stage.last().seconds == 602


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
        *("GetParameters", "GetItem", "TransactWriteItems", "PutMetricData"),
    ]
