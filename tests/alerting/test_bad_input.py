"""What cannot be treated: it is reported, or in the dead letters with why, and the next message is treated at once."""

import json
from typing import Any

import pytest

from batchwright_runner.alerting.handler import LAST_RECEIPT
from batchwright_runner.contract.alerting.messages import Message
from batchwright_runner.contract.notices.note import Notice
from tests.alerting.chats import POST_MESSAGE, Reply
from tests.alerting.stage import Stage, of_task, records
from tests.fake_aws import faults
from tests.runner.contract.alerting.support import TOPIC, batch, task

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


def test_a_record_of_a_newer_version_is_left_as_it_is(stage: Stage) -> None:
    stage.give(of_task(task(1)))
    item = stage.table.items["record", "daily-report"]
    item["state"] = {"S": json.dumps({**json.loads(item["state"]["S"]), "schema": 99})}
    before = dict(item)

    given_with_the_next(stage, of_task(task(2, 4)))

    assert "exit 4: daily-report in production" in stage.titles
    assert stage.table.items["record", "daily-report"] == before


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body={"ok": False, "error": "channel_not_found"}),
        Reply(body="<html>a portal</html>"),
        Reply(status=500, body="oops"),
        Reply(status=429, body={"ok": False, "error": "ratelimited"}),
    ],
)
def test_a_channel_that_refuses_keeps_no_other_from_the_message(stage: Stage, reply: Reply) -> None:
    stage.chats.answers = lambda path, _body, _key: reply if path == POST_MESSAGE else Reply()
    assert given_with_the_next(stage, of_task(task(1))) == ["exit 3: daily-report in production"]
    assert stage.posts == []

    stage.chats.answers = lambda _path, _body, _key: Reply()
    stage.tick(120)

    assert [post["text"] for post in stage.posts] == ["2 messages about daily-report in production"]
    assert len(stage.titles) == 2


def test_what_no_channel_takes_for_an_hour_is_in_the_dead_letters(stage: Stage) -> None:
    stage.chats.answers = lambda path, _body, _key: Reply(body={"ok": path != POST_MESSAGE, "error": "is_archived"})
    stage.give(of_task(task(1)))

    for _ in range(14):
        stage.tick(300)

    ((letter, why),) = stage.dead
    assert json.loads(letter)["message"]["to"] == "#batches"
    assert "is_archived" in why
    assert not [name for kind, name in stage.table.items if kind == "outbox"]


def test_a_slow_channel_is_waited_for_once_in_a_call(stage: Stage) -> None:
    stage.chats.answers = lambda path, _body, _key: Reply(after=4 if path == POST_MESSAGE else 0)
    for number in range(4):
        stage.deploy(batch(f"batch-{number}"))

    done = stage.give(*[of_task(task(number, name=f"batch-{number}")) for number in range(4)])

    assert len(stage.titles) == 4
    assert done.seconds < 6
    assert stage.tick(60).seconds < 6


def test_a_topic_that_was_deleted_keeps_no_other_channel(stage: Stage) -> None:
    stage.aws.world.topics.clear()

    done = stage.give(of_task(task(1)))

    assert done.failed == []
    assert len(stage.posts) == len(stage.events) == 1


def test_a_token_that_was_rotated_is_read_anew(stage: Stage) -> None:
    stage.give(of_task(task(1)))
    stage.aws.put_secret("batches/slack", json.dumps({"token": "xoxb-2"}))
    stage.aws.put_secret("batches/datadog", "key-2")

    def answers(path: str, _body: Any, key: str) -> Reply:  # noqa: ANN401 - JSON
        if path == POST_MESSAGE:
            return Reply() if key == "xoxb-2" else Reply(body={"ok": False, "error": "invalid_auth"})
        return Reply() if key == "key-2" else Reply(status=403, body={"errors": ["Forbidden"]})

    stage.chats.answers = answers
    given_with_the_next(stage)

    assert len(stage.posts) == len(stage.events) == 2


