"""The stack of a stage's alerts: rules, machine, topic, connections, and the queue of events that were lost."""

from dataclasses import dataclass, replace

from aws_cdk import CfnTag, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from batchwright.alerts.connections import HeldSecret
from batchwright.alerts.declaration import StageAlerts
from batchwright.alerts.facts import AlertsFacts, Datadog, Slack
from batchwright.alerts.machine import alerts_machine
from batchwright.alerts.watch import watch_machine
from batchwright.arns import Place
from batchwright.automation.dead_letters import alarm_on_any, metric, queue_of_lost
from batchwright.iam import alert_policies, watch_policies
from batchwright.iam.machine_policies import machine_trust
from batchwright.iam.policies import Document, Statement, document
from batchwright.names import StageNames
from batchwright.task.outside import PARAMETER

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
        statements += alert_policies.publish(place, arn, _given(scope, declared.key))
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


def _given(scope: Construct, arn: str) -> str:
    """An ARN as it was given, or what the parameter holds that was."""
    found = PARAMETER.fullmatch(arn)
    return ssm.StringParameter.value_for_string_parameter(scope, found["name"]) if found else arn


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
    trust = machine_trust(place, names.alerts_machine)
    role = _role(scope, names, "Role", names.alerts, trust, document(statements))
    return _standard(scope, "Machine", names.alerts_machine, role, alerts_machine(facts), tags)


def _role(
    scope: Construct, names: StageNames, construct_id: str, name: str, trust: Document, policy: Document
) -> iam.CfnRole:
    return iam.CfnRole(
        scope,
        construct_id,
        role_name=name,
        path=names.role_path,
        assume_role_policy_document=trust,
        policies=[{"policyName": "batchwright", "policyDocument": policy}],
    )


def _standard(
    scope: Construct,
    construct_id: str,
    name: str,
    role: iam.CfnRole,
    definition: "dict[str, object]",
    tags: list[CfnTag],
) -> stepfunctions.CfnStateMachine:
    return stepfunctions.CfnStateMachine(
        scope,
        construct_id,
        state_machine_name=name,
        state_machine_type="STANDARD",
        role_arn=role.attr_arn,
        definition_string=Stack.of(scope).to_json_string(definition),
        tags=[{"key": tag.key, "value": tag.value} for tag in tags],
    )


def _watch(scope: Construct, facts: AlertsFacts, tags: list[CfnTag]) -> None:
    """The machine that watches for runs that do not come. Schedules of the batches start it."""
    names, place = facts.names, facts.place
    trust = machine_trust(place, names.watch_machine)
    policy = watch_policies.watch_policy(place, names, cluster=facts.cluster)
    role = _role(scope, names, "WatchRole", names.watch_role, trust, policy)
    _standard(scope, "Watch", names.watch_machine, role, watch_machine(facts), tags)


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
    trust = alert_policies.rules_trust(place, [*rules.values()])
    role = _role(scope, names, "RulesRole", f"{names.alerts}-rules", trust, alert_policies.rules_policy(place, names))
    policy = alert_policies.lost_policy(place, names, [*rules.values()])
    queue = queue_of_lost(scope, "Lost", name=names.alerts, policy=policy, tags=tags)
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
    alarm_on_any(
        scope,
        "Alarm",
        name=names.alerts,
        description=(
            f"Not everyone was told of a run of {names.prefix}: see the failed executions of {names.alerts_machine}, "
            f"and the queue {names.alerts}"
        ),
        total="notTold",
        metrics={"lost": lost, "failed": failed},
    )
