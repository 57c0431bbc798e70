"""The stack of a stage's alerts: what is made, under which names, and what it may do."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam

from batchwright import BatchPlatform, FargateBatch, Place, Schedule
from batchwright.iam import alert_policies
from batchwright.names import StageNames
from batchwright.testing import Template, resources
from tests.kit.alerts_account import ARN
from tests.library.automation.test_resources import text
from tests.library.nag import nagged_rules
from tests.library.policy_linter import findings, statements
from tests.library.support import app, batch, of_type, only, platform, stack, templates
from tests.library.test_cfn_lint import faults

PLACE, NAMES = Place("111111111111", "ap-northeast-1"), StageNames("batches", "staging")
MACHINE = "arn:aws:states:ap-northeast-1:111111111111:stateMachine:batches_staging_alerts"
QUEUE = "arn:aws:sqs:ap-northeast-1:111111111111:batches-staging-alerts"
ALL = {
    "topic": True,
    "emails": ["sre@example.com"],
    "slack": {"channel": "#batches", "token": "batches/slack#token"},
    "datadog": {"api_key": "batches/datadog", "site": "datadoghq.eu"},
}
TOPIC = "arn:aws:sns:ap-northeast-1:111111111111:failures"
ACCEPTED = {
    "SQS3": "the queue is the last stop of what reached no machine",
    "SF1": "the runs' ends are in the history; a log of every state would cost and name inputs",
    "SF2": "there is nothing behind it that X-Ray would see",
    "IAM5": "batches are named by a prefix, and some actions have no resource",
}


def made(alerts: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Template]:  # noqa: ANN401 - any argument
    home = app()
    platform(stack(home, "platform"), alerts=ALL if alerts is None else alerts, **arguments)
    return templates(home)


def alerts_stack(alerts: dict[str, Any] | None = None, **arguments: Any) -> Template:  # noqa: ANN401 - any argument
    return made(alerts, **arguments)["batches-staging-alerts"]


def role(template: Template, name: str) -> dict[str, Any]:
    (found,) = [one for one in of_type(template, "AWS::IAM::Role") if one["Properties"]["RoleName"] == name]
    properties: dict[str, Any] = found["Properties"]
    return properties


def allowed(template: Template) -> dict[str, dict[str, Any]]:
    (one,) = role(template, "batches-staging-alerts")["Policies"]
    return {statement["Sid"]: statement for statement in one["PolicyDocument"]["Statement"]}


def test_it_is_a_stack_of_its_own_that_runs_no_code() -> None:
    made_stacks = made()

    assert list(made_stacks) == ["platform", "batches-staging-alerts"]
    kinds = {one["Type"] for one in made_stacks["batches-staging-alerts"]["Resources"].values()}
    assert kinds == {
        "AWS::CloudWatch::Alarm",
        "AWS::Events::Connection",
        "AWS::Events::Rule",
        "AWS::IAM::Role",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
        "AWS::StepFunctions::StateMachine",
    }
    assert not [
        one for one in of_type(made_stacks["platform"], "AWS::Events::Rule") if "alerts" in one["Properties"]["Name"]
    ]


def test_a_stage_without_alerts_has_no_such_stack() -> None:
    home = app()
    assert platform(stack(home, "platform")).alerts is None
    assert list(templates(home)) == ["platform"]


def test_the_local_stage_tells_no_one() -> None:
    home = app()
    place = stack(home, "platform", env=Environment(account="000000000000", region="us-east-1"))
    assert platform(place, stage="local", alerts=ALL).alerts is None


def test_its_machine_fits_no_rule_of_its_own() -> None:
    template = alerts_stack()

    machines = {one["StateMachineName"]: one for one in resources(template, "AWS::StepFunctions::StateMachine")}
    assert set(machines) == {"batches_staging_alerts", "batches_staging_watch"}
    assert machines["batches_staging_alerts"]["StateMachineType"] == "STANDARD"
    for rule in of_type(template, "AWS::Events::Rule"):
        detail = rule["Properties"]["EventPattern"]["detail"]
        prefixes = [one["prefix"] for one in detail.get("stateMachineArn", [])]
        assert not any(MACHINE.startswith(one) for one in prefixes)


def test_the_rules_start_it_with_a_queue_for_what_is_lost() -> None:
    template = alerts_stack()

    for rule in of_type(template, "AWS::Events::Rule"):
        (target,) = rule["Properties"]["Targets"]
        assert (target["Arn"], target["DeadLetterConfig"]) == (MACHINE, {"Arn": QUEUE})
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20}
    starts = role(template, "batches-staging-alerts-rules")
    assert starts["Policies"][0]["PolicyDocument"]["Statement"] == [
        {"Sid": "StartAlerts", "Effect": "Allow", "Action": "states:StartExecution", "Resource": MACHINE}
    ]
    queue = only(template, "AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]
    assert [one["Sid"] for one in queue] == ["KeepLostEvents", "OnlyWithTls"]
    assert queue[0]["Condition"]["ArnEquals"]["aws:SourceArn"] == [
        "arn:aws:events:ap-northeast-1:111111111111:rule/batches-staging-alerts-tasks",
        "arn:aws:events:ap-northeast-1:111111111111:rule/batches-staging-alerts-executions",
    ]


def test_what_the_machine_may_do_and_no_more() -> None:
    may = allowed(alerts_stack())

    assert {name: (one["Action"], one["Resource"]) for name, one in may.items() if "Connection" not in name} == {
        "ReadRecords": (
            "ssm:GetParameters",
            [
                f"arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/{one}/*"
                for one in ("manifests", "watch", "last")
            ],
        ),
        "KeepLastEnds": (
            "ssm:PutParameter",
            "arn:aws:ssm:ap-northeast-1:111111111111:parameter/batches/staging/last/*",
        ),
        "ReadLastLines": (
            "logs:GetLogEvents",
            "arn:aws:logs:ap-northeast-1:111111111111:log-group:/batches/staging/*:log-stream:*",
        ),
        "FindRetries": ("ecs:ListTasks", "*"),
        "SeeRetries": ("ecs:DescribeTasks", "arn:aws:ecs:ap-northeast-1:111111111111:task/batches-staging/*"),
        "SeeExecutions": (
            "states:DescribeExecution",
            "arn:aws:states:ap-northeast-1:111111111111:execution:batches-staging-*:*",
        ),
        "TellOnce": ("states:StartExecution", MACHINE),
        "Count": ("cloudwatch:PutMetricData", "*"),
        "TellTopic": ("sns:Publish", {"Ref": "Topic"}),
        "CallSlack": ("states:InvokeHTTPEndpoint", MACHINE),
        "ReadSlackSecret": (
            ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            {"Fn::GetAtt": ["SlackConnection", "SecretArn"]},
        ),
        "CallDatadog": ("states:InvokeHTTPEndpoint", MACHINE),
        "ReadDatadogSecret": (
            ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            {"Fn::GetAtt": ["DatadogConnection", "SecretArn"]},
        ),
    }
    assert may["CallSlack"]["Condition"] == {
        "StringEquals": {"states:HTTPMethod": "POST"},
        "StringLike": {"states:HTTPEndpoint": "https://slack.com/api/*"},
    }
    assert may["CallDatadog"]["Condition"]["StringLike"] == {"states:HTTPEndpoint": "https://api.datadoghq.eu/api/*"}
    assert may["UseSlackConnection"]["Resource"] == {"Fn::GetAtt": ["SlackConnection", "Arn"]}
    assert may["Count"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Batchwright"}}
    assert may["FindRetries"]["Condition"]["ArnEquals"]["ecs:cluster"].endswith(":cluster/batches-staging")


@pytest.mark.parametrize(
    ("alerts", "sids"),
    [
        ({"topic": TOPIC}, {"TellTopic"}),
        ({"slack": ALL["slack"]}, {"CallSlack", "UseSlackConnection", "ReadSlackSecret"}),
        ({"topic": TOPIC, "key": "alias/failures"}, {"TellTopic", "UseTopicKey"}),
        ({"topic": TOPIC, "key": "alias/aws/sns"}, {"TellTopic"}),
    ],
)
def test_each_channel_brings_its_own_and_no_other(alerts: dict[str, Any], sids: set[str]) -> None:
    always = {one["Sid"] for one in alert_policies.machine_policy(PLACE, NAMES, cluster="c", metrics=True)["Statement"]}

    assert allowed(alerts_stack(alerts)).keys() - always == sids


def test_the_key_of_a_topic_is_used_through_sns_alone() -> None:
    key = "arn:aws:kms:ap-northeast-1:111111111111:key/11111111-2222-3333-4444-555555555555"
    (_, statement) = alert_policies.publish(PLACE, TOPIC, key)

    assert statement["Resource"] == key
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "sns.ap-northeast-1.amazonaws.com"}}
    (_, by_alias) = alert_policies.publish(PLACE, TOPIC, "alias/failures")
    assert by_alias["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/failures"}


def test_no_metrics_no_right_to_put_them() -> None:
    assert "Count" not in allowed(alerts_stack({"topic": TOPIC, "metrics": False}))


def test_the_connections_hold_what_cloudformation_reads_and_no_template_does() -> None:
    held = {
        one["Properties"]["Name"]: one["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
        for one in of_type(alerts_stack(), "AWS::Events::Connection")
    }

    assert held == {
        "batches-staging-alerts-slack": {
            "ApiKeyName": "Authorization",
            "ApiKeyValue": "Bearer {{resolve:secretsmanager:batches/slack:SecretString:token}}",
        },
        "batches-staging-alerts-datadog": {
            "ApiKeyName": "DD-API-KEY",
            "ApiKeyValue": "{{resolve:secretsmanager:batches/datadog}}",
        },
    }


def test_another_version_of_the_secret_changes_the_connection() -> None:
    values = set()
    for version in ("a" * 32, "b" * 32):
        template = alerts_stack({"slack": {**ALL["slack"], "token_version": version}})  # type: ignore[dict-item]
        values.add(only(template, "AWS::Events::Connection")["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"])

    assert len(values) == 2


def test_the_own_topic_and_its_subscribers() -> None:
    template = alerts_stack()

    topic = only(template, "AWS::SNS::Topic")
    assert (topic["TopicName"], topic["KmsMasterKeyId"]) == ("batches-staging-alerts", "alias/aws/sns")
    assert only(template, "AWS::SNS::Subscription") == {
        "Endpoint": "sre@example.com",
        "Protocol": "email",
        "TopicArn": {"Ref": "Topic"},
    }
    assert of_type(alerts_stack({"topic": TOPIC}), "AWS::SNS::Topic") == []


def test_a_topic_that_a_parameter_names_is_read_in_the_alerts_stack() -> None:
    template = alerts_stack({"topic": "ssm:/shared/topic"})

    assert [one["Default"] for one in template["Parameters"].values() if one.get("Default") == "/shared/topic"]


def test_a_key_that_a_parameter_names_is_allowed_through_sns() -> None:
    template = alerts_stack({"topic": "ssm:/shared/topic", "key": "ssm:/shared/key"})

    (parameter,) = [name for name, one in template["Parameters"].items() if one.get("Default") == "/shared/key"]
    (machine,) = [one for one in of_type(template, "AWS::IAM::Role") if "UseTopicKey" in json.dumps(one)]
    statements = [one for policy in machine["Properties"]["Policies"] for one in policy["PolicyDocument"]["Statement"]]
    (use,) = [one for one in statements if one.get("Sid") == "UseTopicKey"]
    assert use["Resource"] == {"Ref": parameter}
    assert use["Condition"] == {"StringEquals": {"kms:ViaService": "sns.ap-northeast-1.amazonaws.com"}}


def test_a_cluster_that_a_parameter_names_is_read_there_too() -> None:
    template = alerts_stack(cluster="ssm:/shared/cluster")

    assert "/shared/cluster" in {one.get("Default") for one in template["Parameters"].values()}
    assert "Export" not in json.dumps(template)
    pattern = json.dumps([one["Properties"]["EventPattern"] for one in of_type(template, "AWS::Events::Rule")])
    assert "cluster/" in pattern


def test_a_batchs_machine_may_hand_over_and_does() -> None:
    home = app()
    first, ours = stack(home, "platform"), stack(home)
    ours.add_stack_dependency(first)
    batch(ours, platform(first, alerts={"topic": TOPIC}), scheduler="aws", schedule=Schedule.daily("02:30"))
    template = templates(home)["stack"]

    definition = json.loads(text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]))
    assert definition["States"]["Failed"]["Arguments"]["StateMachineArn"] == MACHINE
    flow = role(template, "batches-staging-report-flow")["Policies"][0]["PolicyDocument"]["Statement"]
    assert [one["Resource"] for one in flow if one["Sid"] == "TellOfFailure"] == [MACHINE]
    assert ARN.endswith("batches_staging_alerts")


@pytest.mark.parametrize(("alerts", "may"), [(None, False), ({"topic": TOPIC}, True)])
def test_an_operator_may_try_them(alerts: dict[str, Any] | None, may: bool) -> None:
    home = app()
    ours = stack(home)
    caller = iam.Role(ours, "Caller", assumed_by=iam.AccountRootPrincipal())
    platform(ours, alerts=alerts).grant_operate(caller)
    found = [one for _, one in statements(templates(home)["stack"]) if one["Action"] == "lambda:InvokeFunction"]

    assert bool(found) == may


def test_a_deployed_platform_is_told_that_it_has_alerts() -> None:
    home = app()
    for given in (True, False):
        ours = stack(home, f"app{given}")
        theirs = BatchPlatform.from_deployed(
            ours, "Platform", stage="staging", own_security_groups=True, schedules=True, alerts=given
        )
        FargateBatch(ours, f"report-{given}".lower(), platform=theirs, owner="sre", description="x", scheduler="aws")
    made_stacks = templates(home)
    states = {
        name: json.loads(text(only(template, "AWS::StepFunctions::StateMachine")["DefinitionString"]))["States"]
        for name, template in made_stacks.items()
    }

    assert states["appTrue"]["Failed"]["Arguments"]["StateMachineArn"] == MACHINE
    assert states["appFalse"]["Failed"]["Type"] == "Fail"


def test_the_template_has_no_fault() -> None:
    assert [faults(alerts_stack(one)) for one in (ALL, {"topic": TOPIC}, {"slack": ALL["slack"]})] == [[], [], []]


def test_every_action_acts_on_its_resource_under_conditions_that_it_has() -> None:
    without_resource = ("ecs:ListTasks", "cloudwatch:PutMetricData")
    # Its resource and its condition keys are in the Step Functions user guide, "Call HTTPS APIs", and not in the data.
    not_in_the_data = "states:InvokeHTTPEndpoint"
    ours = [
        (path, finding)
        for path, statement in statements(alerts_stack())
        for finding in findings(statement)
        if not (finding == "wildcard resource" and statement["Action"] in without_resource)
        and statement["Action"] != not_in_the_data
    ]

    assert ours == []


def test_cdk_nag_finds_what_was_weighed_and_no_more(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = App(outdir=str(tmp_path), analytics_reporting=False, builtin_cloud_formation_validation=False)
    ours = Stack(home, "stack", env=Environment(account="111111111111", region="ap-northeast-1"))
    platform(ours, alerts=ALL)

    rules = nagged_rules(home)

    capfd.readouterr()
    assert rules - ACCEPTED.keys() - {"ECS4"} == set()
    assert {"SF1", "SF2", "SQS3"} <= rules
