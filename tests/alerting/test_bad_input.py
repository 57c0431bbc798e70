"""What cannot be treated: it is reported, or in the dead letters with why, and the next message is treated at once."""

import json

import pytest

from batchwright_runner.alerting.handler import RECEIVES, TRIED
from batchwright_runner.contract.watch import Watch
from tests.alerting.stage import Stage, of_task, records
from tests.fake_aws import faults
from tests.runner.contract.alerting.support import NOW, batch, task

NEXT = "exit 9: daily-report in production"


def given_with_the_next(stage: Stage, *bodies: object) -> list[str]:
    """Gives messages and a good one in one call; the titles of what was sent."""
    done = stage.give(*bodies, of_task(task(99, 9)))
    assert (done.error, done.failed) == ("", [])
    assert done.seconds < 30
    assert NEXT in stage.titles
    return [title for title in stage.titles if title != NEXT]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("no JSON", "it is no event: Expecting value"),
        ("[" * 200_000, "nested too deep"),
        (of_task({**task(1), "containers": [7]}), ""),
    ],
)
def test_an_event_of_another_shape_is_in_the_dead_letters(stage: Stage, body: object, why: str) -> None:
    assert given_with_the_next(stage, body) == []

    ((letter, reason),) = stage.dead
    assert letter == (body if isinstance(body, str) else json.dumps(body))
    assert why in reason
    assert reason


def test_an_event_of_256_kilobytes_is_told_also_where_it_waits(stage: Stage) -> None:
    stage.deploy(batch(retries=1, retry_on=[3]))
    large = of_task(task(1, attachments=[{"value": "x" * 250_000}], stoppedReason="Essential container in task exited"))

    assert given_with_the_next(stage, large) == []
    stage.tick(400)

    assert "exit 3: daily-report in production" in stage.titles


@pytest.mark.parametrize("state", ["no JSON", '{"schema": 99, "ends": []}'])
def test_a_record_that_cannot_be_read_is_replaced_and_the_run_is_told(stage: Stage, state: str) -> None:
    stage.deploy(batch(), Watch(alerts={"after_failures": 2}))
    stage.give(of_task(task(1)))
    stage.table.items["record", "daily-report"]["state"] = {"S": state}

    stage.give(of_task(task(2, 4)))
    stage.give(of_task(task(3, 5)), of_task(task(4, 5, at=NOW + 1)))

    assert [title.partition(":")[0] for title in stage.titles] == ["exit 4", "exit 5"]
    assert stage.last().failures == 3


def test_what_the_topic_refuses_for_an_hour_is_told_then(stage: Stage) -> None:
    stage.aws.faults("Publish", faults.error("InternalError", "out of order", times=None))
    body = of_task(task(1))

    refused = [stage.give(body, received=number + 1).failed for number in range(20)]
    stage.aws.faults("Publish")
    stage.give(body, received=21)

    assert refused == [["m-0"]] * 20
    assert stage.titles == ["exit 3: daily-report in production"]
    assert stage.dead == []


def test_what_the_topic_refuses_for_longer_is_a_dead_letter_that_can_be_given_again(stage: Stage) -> None:
    stage.aws.faults("Publish", faults.access_denied())
    stage.give(of_task(task(1)), received=RECEIVES)
    ((letter, why),) = stage.dead
    stage.aws.faults("Publish")

    stage.give(letter)

    assert "AccessDenied" in why
    assert stage.titles == ["exit 3: daily-report in production"]


def test_a_function_that_dies_after_it_has_told_tells_twice_and_records_once(stage: Stage) -> None:
    stage.aws.faults("TransactWriteItems", faults.server_error(2))  # both tries of the call
    body = of_task(task(1))

    assert stage.give(body).failed == ["m-0"]
    stage.function.cool()  # and what it remembers
    stage.now += 180
    assert stage.give(body, received=2).failed == []
    stage.give(body, received=3)

    assert stage.titles == ["exit 3: daily-report in production"] * 2
    assert stage.last().failures == 1


OF_TABLE = ("GetItem", "TransactWriteItems", "UpdateItem", "PutItem", "Query", "DeleteItem")
BUSY = faults.error("ProvisionedThroughputExceededException", "slow down", times=None)


