"""The stack of a stage's alerts: rules, machine, topic, connections, and the queue of events that were lost."""

from dataclasses import dataclass, replace

from aws_cdk import CfnTag, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from batchwright.alerts.declaration import HeldSecret, StageAlerts
from batchwright.alerts.facts import AlertsFacts, Datadog, Slack
from batchwright.alerts.machine import alerts_machine
from batchwright.alerts.watch import watch_machine
from batchwright.arns import Place
from batchwright.automation.schedules import KEPT_SECONDS, metric
from batchwright.iam import alert_policies, watch_policies
from batchwright.iam.policies import Statement, document
from batchwright.names import StageNames
from batchwright.task.outside import parameter_of

RETRY = {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 20}
"""For how long EventBridge tries to start the machine; its default is a day, and then the news is old."""


@dataclass(frozen=True, slots=True)
class MadeAlerts:
    """What was made.

    Attributes:
        stack: The stack.
        machine: The machine.
        topic: Its own topic; ``None`` where another one was given, or none.
    """

    stack: Stack
    machine: stepfunctions.CfnStateMachine
    topic: sns.CfnTopic | None


def make_alerts(
    scope: Construct,
    declared: StageAlerts,
    names: StageNames,
    place: Place,
    *,
    cluster: str,
    patterns: "dict[str, dict[str, object]]",
) -> MadeAlerts:
    """Makes it.

    Args:
        scope: The alerts' stack.
        declared: What was declared.
        names: The stage's names.
        place: Its account and region.
        cluster: Name of its cluster.
        patterns: Name of a rule, after the stack's, to its event pattern.
    """
    tags = [CfnTag(key=key, value=value) for key, value in names.tags.items()]
    topic = _topic(scope, declared, names, place, tags) if declared.own else None
    arn = topic.ref if topic is not None else _given(scope, declared.topic)
    facts = AlertsFacts(
        names=names,
        place=place,
        cluster=cluster,
        topic=arn,
        lines=declared.lines,
        metrics=declared.metrics,
    )
    document_ = alert_policies.machine_policy(place, names, cluster=cluster, metrics=declared.metrics)
    statements: list[Statement] = [*document_["Statement"]]
    if arn:
        statements += alert_policies.publish(place, arn, declared.key)
    if declared.token is not None:
        made = _connection(scope, "Slack", names, "Authorization", "Bearer ", declared.token)
        facts = replace(facts, slack=Slack(channel=declared.channel, connection=made.attr_arn))
        statements += _calls(place, names, made, "https://slack.com/api/*", "Slack")
    if declared.api_key is not None:
        made = _connection(scope, "Datadog", names, "DD-API-KEY", "", declared.api_key)
        facts = replace(facts, datadog=Datadog(site=declared.site, connection=made.attr_arn))
        statements += _calls(place, names, made, f"https://api.{declared.site}/api/*", "Datadog")
    machine = _machine(scope, facts, statements, tags)
    _rules(scope, names, place, machine, patterns, tags)
    _watch(scope, facts, tags)
    return MadeAlerts(Stack.of(scope), machine, topic)


def _given(scope: Construct, topic: str) -> str:
    name = parameter_of(topic) if topic.startswith("ssm:") else ""
    return ssm.StringParameter.value_for_string_parameter(scope, name) if name else topic


def _topic(
    scope: Construct, declared: StageAlerts, names: StageNames, place: Place, tags: list[CfnTag]
) -> sns.CfnTopic:
    """A topic of the stage's own, encrypted with SNS's key, which the account's principals may use through SNS."""
    topic = sns.CfnTopic(
        scope, "Topic", topic_name=names.alerts, display_name=names.prefix, kms_master_key_id="alias/aws/sns", tags=tags
    )
    sns.CfnTopicPolicy(
        scope,
        "TopicPolicy",
        topics=[topic.ref],
        policy_document=alert_policies.topic_policy(place, place.arn("sns", names.alerts)),
    )
    for number, address in enumerate(declared.emails):
        sns.CfnSubscription(scope, f"Email{number}", topic_arn=topic.ref, protocol="email", endpoint=address)
    return topic


def _connection(
    scope: Construct, what: str, names: StageNames, header: str, prefix: str, secret: HeldSecret
) -> events.CfnConnection:
    """A connection, which holds a header. CloudFormation reads the secret when it makes or changes the connection."""
    return events.CfnConnection(
        scope,
        f"{what}Connection",
        name=f"{names.alerts}-{what.lower()}",
        description=f"Who is told of the runs of {names.prefix}",
        authorization_type="API_KEY",
        auth_parameters={
            "apiKeyAuthParameters": {"apiKeyName": header, "apiKeyValue": f"{prefix}{secret.reference}"},
        },
    )


