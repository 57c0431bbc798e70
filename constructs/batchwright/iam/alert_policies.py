"""What the parts of a stage's alerts may do, and who may use them, as plain JSON from pure functions."""

from collections.abc import Sequence
from typing import Any

from batchwright.arns import Place, account_of, domain, partition
from batchwright.iam.function_policies import write_log
from batchwright.iam.machine_policies import queue_policy
from batchwright.iam.policies import Document, Statement, allow, document
from batchwright.iam.run_policies import in_cluster
from batchwright.task.outside import ANY_SUFFIX, policy_arns
from batchwright.tokens import is_token
from batchwright_runner.contract.names import StageNames

EVENTS, ALARMS = "events.amazonaws.com", "cloudwatch.amazonaws.com"
NAMESPACE = "Batchwright"
"""The metrics' namespace in CloudWatch."""
RULES = ("tasks", "executions", "handed", "clock")
"""Kinds of the rules that send to the queue."""
_RECORDS = ("manifests", "watch", "paused")
_TAKE = [f"sqs:{action}" for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
_ITEMS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem", "Query")
"""What a transaction needs is allowed item by item (DynamoDB developer guide, "IAM and transactions", 2026-11)."""


def function_policy(place: Place, names: StageNames, *, cluster: str, topic: str, key: str) -> Document:
    """What the function may do: read what is known of a batch and its runs, keep its table, count, and tell the topic.

    `key`: ARN of the key that the topic is encrypted with; empty for none that has to be allowed.
    """
    path, here = names.path, in_cluster(place, cluster)
    folders = [place._parameter(f"{path}/watch{rest}") for rest in ("", "/*")]
    statements = [
        allow(
            ["ssm:GetParameters"], [place._parameter(f"{path}/{folder}/*") for folder in _RECORDS], sid="ReadRecords"
        ),
        allow(["ssm:GetParametersByPath"], folders, sid="ListRecords"),
        # Of the stage's own log groups; those that something else made are linked to.
        allow(["logs:GetLogEvents"], [place._arn("logs", f"log-group:{path}/*:log-stream:*")], sid="ReadLastLines"),
        # ListTasks has no resource that a cluster's ARN would match.
        allow(["ecs:ListTasks"], ["*"], here, sid="FindRuns"),
        allow(["ecs:DescribeTasks"], [place._arn("ecs", f"task/{cluster}/*")], here, sid="SeeRuns"),
        allow(["states:ListExecutions"], [place._machine(f"{names.prefix}-*")], sid="FindExecutions"),
        allow(["states:DescribeExecution"], [place._execution(f"{names.prefix}-*")], sid="SeeExecutions"),
        allow(
            [f"dynamodb:{action}" for action in _ITEMS],
            [place._arn("dynamodb", f"table/{names.alerts_table}")],
            sid="KeepTable",
        ),
        # Metrics have no ARN; only their namespace can be named.
        allow(["cloudwatch:PutMetricData"], ["*"], {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}, sid="Count"),
        allow(_TAKE, [place._arn("sqs", names.events_queue)], sid="TakeEvents"),
        allow(["sqs:SendMessage"], [place._arn("sqs", names.events_dead_letters)], sid="KeepDeadLetters"),
    ]
    return document([*statements, *_tell(place, topic, key), write_log(place, names.alerts)])


def trial_policy(place: Place, names: StageNames, *, topic: str, key: str, secret: str) -> Document:
    """What the function may do that sends a test message: tell people, see who has confirmed, and nothing else."""
    see = allow(["sns:ListSubscriptionsByTopic"], [topic], sid="SeeSubscriptions")
    channels = [*_tell(place, topic, key), see, *_read_token(place, secret)]
    return document([*channels, write_log(place, names.alerts_test)])


def slack_policy(place: Place, names: StageNames, secret: str) -> Document:
    """What the listener for Slack may do: take from its queue, and read the token."""
    take = allow(_TAKE, [place._arn("sqs", names.slack)], sid="TakeMessages")
    return document([take, *_read_token(place, secret), write_log(place, names.slack)])


def topic_queue_policy(place: Place, queue: str, topic: str) -> Document:
    """The policy of a queue that a topic may send to."""
    arn = place._arn("sqs", queue)
    send = allow(["sqs:SendMessage"], [arn], {"ArnEquals": {"aws:SourceArn": topic}}, sid="TakeMessages")
    return document([{**send, "Principal": {"Service": "sns.amazonaws.com"}}, *queue_policy(arn)["Statement"]])


def _tell(place: Place, topic: str, key: str) -> list[Statement]:
    statements = [allow(["sns:Publish"], [topic], sid="TellTopic")]
    if key:
        through = {"StringEquals": {"kms:ViaService": f"sns.{place.region}.{domain(place.region)}"}}
        statements.append(allow(["kms:Decrypt", "kms:GenerateDataKey"], [key], through, sid="UseTopicKey"))
    return statements


def _read_token(place: Place, secret: str) -> list[Statement]:
    if not secret:
        return []
    arns = [*_secret_arns(place, secret)]
    keys = {Place(account_of(arn) or place.account, place.region)._arn("kms", "key/*"): None for arn in arns}
    # A secret may be encrypted with a key of its own. Secrets Manager says of which secret the data are (Secrets
    # Manager user guide, "Encryption context", 2026-11).
    only: dict[str, dict[str, Any]] = {
        "StringEquals": {"kms:ViaService": f"secretsmanager.{place.region}.{domain(place.region)}"},
        "StringLike": {"kms:EncryptionContext:SecretARN": arns},
    }
    return [
        allow(["secretsmanager:GetSecretValue"], arns, sid="ReadTokens"),
        allow(["kms:Decrypt"], [*keys], only, sid="DecryptTokens"),
    ]


def _secret_arns(place: Place, secret: str) -> Sequence[str]:
    if secret.startswith("arn:") or is_token(secret):
        return policy_arns(secret)
    return [place._arn("secretsmanager", f"secret:{secret}{ANY_SUFFIX}")]


def events_policy(place: Place, names: StageNames, queue: str) -> Document:
    """The policy of a queue: the stage's rules may send to it, and nothing may without TLS.

    `queue`: Name of the queue: that of events, or that of dead letters.
    """
    arn = place._arn("sqs", queue)
    rules = [place._arn("events", f"rule/{names.events_rule(kind)}") for kind in RULES]
    send = allow(["sqs:SendMessage"], [arn], {"ArnEquals": {"aws:SourceArn": rules}}, sid="TakeEvents")
    return document([{**send, "Principal": {"Service": EVENTS}}, *queue_policy(arn)["Statement"]])


def messages_policy(place: Place, names: StageNames) -> Document:
    """The policy of the topic of messages: what its account's policies say, with TLS."""
    topic = place._arn("sns", names.messages_topic)
    account: Statement = {
        "Sid": "OwnAccount",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{partition(place.region)}:iam::{place.account}:root"},
        "Action": ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"],
        "Resource": topic,
    }
    return document([account, _only_with_tls(topic)])


def alarms_policy(place: Place, names: StageNames) -> Document:
    """The policy of the alarms' topic: CloudWatch may publish, for this stage's alarms.

    Amazon SNS developer guide, "Example cases for Amazon SNS access control" (2026-11).
    """
    topic = place._arn("sns", names.alarms_topic)
    ringing = (names.alerts_alarm("*"), names.schedules, names.machines)
    alarms = [place._arn("cloudwatch", f"alarm:{name}") for name in ringing]
    own: dict[str, dict[str, Any]] = {
        "StringEquals": {"aws:SourceAccount": place.account},
        "ArnLike": {"aws:SourceArn": alarms},
    }
    ring = {**allow(["sns:Publish"], [topic], own, sid="RingAlarms"), "Principal": {"Service": ALARMS}}
    return document([ring, _only_with_tls(topic)])


def _only_with_tls(topic: str) -> Statement:
    return {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": topic,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
