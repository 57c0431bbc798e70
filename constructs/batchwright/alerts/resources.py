"""The stack of a stage's alerts: rules and a clock, one queue, one function, one table; one topic, its listeners."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from batchwright.alerts.declaration import DeclaredAlerts, subscribers
from batchwright.arns import Place, domain
from batchwright.automation.dead_letters import KEPT_SECONDS, queue_of_lost
from batchwright.errors import DeclarationError
from batchwright.functions.function import SECONDS, make_code, make_function
from batchwright.functions.package import ALERTS
from batchwright.iam import alert_policies
from batchwright.iam.machine_policies import queue_policy
from batchwright.iam.policies import Document
from batchwright.task.outside import PARAMETER
from batchwright_runner.contract.alerting.settings import ENVIRONMENT_LIMIT, VARIABLE, AlertSettings
from batchwright_runner.contract.names import HANDED_TYPE, StageNames

VISIBILITY = 6 * SECONDS
"""Seconds for which a message is the function's (Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11)."""
RECEIVES, BATCH, CALLS = 25, 5, 4
"""How often a message is tried, for over an hour; messages of a call; calls side by side, as an account may have ten in
all."""
RETRY = {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 20}
"""For how long EventBridge tries to send an event; its default is a day, and then the news is old."""


@dataclass(frozen=True, slots=True)
class MadeAlerts:
    """What was made."""

    stack: Stack
    function: functions.CfnFunction
    # The topic of messages: its own, or the one that was given
    topic: sns.ITopic
    alarms: sns.CfnTopic


