"""The stack of a stage's alerts: rules and a clock, one queue, one function, one table; topics, and alarms."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from aws_cdk import Annotations, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from batchwright.alerts.alarms import make_alarms
from batchwright.alerts.declaration import StageAlerts
from batchwright.alerts.functions import environment, make_alerts_function
from batchwright.alerts.topic import subscribers
from batchwright.arns import Place, domain
from batchwright.automation.dead_letters import KEPT_SECONDS, queue_of_lost
from batchwright.functions.function import SECONDS, make_code
from batchwright.iam import alert_policies
from batchwright.task.outside import PARAMETER
from batchwright_runner.contract.alerting.settings import AlertSettings, Telling
from batchwright_runner.contract.names import HANDED_TYPE, StageNames

VISIBILITY = 6 * SECONDS
"""Seconds for which a message is the function's (Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11)."""
RECEIVES, BATCH, CALLS = 5, 5, 4
"""How often a message is tried; messages of a call; calls side by side, as an account may have ten in all."""
RETRY = {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 20}
"""For how long EventBridge tries to send an event; its default is a day, and then the news is old."""


@dataclass(frozen=True, slots=True)
class MadeAlerts:
    """What was made."""

    stack: Stack
    function: functions.CfnFunction
    # Its own topic; ``None`` where another one was given, or none
    topic: sns.CfnTopic | None
    alarms: sns.CfnTopic


def make_alerts(
    scope: Construct,
    subject: str,
    declared: StageAlerts,
    names: StageNames,
    place: Place,
    *,
    cluster: str,
    timezone: str,
    patterns: Mapping[str, Mapping[str, object]],
) -> MadeAlerts:
    """Makes it.

    `patterns`: Kind of a rule to its event pattern: those of AWS's own events.
    """
    topic = _messages(scope, declared, names, place) if declared.own else None
    arn = place._arn("sns", names.messages_topic) if topic else _given(scope, declared.topic)
    settings = environment(subject, _settings(declared, names, place, cluster=cluster, timezone=timezone, topic=arn))
    channels: dict[str, Any] = {"topic": arn, "key": _given(scope, declared.key), "secrets": declared.secrets}
    policy = alert_policies.function_policy(place, names, cluster=cluster, **channels)
    code = make_code(scope)
    function = make_alerts_function(scope, "Function", names, code, test=False, policy=policy, settings=settings)
    trial = alert_policies.trial_policy(place, names, **channels)
    make_alerts_function(scope, "TestFunction", names, code, test=True, policy=trial, settings=settings)
    _table(scope, names)
    name = names.events_dead_letters
    policy = alert_policies.events_policy(place, names, name)
    dead = queue_of_lost(scope, "DeadLetters", name=name, policy=policy, tags=[])
    queue = _events(scope, names, place, dead)
    functions.CfnEventSourceMapping(
        scope,
        "Events",
        function_name=function.ref,
        event_source_arn=queue.attr_arn,
        batch_size=BATCH,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config={"maximumConcurrency": CALLS},
    )
    handed = {"source": [StageNames.of(names).handed_source], "detail-type": [HANDED_TYPE]}
    _rules(scope, names, queue, dead, {**patterns, "handed": handed})
    return MadeAlerts(Stack.of(scope), function, topic, _alarms(scope, declared, names, place))


def _settings(
    declared: StageAlerts, names: StageNames, place: Place, *, cluster: str, timezone: str, topic: str
) -> AlertSettings:
    url = f"https://sqs.{place.region}.{domain(place.region)}/{place.account}/{names.events_dead_letters}"
    telling = {field.name: getattr(declared, field.name) for field in fields(Telling)} | {"topic": topic}
    return AlertSettings(
        **telling,
        project=names.project,
        stage=names.stage,
        region=place.region,
        account=place.account,
        cluster=cluster,
        timezone=timezone,
        table=names.alerts_table,
        dead_letters=url,
    )


def _given(scope: Construct, arn: str) -> str:
    """An ARN as it was given, or what the parameter holds that was."""
    parameter = PARAMETER.fullmatch(arn)
    return ssm.StringParameter.value_for_string_parameter(scope, parameter["name"]) if parameter else arn


