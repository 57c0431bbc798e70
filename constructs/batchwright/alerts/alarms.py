"""The alarms on a stage's alerts: whether what tells people works itself. They have a topic of their own."""

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from batchwright.iam.alert_policies import NAMESPACE
from batchwright_runner.contract.names import StageNames

AGE_SECONDS = 300
"""Seconds that an event may wait in the queue."""
QUIET_MINUTES = 15
"""Minutes without a finished tick of the clock."""


def make_alarms(scope: Construct, names: StageNames, topic: str, *, slack: bool) -> None:
    """Makes them.

    Metrics: SQS developer guide, "Available CloudWatch metrics"; Lambda developer guide, "Types of metrics for Lambda
    functions" (both 2026-11).
    """
    dead, untold = names.events_dead_letters, names.slack_dead_letters
    alarms: dict[str, tuple[str, dict[str, Any]]] = {
        "dead-letters": (
            f"something was not told: the messages in the queue {dead} say what, and why",
            _of_queue("ApproximateNumberOfMessagesVisible", dead),
        ),
        "age": (
            f"events wait in the queue {names.events_queue} for more than five minutes: is the function throttled?",
            _of_queue("ApproximateAgeOfOldestMessage", names.events_queue, AGE_SECONDS),
        ),
        "errors": (
            f"the function {names.alerts} fails: see its log",
            _of("AWS/Lambda", "Errors", FunctionName=names.alerts),
        ),
        # A new alarm has too little data, and says so again only after it has had enough: after the first tick.
        "clock": (
            f"no tick of the clock was finished for {QUIET_MINUTES} minutes: no one is told of runs that do not come",
            {
                **_of(NAMESPACE, "Ticks", 1, project=names.project, stage=names.stage),
                "comparison_operator": "LessThanThreshold",
                "evaluation_periods": QUIET_MINUTES,
                "treat_missing_data": "missing",
                "insufficient_data_actions": [topic],
            },
        ),
    }
    if slack:
        alarms["slack"] = (
            f"Slack was not told: the messages in the queue {untold} are those; batchwright alerts test says why",
            _of_queue("ApproximateNumberOfMessagesVisible", untold),
        )
    for kind, (meaning, properties) in alarms.items():
        cloudwatch.CfnAlarm(
            scope,
            f"Alarm-{kind}",
            alarm_name=names.alerts_alarm(kind),
            alarm_description=f"Alerts of {names.prefix}: {meaning}",
            alarm_actions=[topic],
            period=60,
            **properties,
        )


def _of_queue(metric: str, queue: str, threshold: int = 0) -> dict[str, Any]:
    return {**_of("AWS/SQS", metric, threshold, QueueName=queue), "statistic": "Maximum"}


def _of(namespace: str, metric: str, threshold: int = 0, **dimensions: str) -> dict[str, Any]:
    """An alarm's properties: it sounds as soon as the sum of a metric is above a number."""
    return {
        "namespace": namespace,
        "metric_name": metric,
        "dimensions": [{"name": name, "value": value} for name, value in dimensions.items()],
        "statistic": "Sum",
        "comparison_operator": "GreaterThanThreshold",
        "threshold": threshold,
        "evaluation_periods": 1,
        "treat_missing_data": "notBreaching",
    }
