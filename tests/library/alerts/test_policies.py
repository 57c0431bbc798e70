"""What the parts of a stage's alerts may do, and who may use them: rows of requests, judged as IAM does."""

from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from batchwright.alerts.resources import RECEIVES
from batchwright.arns import Place
from batchwright.iam import alert_policies
from batchwright.iam.machine_policies import machine_policy
from batchwright_runner.alerting import handler
from batchwright_runner.alerting.treat import NAMESPACE
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.watch import Watch
from tests.alerting.stage import Stage, handed, of_task
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.kit.iam import allowed
from tests.library.support import app_and_stack, platform, policy_statements, templates
from tests.runner.contract.alerting.support import SETTINGS, batch, machine_of, task

PLACE, NAMES = Place("111111111111", "ap-northeast-1"), StageNames("batches", "staging")
HERE = "ap-northeast-1:111111111111"
SSM = f"arn:aws:ssm:{HERE}:parameter/batches"
TABLE, OTHERS = (f"arn:aws:dynamodb:{HERE}:table/batches-{stage}-alerts" for stage in ("staging", "production"))
TOPIC, ALARMS = (f"arn:aws:sns:{HERE}:batches-staging-{name}" for name in ("messages", "alarms"))
QUEUE, DEAD = (f"arn:aws:sqs:{HERE}:batches-staging-events{rest}" for rest in ("", "-dead-letters"))
TOKEN, OTHER_TOKEN = (f"arn:aws:secretsmanager:{HERE}:secret:batches/{name}-AbCdEf" for name in ("slack", "admin"))
KEY = f"arn:aws:kms:{HERE}:key/11111111-2222-3333-4444-555555555555"
LOG, BATCH_LOG = (f"arn:aws:logs:{HERE}:log-group:{group}" for group in ("/aws/lambda", "/batches/staging/report"))
TASK, MACHINE = f"arn:aws:ecs:{HERE}:task/batches-staging/1", f"arn:aws:states:{HERE}:stateMachine:batches-staging-x"
EXECUTION = f"arn:aws:states:{HERE}:execution:batches-staging-x:1"
CLUSTER = {"ecs:cluster": f"arn:aws:ecs:{HERE}:cluster/batches-staging"}
THROUGH = {"kms:ViaService": "secretsmanager.ap-northeast-1.amazonaws.com"}
SLACK, UNTOLD = (f"arn:aws:sqs:{HERE}:batches-staging-slack{rest}" for rest in ("", "-dead-letters"))
POLICIES = {
    "tells": alert_policies.function_policy(PLACE, NAMES, cluster="batches-staging", topic=TOPIC, key=""),
    "tries": alert_policies.trial_policy(PLACE, NAMES, topic=TOPIC, key="", secret="batches/slack"),
    "listens": alert_policies.slack_policy(PLACE, NAMES, "batches/slack"),
}
REQUESTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("sns:Publish", TOPIC, {}, "tells tries"),
    ("sns:Publish", ALARMS, {}, ""),
    ("secretsmanager:GetSecretValue", TOKEN, {}, "tries listens"),
    ("secretsmanager:GetSecretValue", OTHER_TOKEN, {}, ""),
    ("kms:Decrypt", KEY, {**THROUGH, "kms:EncryptionContext:SecretARN": TOKEN}, "tries listens"),
    ("kms:Decrypt", KEY, {**THROUGH, "kms:EncryptionContext:SecretARN": OTHER_TOKEN}, ""),
    ("kms:Decrypt", KEY, {"kms:EncryptionContext:SecretARN": TOKEN}, ""),
    ("logs:PutLogEvents", f"{LOG}/batches-staging-alerts:log-stream:1", {}, "tells"),
    ("logs:PutLogEvents", f"{LOG}/batches-staging-alerts-test:log-stream:1", {}, "tries"),
    ("logs:PutLogEvents", f"{BATCH_LOG}:log-stream:1", {}, ""),
    ("logs:GetLogEvents", f"{BATCH_LOG}:log-stream:run/main/1", {}, "tells"),
    *(
        ("ssm:GetParameters", f"{SSM}/staging/{folder}/report", {}, "tells")
        for folder in ("manifests", "watch", "paused")
    ),
    ("ssm:GetParameters", f"{SSM}/staging/report/DB_PASSWORD", {}, ""),
    ("ssm:GetParameters", f"{SSM}/production/watch/report", {}, ""),
    ("ssm:GetParametersByPath", f"{SSM}/staging/watch", {}, "tells"),
    ("ssm:GetParametersByPath", f"{SSM}/staging", {}, ""),
    ("ssm:PutParameter", f"{SSM}/staging/watch/report", {}, ""),
    ("ecs:ListTasks", "*", CLUSTER, "tells"),
    ("ecs:ListTasks", "*", {"ecs:cluster": f"{CLUSTER['ecs:cluster']}-2"}, ""),
    ("ecs:DescribeTasks", TASK, CLUSTER, "tells"),
    ("ecs:StopTask", TASK, CLUSTER, ""),
    ("states:ListExecutions", MACHINE, {}, "tells"),
    ("states:DescribeExecution", EXECUTION, {}, "tells"),
    ("states:StartExecution", MACHINE, {}, ""),
    *((f"dynamodb:{action}", TABLE, {}, "tells") for action in ("GetItem", "PutItem", "UpdateItem", "DeleteItem")),
    ("dynamodb:ConditionCheckItem", TABLE, {}, "tells"),
    ("dynamodb:Query", TABLE, {}, "tells"),
    ("dynamodb:Scan", TABLE, {}, ""),
    ("dynamodb:PutItem", OTHERS, {}, ""),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Batchwright"}, "tells"),
    ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/ECS"}, ""),
    ("sqs:ReceiveMessage", QUEUE, {}, "tells"),
    ("sqs:DeleteMessage", QUEUE, {}, "tells"),
    ("sqs:GetQueueAttributes", QUEUE, {}, "tells"),
    ("sqs:SendMessage", QUEUE, {}, ""),
    ("sqs:SendMessage", DEAD, {}, "tells"),
    ("sqs:ReceiveMessage", DEAD, {}, ""),
    ("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default", {}, ""),
    ("sns:ListSubscriptionsByTopic", TOPIC, {}, "tries"),
    ("sns:Subscribe", TOPIC, {}, ""),
    ("sqs:ReceiveMessage", SLACK, {}, "listens"),
    ("sqs:DeleteMessage", SLACK, {}, "listens"),
    ("sqs:SendMessage", SLACK, {}, ""),
    ("sqs:ReceiveMessage", UNTOLD, {}, ""),
    ("logs:PutLogEvents", f"{LOG}/batches-staging-slack:log-stream:1", {}, "listens"),
]