def _table(scope: Construct, names: StageNames) -> dynamodb.CfnTable:
    table = dynamodb.CfnTable(
        scope,
        "Table",
        table_name=names.alerts_table,
        billing_mode="PAY_PER_REQUEST",
        attribute_definitions=[{"attributeName": name, "attributeType": "S"} for name in ("kind", "name")],
        key_schema=[{"attributeName": "kind", "keyType": "HASH"}, {"attributeName": "name", "keyType": "RANGE"}],
        time_to_live_specification={"attributeName": "expires", "enabled": True},
    )
    table.apply_removal_policy(RemovalPolicy.DESTROY)  # records begin anew with the next runs
    return table


def _events(scope: Construct, names: StageNames, place: Place, dead: sqs.CfnQueue) -> sqs.CfnQueue:
    queue = sqs.CfnQueue(
        scope,
        "Queue",
        queue_name=names.events_queue,
        visibility_timeout=VISIBILITY,
        message_retention_period=KEPT_SECONDS,
        redrive_policy={"deadLetterTargetArn": dead.attr_arn, "maxReceiveCount": RECEIVES},
        sqs_managed_sse_enabled=True,
    )
    queue.apply_removal_policy(RemovalPolicy.DESTROY)
    policy = alert_policies.events_policy(place, names, names.events_queue)
    sqs.CfnQueuePolicy(scope, "QueuePolicy", queues=[queue.ref], policy_document=policy)
    return queue


def _rules(
    scope: Construct,
    names: StageNames,
    queue: sqs.CfnQueue,
    dead: sqs.CfnQueue,
    patterns: Mapping[str, Mapping[str, object]],
) -> None:
    """The rules that send to the queue, each with its event pattern, and the clock."""
    for kind in alert_policies.RULES:
        when = {"event_pattern": patterns[kind]} if kind in patterns else {"schedule_expression": "rate(1 minute)"}
        target = {
            "id": "events",
            "arn": queue.attr_arn,
            "retryPolicy": RETRY,
            "deadLetterConfig": {"arn": dead.attr_arn},
        }
        description = "Sends to the alerts function what has happened"
        events.CfnRule(
            scope,
            f"{kind.capitalize()}Rule",
            name=names.events_rule(kind),
            description=description,
            targets=[target],
            **when,
        )


def _messages(scope: Construct, declared: StageAlerts, names: StageNames, place: Place) -> sns.CfnTopic:
    """A topic of the stage's own, encrypted with SNS's key, which the account's principals may use through SNS."""
    key = "alias/aws/sns"
    topic = sns.CfnTopic(
        scope, "Messages", topic_name=names.messages_topic, display_name=names.prefix, kms_master_key_id=key
    )
    policy = alert_policies.messages_policy(place, names)
    sns.CfnTopicPolicy(scope, "MessagesPolicy", topics=[topic.ref], policy_document=policy)
    _subscribe(scope, "MessageEmail", topic, subscribers(declared.emails, declared.owner_emails))
    return topic


def _alarms(scope: Construct, declared: StageAlerts, names: StageNames, place: Place) -> sns.CfnTopic:
    """The topic of the alarms, and the alarms. It has no KMS key: CloudWatch may not use the one of SNS."""
    topic = sns.CfnTopic(scope, "Alarms", topic_name=names.alarms_topic, display_name=f"{names.prefix} alarms")
    policy = alert_policies.alarms_policy(place, names)
    sns.CfnTopicPolicy(scope, "AlarmsPolicy", topics=[topic.ref], policy_document=policy)
    _subscribe(scope, "AlarmEmail", topic, {address: {} for address in declared.emails})
    if not declared.emails:
        text = (
            f"nobody hears the alarms of {names.alerts}: alerts has no emails; give some beside topic: true, or "
            f"subscribe someone to the topic {names.alarms_topic} and acknowledge this"
        )
        Annotations.of(scope).add_warning_v2("batchwright:nobody-hears-alarms", text)
    make_alarms(scope, names, topic.ref)
    return topic


def _subscribe(scope: Construct, id: str, topic: sns.CfnTopic, addresses: Mapping[str, Mapping[str, Any]]) -> None:
    """Subscriptions, each with an id of its address: another one beside it changes nothing of them."""
    for address, filter_policy in addresses.items():
        sns.CfnSubscription(
            scope,
            f"{id}-{sha256(address.encode()).hexdigest()[:12]}",
            topic_arn=topic.ref,
            protocol="email",
            endpoint=address,
            filter_policy=filter_policy or None,
        )
