"""The function: what it keeps, tells, tries again and gives up."""

import json
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.alerting.names import HANDED_TYPE, handed_source
from batchwright_runner.contract.alerting.settings import Service
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import muted_path, watch_path
from batchwright_runner.contract.pauses import Pause, utc
from batchwright_runner.contract.watch import Watch
from tests.fake_aws import faults
from tests.fake_aws.fixtures import sample_manifest
from tests.runner.alerting.support import SLACK, TABLE, World, of_task, web
from tests.runner.contract.alerting.support import task

FAILED = "exit 3: daily-report in staging"


def last(world: World) -> Last:
    (item,) = world.items("record")
    return Last.from_text(item["last"]["S"])


def test_a_failure_is_told_at_once_and_kept(world: World) -> None:
    assert world.receive(of_task(task())) == []

    assert world.subjects == [FAILED]
    assert last(world).failures == 1
    assert world.items("outbox") == []
    assert {metric["MetricName"]: metric["Value"] for metric in world.aws.world.metrics}["Failures"] == 1


def test_the_same_event_again_is_told_once(world: World) -> None:
    world.receive(of_task(task()), of_task(task()))
    world.begin()
    world.receive(of_task(task()))

    assert world.subjects == [FAILED]
    assert last(world).failures == 1


def test_a_hundred_failures_are_told_in_few_messages(world: World) -> None:
    for number in range(100):
        world.deploy(sample_manifest(f"b-{number}"))
        world.receive(of_task(task(number, name=f"b-{number}")))

    assert len(world.subjects) == 5
    world.tick()
    assert world.subjects[5:] == ["95 messages about staging of finance-systems"]
    world.tick()
    assert len(world.subjects) == 6


def test_a_retry_is_waited_for_and_then_told(world: World) -> None:
    world.deploy(sample_manifest(retries=1, retry_on=(3,)))
    world.receive(of_task(task()))
    assert world.subjects == []

    world.tick(290)
    assert world.subjects == []
    world.tick(60)
    assert world.subjects == [FAILED]
    assert world.items("pending") == []


def test_what_cannot_be_treated_is_buried_with_why_and_the_next_is_treated(world: World) -> None:
    assert world.receive("no JSON", {"source": "aws.ecs", "detail": {}}, of_task(task())) == []

    assert len(world.buried) == 2
    assert "not JSON" in world.buried[0]
    assert world.subjects == [FAILED]


def test_a_table_that_throttles(world: World) -> None:
    refused = faults.error("ProvisionedThroughputExceededException", "slow down", times=None)
    world.aws.faults("GetItem", refused)

    assert world.receive(of_task(task())) == ["0"]
    assert world.subjects == [FAILED]  # told although nothing could be kept
    assert world.receive(of_task(task()), count=2) == ["0"]
    assert world.subjects == [FAILED]

    world.aws.dispatcher.clear()
    assert world.receive(of_task(task()), count=3) == []
    assert world.subjects == [FAILED, FAILED]
    assert last(world).failures == 1


def test_a_channel_that_refuses_keeps_nobody_else_from_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.aws.put_secret("batches/slack", "xoxb-1")
    world.begin(replace(world.settings, slack=SLACK))
    with web((200, {"ok": False, "error": "channel_not_found"})) as (url, got):
        monkeypatch.setenv("BATCHWRIGHT_SLACK_URL", url)
        world.receive(of_task(task()))
        assert world.subjects == [FAILED]
        for _ in range(70):
            world.tick()

    assert len(got) > 5
    assert world.buried == ["Slack: channel_not_found, for an hour"]
    assert world.items("outbox") == []


def test_a_token_that_was_rotated_is_read_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.aws.put_secret("batches/slack", "xoxb-1")
    world.begin(replace(world.settings, topic="", slack=SLACK))
    with web((200, {"ok": True}), (200, {"ok": False, "error": "invalid_auth"}), (200, {"ok": True})) as (url, got):
        monkeypatch.setenv("BATCHWRIGHT_SLACK_URL", url)
        world.receive(of_task(task()))
        world.aws.put_secret("batches/slack", "xoxb-2")
        world.receive(of_task(task(2, 4)))

    assert [sent["headers"]["Authorization"] for sent in got] == ["Bearer xoxb-1", "Bearer xoxb-1", "Bearer xoxb-2"]
    assert world.items("outbox") == []


def test_a_mute_holds_back_and_ends_with_one_message(world: World) -> None:
    mute = Pause(reason="known", until=utc(world.now + 600))
    world.aws.put_parameter(muted_path("batches", "staging", "daily-report"), mute.to_json())
    world.receive(of_task(task()), of_task(task(2, 4)))
    world.tick()
    assert world.subjects == []
    assert last(world).failures == 2

    world.tick(600)
    assert world.subjects == ["while muted: 2 messages about daily-report in staging"]


def watched(world: World, schedule: str = "45 2 * * * UTC") -> None:
    watch = Watch(schedule=schedule, scheduler="cron", expected_seconds=1800)
    world.aws.put_parameter(watch_path("batches", "staging", "daily-report"), watch.to_json())


def test_a_run_that_does_not_come_is_told_once(world: World) -> None:
    watched(world)
    for _ in range(60):
        world.tick()

    assert world.subjects == ["did not run: daily-report in staging"]


def test_a_run_that_came_is_not_missed(world: World) -> None:
    watched(world)
    for _ in range(8):
        world.tick()
    world.receive(of_task(task(code=0, at=world.now, due="2026-11-24T02:45:00Z")))
    for _ in range(60):
        world.tick()

    assert world.subjects == []


def test_a_schedule_that_cannot_be_read_here_is_told_once(world: World) -> None:
    watched(world, "0 3 * * * Mars/Olympus")
    for _ in range(5):
        world.tick()

    assert world.subjects == ["did not run: daily-report in staging"]
    assert "Mars/Olympus" in world.aws.world.published[0]["text"]


def handed(arn: str) -> dict[str, Any]:
    source = handed_source("batches", "staging")
    return {"source": source, "detail-type": HANDED_TYPE, "detail": {"execution": arn}}


def test_a_hint_of_somebody_elses_execution_is_buried(world: World) -> None:
    world.receive(handed("arn:aws:states:eu-west-1:111111111111:execution:other:x"))

    assert len(world.buried) == 1


def test_a_record_of_a_newer_version_is_left_as_it_is(world: World) -> None:
    item = {"kind": "record", "name": "daily-report", "version": 3, "last": "{}", "state": '{"schema": 99}'}
    world.aws.put_table(TABLE, item)

    assert world.receive(of_task(task())) == []
    assert world.subjects == [FAILED]
    assert world.items("record")[0]["state"]["S"] == '{"schema": 99}'


def test_a_channel_is_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.aws.put_secret("batches/datadog", json.dumps({"key": "k"}))
    datadog = Service(to="datadoghq.eu", secret="batches/datadog", field="key")
    world.begin(replace(world.settings, datadog=datadog))
    with web((403, {})) as (url, _):
        monkeypatch.setenv("BATCHWRIGHT_DATADOG_URL", url)
        answer = world.function.test("alice")

    assert answer == {"told": ["SNS batches-staging-messages"], "untold": ["Datadog datadoghq.eu: HTTP 403"]}
