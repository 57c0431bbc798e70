"""A run's end as metrics: in CloudWatch, and in Datadog. Pure."""

from typing import Any

from batchwright.alerts.calls import post
from batchwright.alerts.facts import AlertsFacts
from batchwright.alerts.judgment import GOOD
from batchwright.alerts.note import datadog_tags
from batchwright.alerts.relay import look
from batchwright.automation.jsonata import expression
from batchwright.iam.alert_policies import NAMESPACE

FAILED = expression(f"$e.name = {GOOD} or $not($e.counts) ? 0 : 1")
SECONDS = expression("$e.seconds")


def count(facts: AlertsFacts, following: str) -> dict[str, Any]:
    """The metrics in CloudWatch, with the dimensions project, stage and batch.

    Args:
        facts: The stage.
        following: The next state.
    """
    dimensions = [
        {"Name": "project", "Value": facts.names.project},
        {"Name": "stage", "Value": facts.names.stage},
        {"Name": "batch", "Value": expression("$batch")},
    ]
    data = [
        {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": dimensions}
        for name, value, unit in (
            ("Runs", 1, "Count"),
            ("Failures", FAILED, "Count"),
            ("Duration", SECONDS, "Seconds"),
        )
    ]
    return look(
        "cloudwatch:putMetricData",
        {"Namespace": NAMESPACE, "MetricData": data},
        {"countedAt": expression("$states.context.State.EnteredTime")},
        following,
        {"countedAt": expression("''")},
    )


def count_in_datadog(facts: AlertsFacts, site: str, connection: str, following: str) -> dict[str, Any]:
    """Three points with the tags of the run; of a count Datadog adds them up.

    Args:
        facts: The stage.
        site: Datadog's site.
        connection: ARN of the connection that holds the API key.
        following: The next state.
    """
    tags = expression(datadog_tags(facts.names.project))
    at = expression("$floor($toMillis($states.context.State.EnteredTime) / 1000)")
    series = [
        {"metric": f"batchwright.{name}", "type": kind, "points": [{"timestamp": at, "value": value}], "tags": tags}
        for name, kind, value in (("runs", 1, 1), ("failures", 1, FAILED), ("duration", 3, SECONDS))
    ]
    return post(f"https://api.{site}/api/v2/series", connection, {"series": series}, "Datadog", following)
