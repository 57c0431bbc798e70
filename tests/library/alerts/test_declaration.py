"""What a stage and a batch may say of their alerts, and what is an error at synthesis."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns

from batchwright import Alerts, DeclarationError, Existing, Secret
from batchwright.alerts.declaration import stage_alerts, subscribers
from batchwright.arns import Place
from batchwright.tokens import TOKEN
from tests.library.policy_linter import statements
from tests.library.support import (
    app,
    app_and_stack,
    batch,
    parameters_named,
    platform,
    refusal,
    stack,
    templates,
    token,
)

PLACE = Place("111111111111", "ap-northeast-1")
TOPIC = "arn:aws:sns:ap-northeast-1:111111111111:failures"
THEIRS = "arn:aws:sns:ap-northeast-1:222222222222:failures"
SLACK = {"channel": "#batches", "token": "batches/slack"}
AWAY = TOPIC.replace("ap-northeast-1", "eu-west-1")
SPOKEN = {**SLACK, "token": "xoxb-123-secret"}
OF_AWAY = "arn:aws:secretsmanager:us-east-1:111111111111:secret:x-AbCdEf"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (True, "alerts: True was given; allowed: an object with emails, slack, owners or topic"),
        ({"topics": TOPIC}, "alerts: 'topics' was given; known: emails, lines, metrics, owners, slack, topic; did you"),
        ({"topic": True}, "alerts.topic: True was given; allowed: a topic, the ARN of a standard SNS topic, or ssm:/N"),
        ({"topic": "failures"}, "alerts.topic: 'failures' was given; allowed: a topic, the ARN"),
        ({"topic": AWAY}, "is in region eu-west-1, and the stage in ap-northeast-1"),
        ({"topic": f"{TOPIC}.fifo"}, "failures.fifo is a FIFO topic, which reaches neither e-mail nor chat"),
        ({"emails": "sre@example.com"}, "alerts.emails: 'sre@example.com' was given; allowed: a list of e-mail addr"),
        *(
            ({"emails": [address]}, f"alerts.emails: {address!r} was given; allowed: e-mail addresses, such as sre@exa")
            for address in ("sre", "sre@example", "a b@example.com", "sre@example..com", 3)
        ),
        ({"slack": {"channel": "#batches"}}, "alerts.slack.token: None was given; allowed: the name or ARN of a secr"),
        ({"slack": {"token": "x"}}, "alerts.slack.channel: None was given; allowed: a channel's name, #batches, or it"),
        ({"slack": {"channel": "batches", "token": "x"}}, "alerts.slack.channel: 'batches' was given"),
        ({"slack": "#batches"}, "alerts.slack: '#batches' was given; allowed: an object with channel and token"),
        ({"slack": {**SLACK, "tokn": "x"}}, "alerts.slack: 'tokn' was given; known: channel, token; did you mean tok"),
        ({"slack": SPOKEN}, "alerts.slack.token: a token itself was given; allowed: the name or ARN of a secr"),
        ({"slack": {**SLACK, "token": OF_AWAY}}, "is in region us-east-1, and the stage in ap-northeast-1"),
        ({"metrics": "no"}, "alerts.metrics: 'no' was given; allowed: true or false"),
        ({"owners": ["sre"]}, "alerts.owners: ['sre'] was given; allowed: an object: an owner's name to emails and sl"),
        ({"owners": {"": {"emails": ["a@example.com"]}}}, "alerts.owners: '' was given"),
        ({"owners": {"a\x00b": {"emails": ["a@example.com"]}}}, "alerts.owners: 'a\\x00b' was given"),
        ({"owners": {"sre": {}}}, "alerts.owners.sre: {} was given; allowed: an object with emails or slack, or both"),
        ({"owners": {"sre": {"emails": []}}}, "alerts.owners.sre: {'emails': []} was given; allowed: an object with e"),
        ({"owners": {"sre": {"email": ["a@example.com"]}}}, "did you mean emails?"),
        ({"owners": {"sre": {"slack": "#sre"}}}, "alerts.owners.sre.slack: #sre was given, and the stage has no slack"),
        ({"slack": SLACK, "owners": {"sre": {"slack": "sre"}}}, "alerts.owners.sre.slack: 'sre' was given"),
        ({"lines": 21}, "alerts.lines: 21 was given; allowed: 0 to 20"),
        ({"lines": True}, "alerts.lines: True was given; allowed: 0 to 20"),
    ],
)
def test_what_cannot_be_deployed_or_would_not_arrive(given: Any, message: str) -> None:  # noqa: ANN401 - any value
    with pytest.raises(DeclarationError) as error:
        stage_alerts("platform staging", given, PLACE)

    assert str(error.value).startswith("platform staging: alerts")
    assert message in str(error.value)
    assert "xoxb-123" not in str(error.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"emails": ["sre@example.com", "o'neil+batches@mail.example.co.jp"]},
        {"topic": TOPIC, "emails": ["sre@example.com"]},
        {"topic": THEIRS},
        {"topic": "ssm:/shared/topic"},
        {"slack": SLACK},
        {"slack": {**SLACK, "channel": "#バッチ"}},
        {"slack": {**SLACK, "channel": "C0123456789"}, "lines": 0, "metrics": False},
        {"owners": {"sre": {"emails": ["a@example.com"]}}},
    ],
)
def test_what_may_be_said(given: dict[str, Any]) -> None:
    assert stage_alerts("platform staging", given, PLACE) is not None


def test_what_an_owner_has_of_their_own() -> None:
    finance = {"slack": "#finance", "emails": ["f@example.com"]}
    given = {"slack": SLACK, "owners": {"finance systems": finance, "sre": {"emails": ["sre@example.com"]}}}

    declared = stage_alerts("platform staging", given, PLACE)

    assert declared is not None
    assert (declared.slack, declared.token) == ("#batches", "batches/slack")
    assert declared.owners == {"finance systems": "#finance", "sre": ""}
    assert declared.owner_emails == {"finance systems": ("f@example.com",), "sre": ("sre@example.com",)}


@pytest.mark.parametrize(
    ("emails", "owners", "filters"),
    [
        (["a"], {}, {"a": {}}),
        (["a"], {"x": ["b"]}, {"a": {"owner": [{"anything-but": ["x"]}]}, "b": {"owner": ["x"]}}),
        (["a"], {"x": ["a"]}, {"a": {}}),
        (["a"], {"x": ["a", "b"], "y": ["b"]}, {"a": {"owner": [{"anything-but": ["y"]}]}, "b": {"owner": ["x", "y"]}}),
        ([], {"x": ["b"]}, {"b": {"owner": ["x"]}}),
    ],
)
def test_an_owners_people_are_told_in_place_of_the_stages_and_each_address_is_subscribed_once(
    emails: list[str], owners: dict[str, list[str]], filters: dict[str, Any]
) -> None:
    assert subscribers(emails, owners) == filters


def test_a_topic_of_an_app_may_be_given() -> None:
    ours = stack(app())
    topic = sns.Topic(ours, "Topic")

    assert platform(ours, alerts={"topic": topic}).alerts_topic is topic
    assert platform(stack(app()), alerts={"topic": token()}).alerts is not None


NAMED = "arn:aws:secretsmanager:ap-northeast-1:111111111111:secret:batches/slack"
WHOLE = f"{NAMED}-AbCdEf"


@pytest.mark.parametrize(
    ("token_of", "arn", "field"),
    [
        (lambda scope: secretsmanager.Secret.from_secret_name_v2(scope, "S", "batches/slack"), NAMED, ""),
        (lambda scope: secretsmanager.Secret.from_secret_complete_arn(scope, "S", WHOLE), WHOLE, ""),
        (lambda _: Secret.secrets_manager("SLACK", WHOLE, json_field="token"), WHOLE, "token"),
        (lambda _: Secret.secrets_manager("SLACK", f"{WHOLE}:token::"), WHOLE, "token"),
    ],
    ids=["by name", "by arn", "Secret with a field", "Secret with a field in its arn"],
)
def test_the_token_may_be_a_secret(token_of: Callable[[Stack], Any], arn: str, field: str) -> None:
    read = stage_alerts("platform staging", {"slack": {"channel": "#a", "token": token_of(stack(app()))}}, PLACE)

    assert read
    assert TOKEN.sub("aws", read.token) == (f"{arn}#{field}" if field else arn)


def test_the_function_may_read_a_secret_of_the_same_app_and_no_other() -> None:
    home = app()
    theirs = secretsmanager.Secret(stack(home, "theirs"), "Slack")
    platform(stack(home, "platform"), alerts={"slack": {"channel": "#a", "token": theirs}})

    found = statements(templates(home)["batches-staging-alerts"])
    read = [one["Resource"] for _, one in found if "secretsmanager:GetSecretValue" in one["Action"]]
    assert len(read) == 2  # the listener's, and that of the function which tries it
    assert all("ExportsOutputRefSlack" in json.dumps(resource) and "??????" not in str(resource) for resource in read)


@pytest.mark.parametrize("given", [Secret("TOKEN"), Secret.existing("TOKEN", "/shared/TOKEN"), Secret.shared("TOKEN")])
def test_a_secret_of_ssm_is_no_token_of_a_service(given: Secret) -> None:
    with refusal(r"^platform staging: alerts\.slack\.token: .* allowed: the name or ARN"):
        platform(stack(app()), alerts={"slack": {"channel": "#a", "token": given}})


def test_a_secret_of_another_region_is_no_token_of_a_service() -> None:
    home = app()
    away = stack(home, "away", env=Environment(account="111111111111", region="eu-west-1"))

    with refusal(r"alerts\.slack\.token: a secret is in region eu-west-1, and the stage in"):
        platform(stack(home), alerts={"slack": {"channel": "#a", "token": secretsmanager.Secret(away, "S")}})


@pytest.mark.parametrize("argument", ["alerts.topic", "alarm_topic"])
@pytest.mark.parametrize("made", [True, False])
def test_a_topic_of_another_region_is_refused_however_it_is_known(argument: str, made: bool) -> None:
    home = app()
    away = stack(home, "away", env=Environment(account="111111111111", region="eu-west-1"))
    arn = f"arn:aws:sns:eu-west-1:111111111111:failures-{token()}"
    topic = sns.Topic(away, "Topic") if made else sns.Topic.from_topic_arn(away, "Topic", arn)
    given: dict[str, Any] = {"alarm_topic": topic} if argument == "alarm_topic" else {"alerts": {"topic": topic}}

    with refusal(f"^platform staging: {argument}: a topic is in region eu-west-1, and th"):
        platform(stack(home), **given)


# A batch.


def watched(alerts: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """What the batch's record ``watch`` says of its alerts."""
    home, ours = app_and_stack()
    batch(ours, platform(ours), alerts=alerts)
    values = [parameter["Value"] for parameter in parameters_named(templates(home)["stack"], "/watch/")]
    asked: dict[str, Any] = json.loads(values[0])["alerts"] if values else {}
    return asked