@pytest.mark.parametrize(("action", "resource", "context", "may"), REQUESTS)
def test_what_each_function_may_do(action: str, resource: str, context: dict[str, Any], may: str) -> None:
    for name, policy in POLICIES.items():
        assert allowed(policy["Statement"], action, resource, context) == (name in may.split()), name


def test_a_stage_without_slack_reads_no_token() -> None:
    statements = alert_policies.trial_policy(PLACE, NAMES, topic=TOPIC, key="", secret="")["Statement"]

    assert {statement["Sid"] for statement in statements} == {"TellTopic", "SeeSubscriptions", "WriteLog"}


def test_the_topic_alone_sends_to_the_queue_for_slack() -> None:
    policy = alert_policies.topic_queue_policy(PLACE, "batches-staging-slack", TOPIC)["Statement"]

    assert allowed(policy, "sqs:SendMessage", SLACK, {"aws:SourceArn": TOPIC})
    assert not allowed(policy, "sqs:SendMessage", SLACK, {"aws:SourceArn": ALARMS})
    assert policy[0]["Principal"] == {"Service": "sns.amazonaws.com"}


def test_the_key_of_a_topic_is_used_through_sns_alone() -> None:
    statements = alert_policies.trial_policy(PLACE, NAMES, topic=TOPIC, key=KEY, secret="")["Statement"]
    through = {"kms:ViaService": "sns.ap-northeast-1.amazonaws.com"}

    assert allowed(statements, "kms:GenerateDataKey", KEY, through)
    assert not allowed(statements, "kms:GenerateDataKey", KEY, {"kms:ViaService": "s3.x"})


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (TOKEN, TOKEN),
        (TOKEN.removesuffix("-AbCdEf"), f"{TOKEN.removesuffix('-AbCdEf')}-??????"),
        (TOKEN.replace("111111111111", "222222222222"), TOKEN.replace("111111111111", "222222222222")),
    ],
)
def test_a_secret_may_be_named_by_its_arn_and_be_of_another_account(given: str, read: str) -> None:
    statements = alert_policies.trial_policy(PLACE, NAMES, topic=TOPIC, key="", secret=given)["Statement"]
    by_sid = {statement["Sid"]: statement for statement in statements}

    assert by_sid["ReadTokens"]["Resource"] == read
    assert by_sid["DecryptTokens"]["Resource"].split(":")[4] == read.split(":")[4]


RULES = [f"arn:aws:events:{HERE}:rule/batches-staging-events-{kind}" for kind in alert_policies.RULES]
OTHER_RULES = ("batches-staging-runs", "batches-production-events-clock")


@pytest.mark.parametrize("queue", ["batches-staging-events", "batches-staging-events-dead-letters"])
def test_the_stages_rules_alone_send_to_a_queue(queue: str) -> None:
    policy = alert_policies.events_policy(PLACE, NAMES, queue)["Statement"]
    arn = f"arn:aws:sqs:{HERE}:{queue}"

    assert all(allowed(policy, "sqs:SendMessage", arn, {"aws:SourceArn": rule}) for rule in RULES)
    without_tls = {"aws:SourceArn": RULES[0], "aws:SecureTransport": "false"}
    others = [{"aws:SourceArn": f"arn:aws:events:{HERE}:rule/{name}"} for name in OTHER_RULES]
    assert not any(allowed(policy, "sqs:SendMessage", arn, context) for context in ({}, without_tls, *others))
    assert not allowed(policy, "sqs:ReceiveMessage", arn, {"aws:SourceArn": RULES[0]})
    assert policy[0]["Principal"] == {"Service": "events.amazonaws.com"}