def make_alerts(
    scope: Construct,
    subject: str,
    declared: DeclaredAlerts,
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
    parts = _Parts(scope, names, place, make_code(scope))
    topic = parts.topic(declared)
    settings = AlertSettings(
        project=names.project,
        stage=names.stage,
        region=place.region,
        account=place.account,
        cluster=cluster,
        table=names.alerts_table,
        topic=topic.topic_arn if declared.topic else place._arn("sns", names.messages_topic),
        dead_letters=f"https://sqs.{place.region}.{domain(place.region)}/{place.account}/{names.events_dead_letters}",
        timezone=timezone,
        lines=declared.lines,
        metrics=declared.metrics,
        slack=declared.slack,
        token=declared.token,
        owners=declared.owners,
    )
    size = len(VARIABLE) + len(settings.to_json())
    if size > ENVIRONMENT_LIMIT:
        problem = (
            f"{len(declared.owners)} owners, and all else that the alerts function is told, take {size} bytes; "
            f"allowed: {ENVIRONMENT_LIMIT}, as Lambda takes no more"
        )
        raise DeclarationError(subject, "alerts.owners", problem, remedy="give fewer owners a place of their own")
    key, secret = _key_of(declared, place), declared.token.partition("#")[0]
    policy = alert_policies.function_policy(place, names, cluster=cluster, topic=settings.topic, key=key)
    function = parts.function("Function", names.alerts, names.alerts_role, "handle", policy, settings)
    trial = alert_policies.trial_policy(place, names, topic=settings.topic, key=key, secret=secret)
    parts.function("TestFunction", names.alerts_test, names.alerts_test, "handle_test", trial, settings)
    parts.table()
    dead = names.events_dead_letters
    dead_queue = queue_of_lost(
        scope, "DeadLetters", name=dead, policy=alert_policies.events_policy(place, names, dead), tags=[]
    )
    queue = parts.fed(
        "", names.events_queue, dead_queue, alert_policies.events_policy(place, names, names.events_queue), function
    )
    handed = {"source": [StageNames.of(names).handed_source], "detail-type": [HANDED_TYPE]}
    parts.rules(queue, dead_queue, {**patterns, "handed": handed})
    if declared.slack:
        parts.slack(topic, alert_policies.slack_policy(place, names, secret), settings)
    filters = subscribers(declared.emails, declared.owner_emails)
    parts.mails("MessageEmail", topic.topic_arn, filters, of_stage=bool(declared.topic))
    if not declared.emails and not declared.slack and not declared.topic:
        whose = f"{names.prefix}{' of other owners' if filters else ''}"
        text = (
            f"nobody is told of the runs of {whose}: give alerts emails or slack; or give platform.alerts_topic a "
            "subscription, and acknowledge this"
        )
        Annotations.of(scope).add_warning_v2("batchwright:nobody-is-told", text)
    return MadeAlerts(Stack.of(scope), function, topic, parts.alarms(declared))


def _key_of(declared: DeclaredAlerts, place: Place) -> str:
    """The key of a topic that was given: that of a construct; else whichever it is, by its account.

    What a function may do with keys through SNS is bounded by the topics that it may publish to.
    """
    if not declared.topic:
        return ""
    if declared.construct is not None and declared.construct.master_key is not None:
        return declared.construct.master_key.key_arn
    account = declared.topic.split(":")[4] if declared.topic.startswith("arn:") else place.account
    return Place(account, place.region)._arn("kms", "key/*")


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of the stack."""

    scope: Construct
    names: StageNames
    place: Place
    code: functions.CfnFunction.CodeProperty

    def topic(self, declared: DeclaredAlerts) -> sns.ITopic:
        """The topic of messages: ours has SNS's key, which the account's principals may use through SNS."""
        if declared.construct is not None:
            return declared.construct
        if declared.topic:
            parameter = PARAMETER.fullmatch(declared.topic)
            arn = declared.topic
            if parameter:
                arn = ssm.StringParameter.value_for_string_parameter(self.scope, parameter["name"])
        else:
            name, key = self.names.messages_topic, "alias/aws/sns"
            made = sns.CfnTopic(
                self.scope, "Messages", topic_name=name, display_name=self.names.prefix, kms_master_key_id=key
            )
            policy = alert_policies.messages_policy(self.place, self.names)
            sns.CfnTopicPolicy(self.scope, "MessagesPolicy", topics=[made.ref], policy_document=policy)
            arn = made.ref
        return sns.Topic.from_topic_arn(self.scope, "Topic", arn)

    def function(
        self, id: str, name: str, role: str, handler: str, policy: Document, settings: AlertSettings
    ) -> functions.CfnFunction:
        """One of the functions, of the one package."""
        return make_function(
            self.scope,
            id,
            self.names,
            self.code,
            name=name,
            role=role,
            description="Tells people of the ends of batch runs",
            handler=f"{ALERTS}.{handler}",
            policy=policy,
            variables={VARIABLE: settings.to_json()},
        )

    def table(self) -> None:
        table = dynamodb.CfnTable(
            self.scope,
            "Table",
            table_name=self.names.alerts_table,
            billing_mode="PAY_PER_REQUEST",
            attribute_definitions=[{"attributeName": name, "attributeType": "S"} for name in ("kind", "name")],
            key_schema=[{"attributeName": "kind", "keyType": "HASH"}, {"attributeName": "name", "keyType": "RANGE"}],
            time_to_live_specification={"attributeName": "expires", "enabled": True},
        )
        table.apply_removal_policy(RemovalPolicy.DESTROY)  # records begin anew with the next runs

    def fed(
        self, prefix: str, name: str, dead: sqs.CfnQueue, policy: Document, function: functions.CfnFunction
    ) -> sqs.CfnQueue:
        """A queue that a function takes its messages from; `prefix` of the ids."""
        queue = sqs.CfnQueue(
            self.scope,
            f"{prefix}Queue",
            queue_name=name,
            visibility_timeout=VISIBILITY,
            message_retention_period=KEPT_SECONDS,
            redrive_policy={"deadLetterTargetArn": dead.attr_arn, "maxReceiveCount": RECEIVES},
            sqs_managed_sse_enabled=True,
        )
        queue.apply_removal_policy(RemovalPolicy.DESTROY)
        sqs.CfnQueuePolicy(self.scope, f"{prefix}QueuePolicy", queues=[queue.ref], policy_document=policy)
        functions.CfnEventSourceMapping(
            self.scope,
            f"{prefix}Events",
            function_name=function.ref,
            event_source_arn=queue.attr_arn,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximumConcurrency": CALLS},
        )
        return queue

    def rules(self, queue: sqs.CfnQueue, dead: sqs.CfnQueue, patterns: Mapping[str, Mapping[str, object]]) -> None:
        """The rules that send to the queue, each with its event pattern, and the clock."""
        for kind in alert_policies.RULES:
            when = {"event_pattern": patterns[kind]} if kind in patterns else {"schedule_expression": "rate(1 minute)"}
            lost = {"retryPolicy": RETRY, "deadLetterConfig": {"arn": dead.attr_arn}}
            events.CfnRule(
                self.scope,
                f"{kind.capitalize()}Rule",
                name=self.names.events_rule(kind),
                description="Sends to the alerts function what has happened",
                targets=[{"id": "events", "arn": queue.attr_arn, **lost}],
                **when,
            )

    def slack(self, topic: sns.ITopic, policy: Document, settings: AlertSettings) -> None:
        """The listener for Slack: a queue that is subscribed to the topic, and what takes from it."""
        name, lost = self.names.slack, self.names.slack_dead_letters
        listener = self.function("SlackFunction", name, name, "handle_slack", policy, settings)
        nobody = queue_policy(self.place._arn("sqs", lost))
        dead = queue_of_lost(self.scope, "SlackDeadLetters", name=lost, policy=nobody, tags=[])
        from_topic = alert_policies.topic_queue_policy(self.place, name, topic.topic_arn)
        queue = self.fed("Slack", name, dead, from_topic, listener)
        sns.CfnSubscription(
            self.scope,
            "SlackSubscription",
            topic_arn=topic.topic_arn,
            protocol="sqs",
            endpoint=queue.attr_arn,
            raw_message_delivery=True,
            filter_policy={"stage": [self.names.stage], "kind": [{"anything-but": "test"}]},
        )

    def alarms(self, declared: DeclaredAlerts) -> sns.CfnTopic:
        """The topic of the alarms, and the alarms. It has no KMS key: CloudWatch may not use the one of SNS."""
        names = self.names
        topic = sns.CfnTopic(self.scope, "Alarms", topic_name=names.alarms_topic, display_name=f"{names.prefix} alarms")
        policy = alert_policies.alarms_policy(self.place, names)
        sns.CfnTopicPolicy(self.scope, "AlarmsPolicy", topics=[topic.ref], policy_document=policy)
        self.mails("AlarmEmail", topic.ref, {address: {} for address in declared.emails})
        if not declared.emails:
            text = (
                f"nobody hears the alarms of {names.alerts}: alerts has no emails; give some, or subscribe someone to "
                f"the topic {names.alarms_topic} and acknowledge this"
            )
            Annotations.of(self.scope).add_warning_v2("batchwright:nobody-hears-alarms", text)
        make_alarms(self.scope, names, topic.ref, slack=bool(declared.slack))
        return topic

    def mails(self, id: str, topic: str, filters: Mapping[str, Mapping[str, Any]], *, of_stage: bool = False) -> None:
        """Subscriptions, each with an id of its address: another one beside it changes nothing of them.

        `of_stage`: whether a topic of others may hold more than this stage's messages.
        """
        for address, by_owner in filters.items():
            policy = {**by_owner, **({"stage": [self.names.stage]} if of_stage else {})}
            sns.CfnSubscription(
                self.scope,
                f"{id}-{sha256(address.encode()).hexdigest()[:12]}",
                topic_arn=topic,
                protocol="email",
                endpoint=address,
                filter_policy=policy or None,
            )
