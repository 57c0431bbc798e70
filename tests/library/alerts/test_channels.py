"""SNS, Slack and Datadog, answered by servers: what they get, and what becomes of each answer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.kit.alerts_account import AlertsAccount
from tests.kit.answering import Answering, answering, post
from tests.kit.scripted_ecs import End
from tests.kit.state_machine import Ended, TaskError
from tests.library.alerts.support import DATADOG, SLACK, TOPIC, WATCH, account, task_event

FAILED = End(exit_code=3)
TAKEN = (200, '{"ok":true,"ts":"1"}')
PUBLISHED = (
    200,
    (
        '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        "<PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
    ),
)
HELD = {SLACK.connection: {"Authorization": "Bearer xoxb-1"}, DATADOG.connection: {"DD-API-KEY": "key"}}
"""What EventBridge adds of a connection."""


@dataclass
class Services:
    slack: Answering
    datadog: Answering
    sns: Answering
    account: AlertsAccount

    def fail(self) -> Ended:
        return self.account.given(task_event(FAILED))

    @property
    def told(self) -> Ended:
        """The execution that tells."""
        (one,) = self.account.executions.values()
        return one


def sns_client(url: str) -> Any:  # noqa: ANN401 - boto3 makes it
    return boto3.client(
        "sns",
        region_name="eu-west-1",
        endpoint_url=url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(retries={"total_max_attempts": 1}),
    )


@contextmanager
def services(
    *,
    slack: tuple[tuple[int, str], ...] = (TAKEN,),
    datadog: tuple[tuple[int, str], ...] = ((202, '{"errors":[]}'),),
    sns: tuple[tuple[int, str], ...] = (PUBLISHED,),
) -> Iterator[Services]:
    """The services, each with its answers."""
    with answering(*slack) as one, answering(*datadog) as two, answering(*sns, kind="text/xml") as three:
        hosts = {"slack.com": one.url, "api.datadoghq.eu": two.url}
        client = sns_client(three.url)

        def http(url: str, body: Any, connection: str) -> tuple[int, Any]:  # noqa: ANN401 - JSON
            parts = urlsplit(url)
            assert parts.scheme == "https"
            headers = {"Content-Type": "application/json", **HELD[connection]}
            return post(f"{hosts[parts.netloc]}{parts.path}", body, headers)

        def publish(arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
            try:
                return {"MessageId": client.publish(**arguments)["MessageId"]}
            except ClientError as error:
                raise TaskError(f"Sns.{error.response['Error']['Code']}Exception", str(error)) from error

        ours = account()
        ours.http, ours.publish = http, publish
        yield Services(one, two, three, ours)


def test_each_gets_the_message_once() -> None:
    with services() as ours:
        assert ours.fail().status == "SUCCEEDED"

        (slack,) = ours.slack.asked
        assert slack.path == "/api/chat.postMessage"
        assert slack.headers["authorization"] == "Bearer xoxb-1"
        assert slack.json["channel"] == "#batches"
        assert slack.json["text"] == "exit 3: daily-report in staging"
        series, event = ours.datadog.asked
        assert (series.path, event.path) == ("/api/v2/series", "/api/v1/events")
        assert event.headers["dd-api-key"] == "key"
        assert {one["metric"]: one["points"][0]["value"] for one in series.json["series"]} == {
            "batchwright.runs": 1,
            "batchwright.failures": 1,
            "batchwright.duration": 60,
        }
        assert event.json["tags"] == [
            "project:batches",
            "stage:staging",
            "batch:daily-report",
            "owner:finance-systems",
            "verdict:Batchwright.Exit3",
        ]
        assert event.json["alert_type"] == "error"
        (published,) = ours.sns.asked
        sent = parse_qs(published.body.decode())
        assert sent["TopicArn"] == [TOPIC]
        assert sent["MessageStructure"] == ["json"]
        assert sent["Subject"] == ["exit 3: daily-report in staging"]
        assert json.loads(sent["Message"][0]).keys() == {"default", "email", "sms", "https"}
        names = {value[0] for key, value in sent.items() if key.endswith(".Name")}
        assert names == {"batch", "stage", "owner", "verdict", "kind"}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (((200, '{"ok":false,"error":"channel_not_found"}'),), "Slack: channel_not_found"),
        (((200, '{"ok":false}'),), "Slack: an answer that does not come from Slack"),
        (((200, "<html>captive portal</html>"),), "Slack: an answer that does not come from Slack"),
        (((200, '{"ok":"true"}'),), "Slack: an answer that does not come from Slack"),
        (((403, "{}"),), "Slack: States.Http.StatusCode.403 {}"),
        (((429, "{}"),), "Slack: States.Http.StatusCode.429 {}"),
        (((500, "{}"),), "Slack: States.Http.StatusCode.500 {}"),
    ],
)
def test_a_slack_that_refuses_is_seen_and_keeps_no_other_from_being_told(
    answers: tuple[tuple[int, str], ...], said: str
) -> None:
    with services(slack=answers) as ours:
        ours.fail()

        assert (ours.told.status, ours.told.error, ours.told.cause) == ("FAILED", "Batchwright.NotTold", said)
        assert len(ours.sns.asked) == 1
        assert len(ours.datadog.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(status: int) -> None:
    with services(
        slack=((status, "{}"), (status, "{}"), TAKEN),
        datadog=((status, "{}"), (202, "{}")),
    ) as ours:
        ours.fail()

        assert ours.told.status == "SUCCEEDED"
        assert len(ours.slack.asked) == 3
        assert len(ours.datadog.asked) == 3


def test_it_is_not_tried_for_ever() -> None:
    with services(slack=((503, "{}"),)) as ours:
        ours.fail()

        assert len(ours.slack.asked) == 5


def test_a_refusal_that_stays_is_not_tried_again() -> None:
    with services(datadog=((403, '{"errors":["Forbidden"]}'),)) as ours:
        ours.fail()

        assert len(ours.datadog.asked) == 2  # the metric, the event
        assert ours.told.cause.startswith("Datadog: States.Http.StatusCode.403")
        assert len(ours.sns.asked) == len(ours.slack.asked) == 1


def test_an_sns_that_refuses_is_tried_again_and_then_told() -> None:
    error = "<ErrorResponse><Error><Code>KMSAccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    with services(sns=((400, error),)) as ours:
        ours.fail()

        assert len(ours.sns.asked) == 5
        assert ours.told.cause.startswith("SNS: Sns.KMSAccessDeniedException")
        assert len(ours.slack.asked) == 1


def test_a_batch_has_a_channel_of_its_own() -> None:
    with services() as ours:
        ours.account.parameters[WATCH] = '{"alerts":{"channel":"#finance"}}'
        ours.fail()

        assert ours.slack.asked[0].json["channel"] == "#finance"


def test_a_good_run_is_counted_and_told_nowhere() -> None:
    with services() as ours:
        ours.account.given(task_event(End()))

        assert ours.slack.asked == ours.sns.asked == []
        assert [one.path for one in ours.datadog.asked] == ["/api/v2/series"]


def test_a_test_goes_through_every_channel_and_touches_no_record() -> None:
    with services() as ours:
        assert ours.account.given({"test": {"by": "alice"}}).status == "SUCCEEDED"

        assert ours.slack.asked[0].json["text"] == "test of the alerts of staging"
        assert [one.path for one in ours.datadog.asked] == ["/api/v1/events"]
        text = json.loads(parse_qs(ours.sns.asked[0].body.decode())["Message"][0])["email"]
        assert text == ("test of the alerts of staging\n\nNothing has happened. alice tries whether messages arrive.")
        assert not any(name.endswith("/last/") or "/last/" in name for name in ours.account.parameters)


def test_a_test_that_does_not_arrive_fails() -> None:
    with services(slack=((200, '{"ok":false,"error":"invalid_auth"}'),)) as ours:
        ended = ours.account.given({"test": {}})

        assert (ended.status, ended.cause) == ("FAILED", "Slack: invalid_auth")


@pytest.mark.parametrize(
    ("without", "calls"),
    [
        ({"topic": ""}, {"http:invoke"}),
        ({"slack": None, "datadog": None}, {"sns:publish"}),
        ({"topic": "", "datadog": None}, {"http:invoke"}),
    ],
)
def test_what_is_not_declared_is_not_called(without: dict[str, Any], calls: set[str]) -> None:
    ours = account(**without)
    ours.given(task_event(FAILED))

    assert {resource for resource, _ in ours.calls if resource in ("http:invoke", "sns:publish")} == calls