@pytest.mark.parametrize("name", ["batches-staging-alerts-clock", "batches-staging-schedules"])
def test_cloudwatch_rings_for_the_alarms_of_this_stages_alerts_and_schedules(name: str) -> None:
    policy = alert_policies.alarms_policy(PLACE, NAMES)["Statement"]
    alarm = f"arn:aws:cloudwatch:{HERE}:alarm:{name}"
    own = {"aws:SourceAccount": "111111111111", "aws:SourceArn": alarm}

    assert allowed(policy, "sns:Publish", ALARMS, own)
    assert not allowed(policy, "sns:Publish", ALARMS, {**own, "aws:SourceAccount": "222222222222"})
    assert not allowed(policy, "sns:Publish", ALARMS, {**own, "aws:SourceArn": alarm.replace("staging", "production")})
    assert not allowed(policy, "sns:Publish", ALARMS, {**own, "aws:SecureTransport": "false"})
    assert policy[0]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}


def test_messages_are_published_by_the_account_with_tls() -> None:
    policy = alert_policies.messages_policy(PLACE, NAMES)["Statement"]

    assert allowed(policy, "sns:Publish", TOPIC)
    assert not allowed(policy, "sns:Publish", TOPIC, {"aws:SecureTransport": "false"})
    assert not allowed(policy, "sns:DeleteTopic", TOPIC)
    assert policy[0]["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}


@pytest.mark.parametrize("source", ["aws.ecs", "aws.states", "batchwright.batches.production", "batchwright.batches.x"])
def test_a_machine_hands_over_as_its_own_stage_and_as_no_one_else(source: str) -> None:
    bus = f"arn:aws:events:{HERE}:event-bus/default"
    may = machine_policy(PLACE, NAMES, "report", cluster="batches-staging", roles=[], alerts=True)

    own = "batchwright.batches.staging"
    for given in (own, [own], [own, own]):
        assert allowed(may["Statement"], "events:PutEvents", bus, {"events:source": given})
    for refused in (source, [source], [own, source], None):
        assert not allowed(may["Statement"], "events:PutEvents", bus, {"events:source": refused})
    without = machine_policy(PLACE, NAMES, "report", cluster="batches-staging", roles=[])
    assert not allowed(without["Statement"], "events:PutEvents", bus, {"events:source": own})


@pytest.mark.parametrize("alerts", [None, {"topic": TOPIC}])
def test_an_operator_tries_and_touches_neither_function_nor_table(alerts: dict[str, Any] | None) -> None:
    home, ours = app_and_stack()
    platform(ours, alerts=alerts).grant_operate(iam.Role(ours, "Caller", assumed_by=iam.AccountRootPrincipal()))
    may = policy_statements(templates(home)["stack"])
    functions = f"arn:aws:lambda:{HERE}:function:batches-staging-alerts"

    assert allowed(may, "lambda:InvokeFunction", f"{functions}-test") == bool(alerts)
    assert not allowed(may, "lambda:InvokeFunction", functions)
    assert not allowed(may, "dynamodb:PutItem", TABLE, {"dynamodb:LeadingKeys": ["record"]})
    for action in ("ssm:PutParameter", "ssm:DeleteParameter"):
        assert not allowed(may, action, f"{SSM}/staging/watch/report")


def test_with_its_policy_the_function_does_all_its_work() -> None:
    with Stage() as stage:
        watch = Watch(schedule="45 2 * * * UTC", scheduler="cron", expected_seconds=1800)
        stage.deploy(batch("late", machine=machine_of("late")), watch)
        stage.deploy(batch(retries=1, retry_on=[3]))
        place, names = Place(ACCOUNT, REGION), StageNames("batches", "production")
        may = alert_policies.function_policy(place, names, cluster=SETTINGS.cluster, topic=SETTINGS.topic, key="")
        stage.aws.limit(may["Statement"], {})

        stage.give("no JSON", of_task(task()), of_task(task(2, 4)), handed("x", "late"))
        for seconds in (0, *[300] * 12):
            stage.tick(seconds)

        assert {"did not run: late in production", "exit 3: daily-report in production"} <= {*stage.titles}
        outcomes = {(call.operation, call.outcome) for call in stage.aws.calls}
        assert [pair for pair in outcomes if "AccessDenied" in pair[1] or "Defect" in pair[1]] == []
        needed = {"ListTasks", "ListExecutions", "DescribeExecution", "GetLogEvents", "TransactWriteItems", "Query"}
        assert {operation for operation, _ in outcomes} >= needed


def test_both_halves_say_the_same_of_receipts_and_metrics() -> None:
    assert RECEIVES == handler.RECEIVES
    assert alert_policies.NAMESPACE == NAMESPACE
