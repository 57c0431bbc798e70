"""The function as Lambda runs it: what its process has, and that it stays warm."""

import json
from dataclasses import replace

from batchwright_runner.contract.moments import show_in, shown
from batchwright_runner.contract.watch import Watch
from tests.alerting.chats import Reply
from tests.alerting.stage import Stage, of_task
from tests.fake_aws.services import states
from tests.runner.contract.alerting.support import NOW, SETTINGS, batch, machine_of, task


def test_a_failure_reaches_the_topic_and_slack(stage: Stage) -> None:
    done = stage.give(of_task(task(1)))
    heard = stage.listen()

    assert (done.error, done.failed, heard.error, heard.failed) == ("", [], "", [])
    assert stage.titles == ["exit 3: daily-report in production"]
    assert [post["text"] for post in stage.posts] == stage.titles
    assert stage.last().verdict == "Batchwright.Exit3"
    assert stage.dead == []


def test_times_are_those_of_the_stages_zone(stage: Stage) -> None:
    stage.begin_anew(replace(SETTINGS, timezone="Asia/Tokyo"))
    stage.give(of_task(task(1, 0)), of_task(task(2)))

    show_in(lambda: "Asia/Tokyo")
    (mail,) = stage.mails
    assert f"last success  {shown(stage.last().succeeded)}\n" in mail
    assert shown(stage.last().succeeded).endswith(" JST")


def test_the_process_has_its_package_and_the_sdk_and_nothing_else(stage: Stage) -> None:
    done = stage.give(of_task(task(1)))

    ours = {name.partition(".")[2] for name in done.modules if name.startswith("batchwright_runner.")}
    assert {"alerting.handler", "contract.alerting.decide"} <= ours
    assert {name.partition(".")[0] for name in ours} <= {"_version", "alerting", "contract"}
    assert not {"click", "yaml", "aws_cdk", "pytest"} & set(done.modules)


def test_a_warm_process_takes_many_events_and_a_cold_one_the_next(stage: Stage) -> None:
    first = stage.give(of_task(task(1)))
    stage.give(of_task(task(2, 4)), of_task(task(3, 0)))
    stage.function.cool()
    cold = stage.give(of_task(task(1)))

    assert first.error == cold.error == ""
    assert [title.partition(":")[0] for title in stage.titles] == ["exit 3", "exit 4", "succeeded again"]


def test_a_stage_without_metrics_keeps_its_records(stage: Stage) -> None:
    stage.begin_anew(replace(SETTINGS, metrics=False))
    stage.give(of_task(task(1)))

    assert stage.last().failures == 1
    assert {datum["MetricName"] for datum in stage.aws.world.metrics} == set()


def test_a_test_goes_to_the_topic_and_each_channel_and_names_who_has_not_confirmed(stage: Stage) -> None:
    stage.aws.world.unconfirmed = ["sre@example.com"]
    stage.chats.answers = lambda _path, body, _key: Reply(
        body={"ok": body["channel"] != "#finance", "error": "not_in_channel"}
    )

    answer = stage.function({"by": "alice"}, handler="handle_test").answer

    assert answer["untold"] == ["e-mail sre@example.com: not confirmed yet", "Slack #finance: not_in_channel"]
    assert json.loads(stage.aws.world.published[0]["attributes"]["owner"]) == ["unknown", "finance"]
    assert "alice tries whether messages arrive" in stage.mails[0]
    assert not [
        call for call in stage.aws.calls if call.operation in ("GetItem", "TransactWriteItems", "GetParameters")
    ]


def test_a_message_of_each_kind_reaches_the_mail_and_slack(stage: Stage) -> None:
    hourly = Watch(schedule="30 * * * * UTC", scheduler="cron", expected_seconds=1200)
    for name in ("daily-report", "absent", "slow"):
        stage.deploy(
            batch(name, machine=machine_of(name) if name == "slow" else ""), hourly if name != "daily-report" else None
        )
    stage.tick()
    stage.give(of_task(task(1)))
    stage.give(of_task(task(2, 0, at=NOW + 60)))
    stage.now = NOW + 3005
    states.begin(
        stage.aws.world, machine_of("slow"), "nightly", given='{"scheduled": "2026-11-24T03:30:00Z"}', at=stage.now
    )
    stage.ticks(1500)
    stage.function({"by": "alice"}, handler="handle_test")
    stage.listen()

    kinds = [message["attributes"]["kind"] for message in stage.aws.world.published]
    assert sorted(kinds) == ["failed", "late", "missed", "recovered", "test"]
    assert sorted(stage.titles) == [
        "did not run: absent in production",
        "exit 3: daily-report in production",
        "is taking too long: slow in production",
        "succeeded again: daily-report in production",
        "test of the alerts of production",
    ]
    assert {post["text"] for post in stage.posts} == set(stage.titles)
