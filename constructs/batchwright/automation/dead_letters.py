"""What reached no machine: the queue that keeps it, and the alarm that says so."""

from collections.abc import Mapping, Sequence

from aws_cdk import CfnTag, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from batchwright.iam.policies import Document

KEPT_SECONDS = 14 * 24 * 3600
"""How long the queue keeps what comes; SQS's most (API reference, CreateQueue, 2026-11)."""
PERIOD_SECONDS = 300
"""The period of the alarm's metrics."""


def queue_of_lost(
    scope: Construct, construct_id: str, *, name: str, policy: Document, tags: Sequence[CfnTag]
) -> sqs.CfnQueue:
    """A queue, and its policy, whose id ends with ``Policy``."""
    queue = sqs.CfnQueue(
        scope,
        construct_id,
        queue_name=name,
        message_retention_period=KEPT_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=tags,
    )
    queue.apply_removal_policy(RemovalPolicy.DESTROY)  # what lies in it is of use for two weeks at most
    sqs.CfnQueuePolicy(scope, f"{construct_id}Policy", queues=[queue.ref], policy_document=policy)
    return queue


def alarm_on_any(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    description: str,
    total: str,
    topic: str,
    metrics: Mapping[str, cloudwatch.CfnAlarm.MetricStatProperty],
    periods: int = 1,
) -> cloudwatch.CfnAlarm:
    """An alarm, which sounds when one of the metrics is above zero.

    `topic`: ARN of the topic that it goes to; empty for none.
    `periods`: how many periods are looked at; all of them but one must be so.
    """
    return cloudwatch.CfnAlarm(
        scope,
        construct_id,
        alarm_name=name,
        alarm_description=description,
        alarm_actions=[topic] if topic else None,
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=periods,
        datapoints_to_alarm=max(1, periods - 1),
        treat_missing_data="notBreaching",
        metrics=[
            {"id": total, "expression": " + ".join(f"FILL({metric}, 0)" for metric in metrics), "returnData": True},
            *({"id": metric, "metricStat": stat, "returnData": False} for metric, stat in metrics.items()),
        ],
    )


def metric(namespace: str, name: str, dimension: str, value: str, stat: str) -> cloudwatch.CfnAlarm.MetricStatProperty:
    """A metric of five minutes, for an alarm."""
    return cloudwatch.CfnAlarm.MetricStatProperty(
        metric=cloudwatch.CfnAlarm.MetricProperty(
            namespace=namespace,
            metric_name=name,
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name=dimension, value=value)],
        ),
        period=PERIOD_SECONDS,
        stat=stat,
    )
