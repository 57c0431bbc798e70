"""What the alerts machine and the rules that start it may do, as plain JSON from pure functions."""

from collections.abc import Sequence

from batchwright.arns import Place, domain, partition
from batchwright.iam.machine_policies import queue_policy
from batchwright.iam.policies import Document, Statement, allow, document, key_of, trust_for
from batchwright.iam.run_policies import in_cluster
from batchwright.names import StageNames

EVENTS = "events.amazonaws.com"
NAMESPACE = "Batchwright"
"""The metrics' namespace in CloudWatch."""


def machine_policy(place: Place, names: StageNames, *, cluster: str, metrics: bool) -> Document:
    """What the machine may do, whatever its channels: read what is known of a batch, keep its last ends, count.

    Args:
        place: Account and region of the stage.
        names: The stage's names.
        cluster: Name of the cluster.
        metrics: Whether it puts metrics.
    """
    path, here = names.path, in_cluster(place, cluster)
    records = [place.parameter(f"{path}/{one}/*") for one in ("manifests", "watch", "last")]
    statements = [
        allow(["ssm:GetParameters"], records, sid="ReadRecords"),
        allow(["ssm:PutParameter"], [place.parameter(f"{path}/last/*")], sid="KeepLastEnds"),
        # Of the stage's own log groups; those that something else made are linked to.
        allow(["logs:GetLogEvents"], [place.arn("logs", f"log-group:{path}/*:log-stream:*")], sid="ReadLastLines"),
        # ListTasks has no resource that a cluster's ARN would match.
        allow(["ecs:ListTasks"], ["*"], here, sid="FindRetries"),
        allow(["ecs:DescribeTasks"], [place.arn("ecs", f"task/{cluster}/*")], here, sid="SeeRetries"),
        allow(["states:DescribeExecution"], [place.execution(f"{names.prefix}-*")], sid="SeeExecutions"),
        allow(["states:StartExecution"], [place.machine(names.alerts_machine)], sid="TellOnce"),
    ]
    if metrics:
        # Metrics have no ARN; the namespace is what can be said of them.
        only = {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}
        statements.append(allow(["cloudwatch:PutMetricData"], ["*"], only, sid="Count"))
    return document(statements)


def publish(place: Place, topic: str, key: str) -> list[Statement]:
    """Publishing to the topic, and using the key that it is encrypted with.

    Args:
        place: Account and region of the stage.
        topic: ARN of the topic.
        key: ARN or alias of the key; empty for none that has to be allowed.
    """
    statements = [allow(["sns:Publish"], [topic], sid="TellTopic")]
    if key:
        resource, condition = key_of(place, key)
        through = {"StringEquals": {"kms:ViaService": f"sns.{place.region}.{domain(place.region)}"}}
        statements.append(
            allow(["kms:Decrypt", "kms:GenerateDataKey"], [resource], {**through, **condition}, sid="UseTopicKey")
        )
    return statements


def call(place: Place, names: StageNames, *, host: str, connection: str, secret: str, what: str) -> list[Statement]:
    """Calling a host over HTTPS, with what a connection holds.

    Step Functions user guide, "Call HTTPS APIs in Step Functions workflows" (2026-11).

    Args:
        place: Account and region of the stage.
        names: The stage's names.
        host: ``https://slack.com/api/*``.
        connection: ARN of the connection.
        secret: ARN of the secret in which EventBridge keeps what the connection holds.
        what: What is called, for the statements' names.
    """
    endpoint = {"StringEquals": {"states:HTTPMethod": "POST"}, "StringLike": {"states:HTTPEndpoint": host}}
    machine = place.machine(names.alerts_machine)
    return [
        allow(["states:InvokeHTTPEndpoint"], [machine], endpoint, sid=f"Call{what}"),
        allow(["events:RetrieveConnectionCredentials"], [connection], sid=f"Use{what}Connection"),
        allow(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], [secret], sid=f"Read{what}Secret"),
    ]


def rules_trust(place: Place, rules: Sequence[str]) -> Document:
    """Trust of the role with which the rules start the machine: EventBridge, for these rules alone.

    Args:
        place: Account and region of the stage.
        rules: Names of the rules.
    """
    return trust_for(EVENTS, place, [place.arn("events", f"rule/{rule}") for rule in rules])


def rules_policy(place: Place, names: StageNames) -> Document:
    """What the rules may do: start the machine."""
    return document([allow(["states:StartExecution"], [place.machine(names.alerts_machine)], sid="StartAlerts")])


def lost_policy(place: Place, names: StageNames, rules: Sequence[str]) -> Document:
    """The policy of the queue of events that reached no machine: EventBridge may send, for these rules alone."""
    queue = place.arn("sqs", names.alerts)
    arns = [place.arn("events", f"rule/{rule}") for rule in rules]
    send: Statement = {
        "Sid": "KeepLostEvents",
        "Effect": "Allow",
        "Principal": {"Service": EVENTS},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": arns}},
    }
    return document([send, *queue_policy(queue)["Statement"]])


def topic_policy(place: Place, topic: str) -> Document:
    """The own topic's policy: what its account's policies say, and nothing without TLS."""
    account: Statement = {
        "Sid": "OwnAccount",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition(place.region)}:iam::{place.account}:root"},
        "Action": ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"],
        "Resource": topic,
    }
    tls: Statement = {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return document([account, tls])
