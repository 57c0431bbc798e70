"""``batchwright alerts test``: a message through every channel."""

import json
from pathlib import Path

import pytest

from batchwright.iam import run_policies
from batchwright_runner.contract.names import StageNames
from tests.fake_aws import AwsServer, faults
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.grants import NAMES, PLACE

PAGE = Path(__file__).parents[4].joinpath("docs/alerts.md").read_text(encoding="utf-8")
FUNCTION = "batches-staging-alerts-test"
GOOD = ("", {"told": ["SNS batches-staging-messages", "Slack #batches"], "untold": []})


def tried(aws: AwsServer, folder: Path, *words: str) -> Done:
    return batchwright(aws, folder, "alerts", "test", "-s", "staging", *words)


def test_a_message_that_arrives(aws: AwsServer, tmp_path: Path) -> None:
    aws.world.functions[FUNCTION] = GOOD
    done = tried(aws, tmp_path)

    assert (done.code, done.text) == (0, "")
    assert [line.removeprefix("batchwright: ") for line in done.err.splitlines()] == [
        "sending a message to each channel of stage staging, and waiting for what they answer",
        "told: SNS batches-staging-messages",
        "told: Slack #batches",
        "every channel of stage staging took the message",
    ]
    assert done.last in PAGE
    (call,) = aws.calls_of("Invoke")
    assert call.body["Payload"] == {"by": "test"}


def test_each_channel_that_did_not_take_it_is_named(aws: AwsServer, tmp_path: Path) -> None:
    untold = ["Datadog datadoghq.eu: 403 Forbidden\n<html>", "Slack #batches: not_in_channel"]
    aws.world.functions[FUNCTION] = ("", {"told": [], "untold": untold})
    done = tried(aws, tmp_path)

    assert done.code == 1
    assert "batchwright: not told: Slack #batches: not_in_channel\n" in done.err
    assert "batchwright: not told: Slack #batches: not_in_channel\n" in PAGE
    assert "batchwright: not told: Datadog datadoghq.eu: 403 Forbidden <html>\n" in done.err
    assert "every channel" not in done.err


def test_as_json_it_prints_what_each_channel_answered(aws: AwsServer, tmp_path: Path) -> None:
    answer = {"told": ["SNS batches-staging-messages"], "untold": ["Slack #batches: not_in_channel"]}
    aws.world.functions[FUNCTION] = ("", answer)
    done = tried(aws, tmp_path, "--json", "--quiet")

    assert (json.loads(done.text), done.code, done.err) == ({"stage": "staging", **answer}, 1, "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (("Unhandled", {"errorType": "SettingsError", "errorMessage": "BATCHWRIGHT_ALERTS cannot\nbe read"}), "failed"),
        (("", {}), f"the function {FUNCTION} answered"),
    ],
)
def test_a_function_that_fails_or_answers_something_else(
    aws: AwsServer, tmp_path: Path, answer: tuple[str, object], why: str
) -> None:
    aws.world.functions[FUNCTION] = answer
    done = tried(aws, tmp_path)

    assert done.code == 125
    assert "whether the message arrived is not known: " in done.err
    assert why in done.err
    if answer[0]:
        assert "SettingsError: BATCHWRIGHT_ALERTS cannot be read. See its log, /aws/lambda/" in done.err


def test_a_message_whose_answer_was_lost_is_not_sent_again(aws: AwsServer, tmp_path: Path) -> None:
    aws.world.functions[FUNCTION] = GOOD
    aws.faults("Invoke", faults.lost_answer())
    done = tried(aws, tmp_path)

    assert (done.code, len(aws.calls_of("Invoke"))) == (125, 1)
    assert "whether the message arrived is not known" in done.err


def test_a_function_that_is_throttled_is_tried_again(aws: AwsServer, tmp_path: Path) -> None:
    aws.world.functions[FUNCTION] = GOOD
    aws.faults("Invoke", faults.error("TooManyRequestsException", "Rate Exceeded.", status=429))

    assert tried(aws, tmp_path).code == 0


def test_a_stage_without_alerts(aws: AwsServer, tmp_path: Path) -> None:
    done = tried(aws, tmp_path)

    assert done.code == 2
    assert "stage staging has no alerts: there is no function batches-staging-alerts-test" in done.err
    assert "Add alerts to context.stages.staging of cdk.json, and deploy batches-staging-alerts" in done.err


def test_the_operator_may_try_them(aws: AwsServer, tmp_path: Path) -> None:
    aws.world.functions[FUNCTION] = GOOD
    aws.limit(run_policies.try_alerts(PLACE, NAMES), {})
    assert tried(aws, tmp_path).code == 0

    aws.limit(run_policies.try_alerts(PLACE, StageNames("batches", "production")), {})
    done = tried(aws, tmp_path)
    assert done.code == 125
    assert "grant_operate" in done.err