@pytest.mark.parametrize("secret", ["no JSON", '{"other": "x"}'])
def test_a_secret_that_is_none_keeps_no_other_channel(stage: Stage, secret: str) -> None:
    stage.aws.put_secret("batches/slack", secret)

    assert given_with_the_next(stage, of_task(task(1))) == ["exit 3: daily-report in production"]
    assert [post for post in stage.chats.posts if post.path == POST_MESSAGE and post.taken] == []


OF_TABLE = ("GetItem", "TransactWriteItems", "UpdateItem", "PutItem", "Query", "DeleteItem")
BUSY = faults.error("ProvisionedThroughputExceededException", "slow down", times=None)


def test_a_table_that_fails_costs_no_message(stage: Stage) -> None:
    for operation in OF_TABLE:
        stage.aws.faults(operation, BUSY)
    body = of_task(task(1))

    first = stage.give(body)
    doubled = stage.give(body)
    again = stage.give(body, received=2)
    for operation in OF_TABLE:
        stage.aws.faults(operation)
    stage.give(body, received=3)
    stage.give(body, received=4)

    assert [done.failed for done in (first, doubled, again)] == [["m-0"]] * 3
    assert len(stage.titles) == len(stage.posts) == 2
    assert stage.last().failures == 1


def test_without_the_table_a_channel_that_refuses_costs_no_other_a_second_message(stage: Stage) -> None:
    stage.chats.answers = lambda path, _body, _key: Reply(status=500) if path == POST_MESSAGE else Reply()
    for operation in OF_TABLE:
        stage.aws.faults(operation, BUSY)

    for _ in range(3):
        stage.give(of_task(task(1)))

    assert (len(stage.titles), len(stage.events)) == (1, 1)


def test_what_comes_for_the_last_time_is_sent_without_the_table(stage: Stage) -> None:
    for operation in OF_TABLE:
        stage.aws.faults(operation, BUSY)

    stage.give(of_task(task(1)), received=LAST_RECEIPT - 1)
    assert stage.titles == []
    stage.give(of_task(task(1)), received=LAST_RECEIPT)

    assert len(stage.titles) == len(stage.dead) == 1


def test_a_table_that_throttles_a_call_is_asked_again(stage: Stage) -> None:
    for operation in ("GetItem", "TransactWriteItems"):
        stage.aws.faults(operation, faults.throttled(1))
    stage.aws.faults("UpdateItem", faults.lost_answer(1))

    given_with_the_next(stage, of_task(task(1)))

    assert len(stage.titles) == len(stage.posts) == 2


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


UNKNOWN = Message(channel="sns", to=TOPIC, notice=Notice(kind="failed", stage="production", region="eu-west-1"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("pending", "no JSON"),
        ("pending", '{"kind": "TaskEnded", "batch": "x", "task": [7]}'),
        ("outbox", "no JSON"),
        ("outbox", UNKNOWN.to_json().replace('"failed"', '"of a newer version"')),
        ("outbox", UNKNOWN.to_json().replace('"due": 0.0', '"due": null')),
    ],
)
def test_what_waits_and_cannot_be_read_does_not_stop_the_clock(stage: Stage, kind: str, body: str) -> None:
    stage.tick()
    key = (kind, "2026-11-24T00:00:00Z#x")
    stage.table.items[key] = {"kind": {"S": key[0]}, "name": {"S": key[1]}, "body": {"S": body}}

    stage.tick(60)

    assert key not in stage.table.items
    assert [letter for letter, why in stage.dead if why] == [body]
    assert sum(datum["MetricName"] == "Ticks" for datum in stage.aws.world.metrics) == 2


def test_what_fails_for_an_hour_does_not_wait_for_ever(stage: Stage) -> None:
    stage.deploy(batch(retries=1, retry_on=[3]))
    stage.give(of_task(task(1)))
    stage.tick()
    stage.aws.faults("GetParameters", faults.access_denied())

    stage.tick(400)
    assert stage.dead == []
    stage.tick(3600)

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
