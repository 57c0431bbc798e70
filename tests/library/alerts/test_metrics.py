"""The metrics of one batch, which the stage's alerts give CloudWatch."""

from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from batchwright import BatchPlatform, DeclarationError
from batchwright.alerts.declaration import StageAlerts
from batchwright.testing import resources
from batchwright_runner.alerting.treat import NAMESPACE, UNITS
from tests.library.support import SUBNETS, app_and_stack, batch, templates

ALERTS: StageAlerts = {"topic": "arn:aws:sns:ap-northeast-1:111111111111:ops"}


def alarm(alerts: StageAlerts | None, metric: str, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - options of CDK
    home, ours = app_and_stack()
    on = BatchPlatform(ours, "Platform", stage="staging", subnets=SUBNETS, alerts=alerts)
    made: cloudwatch.Metric = getattr(batch(ours, on), metric)(**options)
    made.create_alarm(ours, "Alarm", threshold=1, evaluation_periods=1)
    (alarm_made,) = [
        alarm for alarm in resources(templates(home)["stack"], "AWS::CloudWatch::Alarm") if "MetricName" in alarm
    ]
    return alarm_made


@pytest.mark.parametrize(
    ("metric", "name", "statistic"),
    [("metric_failures", "Failures", "Sum"), ("metric_duration", "Duration", "Maximum")],
)
def test_a_metric_is_one_that_the_alerts_give(metric: str, name: str, statistic: str) -> None:
    properties = alarm(ALERTS, metric)

    assert (properties["Namespace"], properties["MetricName"], properties["Statistic"]) == (NAMESPACE, name, statistic)
    assert name in UNITS
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in properties["Dimensions"]}
    assert dimensions == {"project": "batches", "stage": "staging", "batch": "report"}


def test_its_options_are_the_cdks() -> None:
    properties = alarm(ALERTS, "metric_duration", statistic="p90", period=Duration.hours(1))

    assert (properties["ExtendedStatistic"], properties["Period"]) == ("p90", 3600)


@pytest.mark.parametrize("alerts", [None, {**ALERTS, "metrics": False}])
@pytest.mark.parametrize("metric", ["metric_failures", "metric_duration"])
def test_what_nothing_counts_has_no_metric(alerts: StageAlerts | None, metric: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch report: {metric}: the stage's runs are not counted; allowed: "):
        alarm(alerts, metric)
