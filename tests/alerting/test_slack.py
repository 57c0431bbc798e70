"""The listener for Slack: who is told where, and what Slack does not take comes again."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.alerting.chats import Reply
from tests.alerting.stage import Stage, of_task, records
from tests.runner.contract.alerting.support import batch, task


def tell(stage: Stage, *owners: str) -> None:
    """Has runs fail of batches with these owners."""
    for number, owner in enumerate(owners):
        stage.deploy(batch(f"batch-{number}", owner=owner))
        stage.give(of_task(task(number, name=f"batch-{number}")))


def test_an_owner_is_told_in_its_own_channel_and_all_others_in_that_of_the_stage(stage: Stage) -> None:
    tell(stage, "sre", "finance")
    stage.listen()

    assert [(post["channel"], post["text"]) for post in stage.posts] == [
        ("#batches", "exit 3: batch-0 in production"),
        ("#finance", "exit 3: batch-1 in production"),
    ]


def test_an_owner_with_addresses_alone_is_not_told_in_the_channel_of_the_stage(stage: Stage) -> None:
    stage.begin_anew(replace(stage.settings, owners={"finance": ""}))
    tell(stage, "finance")

    assert stage.listen().failed == []
    assert stage.posts == []


def test_a_message_of_another_stage_in_a_topic_of_the_house_is_passed_over(stage: Stage) -> None:
    tell(stage, "sre")
    body = json.loads(json.loads(stage.aws.world.published[0]["text"])["sqs"])

    theirs = list(records([{**body, "project": "others"}, {**body, "stage": "staging"}]))

    assert stage.function({"Records": theirs}, handler="handle_slack").failed == []
    assert stage.posts == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body={"ok": False, "error": "channel_not_found"}),
        Reply(body="<html>a portal</html>"),
        Reply(status=500, body="oops"),
        Reply(status=429, body={"ok": False, "error": "ratelimited"}),
        Reply(after=4),
    ],
)
def test_what_slack_does_not_take_comes_again_and_keeps_no_other(stage: Stage, reply: Reply) -> None:
    tell(stage, "sre", "finance")
    stage.chats.answers = lambda _path, body, _key: reply if body["channel"] == "#batches" else Reply()

    done = stage.listen()

    assert (done.error, done.failed) == ("", ["m-0"])
    assert stage.posts[-1]["channel"] == "#finance"


def test_what_is_no_message_comes_again_until_it_is_a_dead_letter(stage: Stage) -> None:
    done = stage.function({"Records": list(records(["no JSON", {"kind": "failed"}]))}, handler="handle_slack")

    assert (done.error, done.failed) == ("", ["m-0", "m-1"])


def test_a_token_that_was_rotated_is_read_anew(stage: Stage) -> None:
    tell(stage, "sre")
    stage.listen()
    stage.aws.put_secret("batches/slack", json.dumps({"token": "xoxb-2"}))

    def answers(_path: str, _body: Any, key: str) -> Reply:  # noqa: ANN401 - JSON
        return Reply() if key == "xoxb-2" else Reply(body={"ok": False, "error": "invalid_auth"})

    stage.chats.answers = answers
    stage.give(of_task(task(9, 9)))
    assert stage.listen().failed == []

    assert [post["text"] for post in stage.posts][-1] == "exit 9: daily-report in production"


@pytest.mark.parametrize("secret", ["no JSON", '{"other": "x"}'])
def test_a_secret_without_a_token_is_said(stage: Stage, secret: str) -> None:
    stage.aws.put_secret("batches/slack", secret)
    tell(stage, "sre")

    assert stage.listen().failed == ["m-0"]
    assert stage.posts == []
    assert "the secret batches/slack has no field token" in stage.function.log