@pytest.mark.parametrize(
    ("alerts", "asked"),
    [
        (None, {}),
        (Alerts(), {}),
        (False, {"off": True}),
        (Alerts(after_failures=2), {"after_failures": 2}),
        (Alerts(after_failures=20, lines=0), {"after_failures": 20, "lines": 0}),
    ],
)
def test_what_a_batch_asks_is_published(alerts: Any, asked: dict[str, Any]) -> None:  # noqa: ANN401 - any value
    assert watched(alerts) == asked


@pytest.mark.parametrize(
    ("alerts", "message"),
    [
        (
            Alerts(after_failures=21),
            "alerts.after_failures: 21 was given; allowed: 1 to 20: that many runs are kept of a batch",
        ),
        (Alerts(after_failures=True), "alerts.after_failures: True was given"),
        (Alerts(lines=21), "alerts.lines: 21 was given; allowed: 0 to 20"),
        (True, "alerts: True was given"),
        ({"after_failures": 2}, "alerts: {'after_failures': 2} was given"),
    ],
)
def test_what_a_batch_cannot_ask(alerts: Any, message: str) -> None:  # noqa: ANN401 - any value
    with refusal(re.escape(f"batch report: {message}")):
        watched(alerts)


def test_of_an_adopted_log_group_no_lines_can_be_asked() -> None:
    ours = stack(app())
    on = platform(ours)
    existing = Existing(log_group=logs.LogGroup.from_log_group_name(ours, "Theirs", "/legacy/report"))
    batch(ours, on, existing=existing, alerts=Alerts(after_failures=2))
    with refusal(r"alerts\.lines: 5 was given, and its log group is an existing one"):
        batch(ours, on, "other", existing=existing, alerts=Alerts(lines=5))