def _calls(place: Place, names: StageNames, made: events.CfnConnection, host: str, what: str) -> list[Statement]:
    return alert_policies.call(
        place, names, host=host, connection=made.attr_arn, secret=made.attr_secret_arn, what=what
    )


def _machine(
    scope: Construct, facts: AlertsFacts, statements: list[Statement], tags: list[CfnTag]
) -> stepfunctions.CfnStateMachine:
    names, place = facts.names, facts.place
    role = iam.CfnRole(
        scope,
        "Role",
        role_name=names.alerts,
        path=names.role_path,
        assume_role_policy_document=alert_policies.machine_trust(place, names),
        policies=[{"policyName": "batchwright", "policyDocument": document(statements)}],
    )
    return stepfunctions.CfnStateMachine(
        scope,
        "Machine",
        state_machine_name=names.alerts_machine,
        state_machine_type="STANDARD",
        role_arn=role.attr_arn,
        definition_string=Stack.of(scope).to_json_string(alerts_machine(facts)),
        tags=[{"key": one.key, "value": one.value} for one in tags],
    )


def _watch(scope: Construct, facts: AlertsFacts, tags: list[CfnTag]) -> None:
    """The machine that watches for runs that do not come. Schedules of the batches start it."""
    names, place = facts.names, facts.place
    role = iam.CfnRole(
        scope,
        "WatchRole",
        role_name=names.watch_role,
        path=names.role_path,
        assume_role_policy_document=watch_policies.watch_trust(place, names),
        policies=[
            {
                "policyName": "batchwright",
                "policyDocument": watch_policies.watch_policy(place, names, cluster=facts.cluster),
            }
        ],
    )
    stepfunctions.CfnStateMachine(
        scope,
        "Watch",
        state_machine_name=names.watch_machine,
        state_machine_type="STANDARD",
        role_arn=role.attr_arn,
        definition_string=Stack.of(scope).to_json_string(watch_machine(facts)),
        tags=[{"key": one.key, "value": one.value} for one in tags],
    )


def _rules(
    scope: Construct,
    names: StageNames,
    place: Place,
    machine: stepfunctions.CfnStateMachine,
    patterns: "dict[str, dict[str, object]]",
    tags: list[CfnTag],
) -> None:
    """The rules that start the machine, with a queue for what reached none, and an alarm on that and on failures."""
    rules = {name: f"{names.alerts}-{name}" for name in patterns}
    role = iam.CfnRole(
        scope,
        "RulesRole",
        role_name=f"{names.alerts}-rules",
        path=names.role_path,
        assume_role_policy_document=alert_policies.rules_trust(place, [*rules.values()]),
        policies=[{"policyName": "batchwright", "policyDocument": alert_policies.rules_policy(place, names)}],
    )
    queue = sqs.CfnQueue(
        scope,
        "Lost",
        queue_name=names.alerts,
        message_retention_period=KEPT_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=tags,
    )
    queue.apply_removal_policy(RemovalPolicy.DESTROY)  # what lies in it is of use for two weeks at most
    sqs.CfnQueuePolicy(
        scope,
        "LostPolicy",
        queues=[queue.ref],
        policy_document=alert_policies.lost_policy(place, names, [*rules.values()]),
    )
    for name, pattern in patterns.items():
        rule = events.CfnRule(
            scope,
            f"Rule-{name}",
            name=rules[name],
            description="Tells of the ends of batch runs",
            event_pattern=pattern,
            targets=[
                {
                    "id": "alerts",
                    "arn": place.machine(names.alerts_machine),
                    "roleArn": role.attr_arn,
                    "retryPolicy": RETRY,
                    "deadLetterConfig": {"arn": place.arn("sqs", names.alerts)},
                }
            ],
        )
        rule.add_resource_dependency(machine)
        rule.add_resource_dependency(queue)
    _alarm(scope, names, place)


def _alarm(scope: Construct, names: StageNames, place: Place) -> None:
    """One alarm, without actions: an event reached no machine, or a message did not reach everyone.

    Metrics: SQS developer guide, "Available CloudWatch metrics"; Step Functions user guide, "Monitoring with
    CloudWatch" (both 2026-11).
    """
    machine = place.machine(names.alerts_machine)
    lost = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", names.alerts, "Maximum")
    failed = metric("AWS/States", "ExecutionsFailed", "StateMachineArn", machine, "Sum")
    cloudwatch.CfnAlarm(
        scope,
        "Alarm",
        alarm_name=names.alerts,
        alarm_description=(
            f"Not everyone was told of a run of {names.prefix}: see the failed executions of {names.alerts_machine}, "
            f"and the queue {names.alerts}"
        ),
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        metrics=[
            {"id": "notTold", "expression": "FILL(lost, 0) + FILL(failed, 0)", "returnData": True},
            {"id": "lost", "metricStat": lost, "returnData": False},
            {"id": "failed", "metricStat": failed, "returnData": False},
        ],
    )
