"""The stack of a stage's alerts: what is made, under which names, and how it hangs together."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from batchwright import BatchPlatform, FargateBatch, Schedule
from batchwright.cdk import known_options
from batchwright.functions.package import name_of, package
from batchwright.task.outside import Written
from batchwright.testing import Template, resources
from batchwright_runner.contract.alerting.settings import VARIABLE, AlertSettings
from tests.library.alerts.stack import ALL, HERE, SLACK, alerts_stack, whole
from tests.library.automation.support import text
from tests.library.nag import nagged_rules
from tests.library.policy_linter import statements
from tests.library.support import (
    app,
    batch,
    logical_ids,
    of_type,
    only,
    platform,
    refusal,
    stack,
    stack_after,
    templates,
    token,
)

TOPIC = f"arn:aws:sns:{HERE}:failures"
ACCEPTED = {
    "DDB3": "records begin anew with the next runs; nothing of it has to be restored",
    "IAM5": "batches are named by a prefix, and some actions have no resource",
    "L1": "it is the newest Python that the tests of the runner know",
}


def attribute(construct_id: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [construct_id, "Arn"]}


def function(template: Template, name: str = "batches-staging-alerts") -> dict[str, Any]:
    return only(template, "AWS::Lambda::Function", FunctionName=name)


def test_it_is_a_stack_of_its_own() -> None:
    stacks = whole()

    assert list(stacks) == ["platform", "batches-staging-alerts"]
    number = {kind: len(of_type(stacks["batches-staging-alerts"], f"AWS::{kind}")) for kind in KINDS}
    assert number == KINDS
    assert sum(KINDS.values()) == len(stacks["batches-staging-alerts"]["Resources"])


KINDS = {
    "CloudWatch::Alarm": 5,
    "DynamoDB::Table": 1,
    "Events::Rule": 4,
    "IAM::Role": 3,
    "Lambda::EventSourceMapping": 2,
    "Lambda::Function": 3,
    "Logs::LogGroup": 3,
    "SNS::Subscription": 4,
    "SNS::Topic": 2,
    "SNS::TopicPolicy": 2,
    "SQS::Queue": 4,
    "SQS::QueuePolicy": 4,
}


def test_it_does_not_grow_with_the_stages_batches_whose_machines_hand_over_and_may() -> None:
    home, first, ours = stack_after("platform")
    on = platform(first, alerts=ALL)
    for number in range(3):
        declared = {"scheduler": "aws", "schedule": Schedule.daily("02:30"), "expected": Duration.minutes(20)}
        batch(ours, on, name=f"report-{number}", **declared)
    by_stack = templates(home)

    assert by_stack["batches-staging-alerts"] == alerts_stack()
    assert len(of_type(by_stack["stack"], "AWS::Scheduler::Schedule")) == 3
    for machine in resources(by_stack["stack"], "AWS::StepFunctions::StateMachine"):
        assert json.loads(text(machine["DefinitionString"]))["States"]["Tell"]["Type"] == "Task"
    assert sum(statement.get("Sid") == "TellOfFailure" for _, statement in statements(by_stack["stack"])) == 3


def test_a_stage_without_alerts_has_nothing_of_them_and_they_change_nothing_of_its_platform() -> None:
    home, first, ours = stack_after("platform")
    stage = platform(first)
    batch(ours, stage, scheduler="aws", schedule=Schedule.daily("02:30"))
    by_stack = templates(home)

    assert stage.alerts is None
    assert not [word for word in ("-alerts", "DynamoDB") if word in json.dumps(by_stack)]
    plain = app()
    platform(stack(plain, "platform"))
    assert whole()["platform"] == templates(plain)["platform"]


def test_the_local_stage_tells_no_one() -> None:
    home = app()
    place = stack(home, "platform", env=Environment(account="000000000000", region="us-east-1"))
    assert platform(place, stage="local", alerts=ALL).alerts is None


def test_rules_and_a_clock_send_to_one_queue_with_dead_letters() -> None:
    rules = {rule["Name"].removeprefix("batches-staging-events-"): rule for rule in resources(alerts_stack(), RULE)}

    assert rules.keys() == {"tasks", "executions", "handed", "clock"}
    assert rules["clock"]["ScheduleExpression"] == "rate(1 minute)"
    for rule in rules.values():
        (target,) = rule["Targets"]
        assert (target["Arn"], target["DeadLetterConfig"]) == (attribute("Queue"), {"Arn": attribute("DeadLetters")})


RULE = "AWS::Events::Rule"


def test_a_message_is_the_functions_for_six_times_as_long_as_a_call_may_take() -> None:
    template = alerts_stack()
    queues = [queue for queue in resources(template, "AWS::SQS::Queue") if "VisibilityTimeout" in queue]

    assert queues == [
        {
            "QueueName": f"batches-staging-{name}",
            "VisibilityTimeout": 180,
            "MessageRetentionPeriod": 14 * 24 * 3600,
            "RedrivePolicy": {"deadLetterTargetArn": attribute(dead), "maxReceiveCount": 25},
            "SqsManagedSseEnabled": True,
        }
        for name, dead in (("events", "DeadLetters"), ("slack", "SlackDeadLetters"))
    ]
    assert function(template)["Timeout"] == 30
    assert resources(template, "AWS::Lambda::EventSourceMapping") == [
        {
            "FunctionName": {"Ref": f"{prefix}Function"},
            "EventSourceArn": attribute(f"{prefix}Queue"),
            "BatchSize": 5,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "ScalingConfig": {"MaximumConcurrency": 4},
        }
        for prefix in ("", "Slack")
    ]


def test_the_functions_are_of_one_package_and_have_a_log_of_thirty_days() -> None:
    template = alerts_stack()
    names = ("batches-staging-alerts", "batches-staging-alerts-test", "batches-staging-slack")
    tells, tries, listens = (function(template, name) for name in names)

    handlers = [each["Handler"].removeprefix("batchwright_runner.alerting.") for each in (tells, tries, listens)]
    assert handlers == ["handler.handle", "handler.handle_test", "handler.handle_slack"]
    assert tells["Code"] == tries["Code"] == listens["Code"]
    assert tells["Code"]["S3Key"] == f"{name_of(package()[0])}.zip"
    assert tells["Environment"] == tries["Environment"]
    assert {"ReservedConcurrentExecutions", "VpcConfig", "Layers"} & tells.keys() == set()
    days = {group["LogGroupName"]: group["RetentionInDays"] for group in resources(template, "AWS::Logs::LogGroup")}
    assert days == {f"/aws/lambda/{name}": 30 for name in names}


def test_the_package_is_in_the_assembly_and_is_uploaded_as_it_is() -> None:
    home = app()
    platform(stack(home, "platform"), alerts=ALL)
    home.synth()
    digest, packed = name_of(package()[0]), package()[1]
    manifest = json.loads(Path(home.outdir, "batches-staging-alerts.assets.json").read_text(encoding="utf-8"))

    assert manifest["files"][digest]["source"] == {"path": f"asset.{digest}.zip", "packaging": "file"}
    assert Path(home.outdir, f"asset.{digest}.zip").read_bytes() == packed


def test_what_the_function_is_told_is_what_was_declared() -> None:
    variables = function(alerts_stack())["Environment"]["Variables"]

    assert variables.keys() == {VARIABLE}
    assert AlertSettings.from_text(variables[VARIABLE]) == AlertSettings(
        project="batches",
        stage="staging",
        region="ap-northeast-1",
        account="111111111111",
        cluster="batches-staging",
        timezone="UTC",
        table="batches-staging-alerts",
        dead_letters="https://sqs.ap-northeast-1.amazonaws.com/111111111111/batches-staging-events-dead-letters",
        topic=f"arn:aws:sns:{HERE}:batches-staging-messages",
        slack="#batches",
        token="batches/slack#token",
        owners={"finance": "#finance"},
    )


def test_more_than_lambda_takes_is_refused() -> None:
    owners = {f"team {number}": {"slack": f"#{'x' * 60}-{number}"} for number in range(50)}

    with refusal(r"platform staging: alerts\.owners: 50 owners.*4096"):
        alerts_stack({**ALL, "owners": owners})


def test_the_table_forgets_what_has_expired() -> None:
    assert only(alerts_stack(), "AWS::DynamoDB::Table") == {
        "TableName": "batches-staging-alerts",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("kind", "name")],
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "name", "KeyType": "RANGE"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    }


def test_messages_and_alarms_have_topics_of_their_own() -> None:
    template = alerts_stack()

    assert {topic["TopicName"]: topic.get("KmsMasterKeyId") for topic in resources(template, "AWS::SNS::Topic")} == {
        "batches-staging-messages": "alias/aws/sns",
        "batches-staging-alarms": None,
    }
    subscribed = [
        (subscription["TopicArn"]["Ref"], subscription["Endpoint"], subscription.get("FilterPolicy"))
        for subscription in resources(template, SUBSCRIPTION)
        if subscription["Protocol"] == "email"
    ]
    assert sorted(subscribed, key=str) == [
        ("Alarms", "sre@example.com", None),
        ("Messages", "finance@example.com", {"owner": ["finance"]}),
        ("Messages", "sre@example.com", {"owner": [{"anything-but": ["finance"]}]}),
    ]


def test_slack_is_told_by_a_queue_of_its_own_that_hears_of_this_stage_alone() -> None:
    (queue,) = [each for each in resources(alerts_stack(), SUBSCRIPTION) if each["Protocol"] == "sqs"]

    assert queue == {
        "TopicArn": {"Ref": "Messages"},
        "Protocol": "sqs",
        "Endpoint": attribute("SlackQueue"),
        "RawMessageDelivery": True,
        "FilterPolicy": {"stage": ["staging"], "kind": [{"anything-but": "test"}]},
    }
    without = alerts_stack({"emails": ["sre@example.com"]})
    assert "lack" not in json.dumps(without["Resources"]).replace('\\"slack\\":\\"\\"', "")


def test_a_topic_of_the_house_takes_the_place_of_ours_with_all_listeners_and_its_key() -> None:
    home = app()
    theirs = stack(home, "theirs")
    key = kms.Key(theirs, "Key")
    given = {**ALL, "topic": sns.Topic(theirs, "Topic", master_key=key)}
    platform(stack(home, "platform"), alerts=given)
    template = templates(home)["batches-staging-alerts"]

    assert [topic["TopicName"] for topic in resources(template, "AWS::SNS::Topic")] == ["batches-staging-alarms"]
    listeners = [each for each in resources(template, SUBSCRIPTION) if each["TopicArn"] != {"Ref": "Alarms"}]
    assert {each["Protocol"] for each in listeners} == {"email", "sqs"}
    assert all(each["FilterPolicy"]["stage"] == ["staging"] for each in listeners)
    uses = [statement for _, statement in statements(template) if statement.get("Sid") == "UseTopicKey"]
    assert len(uses) == 2
    assert all("ExportsOutputFnGetAttKey" in json.dumps(use["Resource"]) for use in uses)


@pytest.mark.parametrize("place", [HERE, "ap-northeast-1:222222222222"])
def test_of_a_topic_by_its_arn_the_function_may_use_whichever_key_it_has(place: str) -> None:
    found = statements(alerts_stack({"topic": TOPIC.replace(HERE, place)}))

    uses = [statement for _, statement in found if statement.get("Sid") == "UseTopicKey"]
    assert [use["Resource"] for use in uses] == [f"arn:aws:kms:{place}:key/*"] * 2
    assert uses[0]["Condition"] == {"StringEquals": {"kms:ViaService": "sns.ap-northeast-1.amazonaws.com"}}
    assert not [one for _, one in statements(alerts_stack()) if one.get("Sid") == "UseTopicKey"]


def test_what_the_house_adds_is_a_subscription_of_the_topic() -> None:
    home = app()
    on = platform(stack(home, "platform"), alerts={"emails": ["sre@example.com"]})
    assert on.alerts_topic is not None
    policy = {"kind": sns.SubscriptionFilter.string_filter(allowlist=["missed"])}
    on.alerts_topic.add_subscription(subscriptions.UrlSubscription("https://x.example", filter_policy=policy))

    added = resources(templates(home)["batches-staging-alerts"], SUBSCRIPTION)
    (theirs,) = [each for each in added if each["Protocol"] == "https"]
    assert (theirs["TopicArn"], theirs["FilterPolicy"]) == ({"Ref": "Messages"}, {"kind": ["missed"]})


SUBSCRIPTION = "AWS::SNS::Subscription"


def test_a_subscription_is_called_after_its_address() -> None:
    def ids(*emails: str) -> set[tuple[str, str]]:
        subscriptions = logical_ids(alerts_stack({"emails": [*emails]}), SUBSCRIPTION)
        return {(id, subscription["Properties"]["Endpoint"]) for id, subscription in subscriptions.items()}

    both = ids("b@example.com", "a@example.com")
    assert len(both) == 4
    assert ids("b@example.com") < both


RUNS, ALARMS = "nobody is told of the runs of batches-staging", "nobody hears the alarms of batches-staging-alerts"


@pytest.mark.parametrize(
    ("alerts", "warned"),
    [
        (ALL, []),
        ({"slack": SLACK}, [ALARMS]),
        ({"topic": TOPIC}, [ALARMS]),
        ({"owners": {"finance": {"emails": ["f@example.com"]}}}, [f"{RUNS} of other owners", ALARMS]),
        ({}, [RUNS, ALARMS]),
    ],
)
def test_whom_nobody_hears_is_a_warning(alerts: dict[str, Any], warned: list[str]) -> None:
    home = app()
    platform(stack(home, "platform"), alerts=alerts)

    warnings = [str(message.entry.data) for stack in home.synth().stacks for message in stack.messages]
    assert [text.partition(":")[0] for text in warnings] == warned


def test_what_is_broken_rings() -> None:
    alarms = {
        alarm["AlarmName"].removeprefix("batches-staging-alerts-"): alarm
        for alarm in resources(alerts_stack(), "AWS::CloudWatch::Alarm")
    }

    queue = "batches-staging-events"
    shown = {
        kind: (alarm["MetricName"], alarm["Dimensions"][0]["Value"], alarm["Statistic"], alarm["ComparisonOperator"][0])
        for kind, alarm in alarms.items()
    }
    assert shown == {
        "dead-letters": ("ApproximateNumberOfMessagesVisible", f"{queue}-dead-letters", "Maximum", "G"),
        "age": ("ApproximateAgeOfOldestMessage", queue, "Maximum", "G"),
        "errors": ("Errors", "batches-staging-alerts", "Sum", "G"),
        "clock": ("Ticks", "batches", "Sum", "L"),
        "slack": ("ApproximateNumberOfMessagesVisible", "batches-staging-slack-dead-letters", "Maximum", "G"),
    }
    assert [alarms[kind]["Threshold"] for kind in shown] == [0, 300, 0, 1, 0]
    assert all(alarm["AlarmActions"] == [{"Ref": "Alarms"}] for alarm in alarms.values())
    clock = alarms["clock"]  # that stands still; one that never went does not ring
    assert clock["InsufficientDataActions"] == clock["AlarmActions"]
    assert "OKActions" not in clock
    assert (clock["TreatMissingData"], clock["EvaluationPeriods"] * clock["Period"]) == ("missing", 15 * 60)
    assert clock["Dimensions"] == [{"Name": "project", "Value": "batches"}, {"Name": "stage", "Value": "staging"}]


def test_what_a_parameter_names_is_read_in_the_alerts_stack() -> None:
    template = alerts_stack({"topic": "ssm:/shared/topic"}, cluster=Written("ssm:/shared/cluster"))

    read = {parameter.get("Default"): name for name, parameter in template["Parameters"].items()}
    assert {"/shared/topic", "/shared/cluster"} <= read.keys()
    assert "Export" not in json.dumps(template)
    settings = function(template)["Environment"]["Variables"][VARIABLE]
    assert {"Ref": read["/shared/topic"]} in settings["Fn::Join"][1]
    publish = [statement for _, statement in statements(template) if statement.get("Sid") == "TellTopic"]
    assert [statement["Resource"] for statement in publish] == [{"Ref": read["/shared/topic"]}] * 2


def test_a_topic_that_only_a_deployment_knows() -> None:
    assert {"Ref": "Thing"} in function(alerts_stack({"topic": token()}))["Environment"]["Variables"][VARIABLE][
        "Fn::Join"
    ][1]


def test_a_deployed_platform_is_told_that_it_has_alerts() -> None:
    home = app()
    for given in (True, False):
        ours = stack(home, f"app{given}")
        theirs = BatchPlatform.from_deployed(ours, "Platform", stage="staging", schedules=True, alerts=given)
        FargateBatch(ours, f"report-{given}".lower(), platform=theirs, owner="sre", description="x", scheduler="aws")
    states = {
        name: json.loads(text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]))["States"]
        for name, template in templates(home).items()
    }

    assert {name: "Tell" in nested for name, nested in states.items()} == {"appTrue": True, "appFalse": False}


def test_cdk_nag_finds_what_was_weighed_and_no_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = App(
        outdir=str(tmp_path), analytics_reporting=False, **known_options(builtin_cloud_formation_validation=False)
    )
    ours = Stack(home, "stack", env=Environment(account="111111111111", region="ap-northeast-1"))
    platform(ours, alerts=ALL)

    rules = nagged_rules(home)

    capfd.readouterr()
    assert rules - {"ECS4"} == ACCEPTED.keys()