def test_a_table_that_fails_costs_no_message_and_one_process_tells_once(stage: Stage) -> None:
    for operation in OF_TABLE:
        stage.aws.faults(operation, BUSY)
    body = of_task(task(1))

    failed = [stage.give(body, received=number + 1).failed for number in range(3)]
    for operation in OF_TABLE:
        stage.aws.faults(operation)
    stage.give(body, received=4)
    stage.give(body, received=5)

    assert failed == [["m-0"]] * 3
    assert len(stage.titles) == 1
    assert stage.last().failures == 1


def test_a_table_that_throttles_a_call_is_asked_again(stage: Stage) -> None:
    for operation in ("GetItem", "TransactWriteItems"):
        stage.aws.faults(operation, faults.throttled(1))
    stage.aws.faults("UpdateItem", faults.lost_answer(1))

    given_with_the_next(stage, of_task(task(1)))

    assert len(stage.titles) == 2


def test_a_write_at_the_same_time_is_decided_anew(stage: Stage) -> None:
    stage.aws.faults("TransactWriteItems", faults.conflict(2))

    given_with_the_next(stage, of_task(task(1)))

    assert stage.last().failures == 2


def test_reads_that_fail_cost_no_message(stage: Stage) -> None:
    for operation in ("GetLogEvents", "DescribeTasks", "ListTasks", "PutMetricData"):
        stage.aws.faults(operation, faults.access_denied())
    stage.deploy(batch(retries=1, retry_on=[3]))

    given_with_the_next(stage, of_task(task(1, 5)))
    stage.give(of_task(task(2)))
    stage.tick(400)

    assert "exit 3: daily-report in production" in stage.titles


@pytest.mark.parametrize("record", ["no JSON", '{"schedule": "61 * * * * UTC", "expected_seconds": 60}'])
def test_a_watch_record_that_cannot_be_read_costs_no_message(stage: Stage, record: str) -> None:
    stage.aws.put_parameter("/batches/production/watch/daily-report", record)
    stage.aws.put_parameter("/batches/production/manifests/other", record)
    stage.tick()

    assert "exit 3: other in production" in given_with_the_next(stage, of_task(task(1, name="other")))
    assert stage.tick(60).failed == []


def test_a_clock_that_is_late_by_an_hour_makes_up_for_it(stage: Stage) -> None:
    stage.deploy(batch(retries=1, retry_on=[3]))
    stage.tick()
    stage.give(of_task(task(1)))

    stage.tick(3600)

    assert stage.titles == ["exit 3: daily-report in production"]
    assert stage.dead == []


@pytest.mark.parametrize(
    ("kind", "body"), [("pending", "no JSON"), ("pending", '{"kind": "TaskEnded", "batch": "x", "task": [7]}')]
)
def test_what_waits_and_cannot_be_read_does_not_stop_the_clock(stage: Stage, kind: str, body: str) -> None:
    stage.tick()
    key = (kind, "2026-11-24T00:00:00Z#x")
    stage.table.items[key] = {"kind": {"S": key[0]}, "name": {"S": key[1]}, "body": {"S": body}}

    stage.tick(60)

    assert key not in stage.table.items
    assert [letter for letter, why in stage.dead if why] == [body]
    assert sum(datum["MetricName"] == "Ticks" for datum in stage.aws.world.metrics) == 2


def test_what_fails_for_long_does_not_wait_for_ever(stage: Stage) -> None:
    stage.deploy(batch(retries=1, retry_on=[3]))
    stage.give(of_task(task(1)))
    stage.tick()
    stage.aws.faults("GetParameters", faults.access_denied())

    stage.tick(400)
    assert stage.dead == []
    stage.tick(TRIED)

    assert ["AccessDenied" in why for _, why in stage.dead] == [True]
    assert not [name for kind, name in stage.table.items if kind == "pending"]


def test_a_tick_that_comes_twice_does_not_cost_the_next_one(stage: Stage) -> None:
    for seconds in (0, 20, 40):
        stage.tick(seconds)

    assert sum(datum["MetricName"] == "Ticks" for datum in stage.aws.world.metrics) == 2


def test_what_there_is_no_time_for_is_received_again(stage: Stage) -> None:
    done = stage.function({"Records": list(records([of_task(task(1))]))}, now=stage.now, limit=5)

    assert done.failed == ["m-0"]
    assert stage.mails == []


def test_settings_that_cannot_be_read_are_said(stage: Stage) -> None:
    stage.begin_anew(BATCHWRIGHT_ALERTS="{}")

    done = stage.give(of_task(task(1)))

    assert "BATCHWRIGHT_ALERTS" in done.error
