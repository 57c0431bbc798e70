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


def make_alarms(scope: Construct, names: StageNames, topic: str) -> None:
    """Makes them.

    Metrics: SQS developer guide, "Available CloudWatch metrics"; Lambda developer guide, "Types of metrics for Lambda
    functions" (both 2026-11).
    """
    above = {"comparison_operator": "GreaterThanThreshold", "threshold": 0, "evaluation_periods": 1}
    above |= {"treat_missing_data": "notBreaching"}
    alarms: dict[str, tuple[str, dict[str, Any]]] = {
        "dead-letters": (
            f"something was not told: the messages in the queue {names.events_dead_letters} say what, and why",
            {
                **_metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName=names.events_dead_letters),
                **above,
                "statistic": "Maximum",
            },
        ),
        "age": (
            f"events wait in the queue {names.events_queue} for more than five minutes: is the function throttled?",
            {
                **_metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName=names.events_queue),
                **above,
                "statistic": "Maximum",
                "threshold": AGE_SECONDS,
            },
        ),
        "errors": (
            f"the function {names.alerts} fails: see its log",
            {**_metric("AWS/Lambda", "Errors", FunctionName=names.alerts), **above},
        ),
        # A new alarm has too little data, and says so again only after it has had enough: after the first tick.
        "clock": (
            f"no tick of the clock was finished for {QUIET_MINUTES} minutes: no one is told of runs that do not come",
            {
                **_metric(NAMESPACE, "Ticks", project=names.project, stage=names.stage),
                "comparison_operator": "LessThanThreshold",
                "threshold": 1,
                "evaluation_periods": QUIET_MINUTES,
                "treat_missing_data": "missing",
                "insufficient_data_actions": [topic],
            },
        ),
    }
    for kind, (meaning, properties) in alarms.items():
        cloudwatch.CfnAlarm(
            scope,
            f"Alarm-{kind}",
            alarm_name=names.alerts_alarm(kind),
            alarm_description=f"Alerts of {names.prefix}: {meaning}",
            alarm_actions=[topic],
            period=60,
            **{"statistic": "Sum", **properties},
        )


def _metric(namespace: str, name: str, **dimensions: str) -> dict[str, Any]:
    pairs = [{"name": dimension, "value": value} for dimension, value in dimensions.items()]
    return {"namespace": namespace, "metric_name": name, "dimensions": pairs}
