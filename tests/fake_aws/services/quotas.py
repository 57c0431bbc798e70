"""Service Quotas' values for Fargate, and CloudWatch's metrics of what is used of them."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World

CLASSES = {"L-3032A538": "Standard/OnDemand", "L-36FBB829": "Standard/Spot"}
"""The class of the usage metric of each quota (Fargate usage metrics, ECS developer guide, 2026-11)."""
DEFAULT = 6.0
"""A quota that was never raised: that of a new account."""


def get_service_quota(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetServiceQuota: the account's own value."""
    code = _code(body)
    if code not in world.quotas:
        raise AwsError("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    return {"Quota": _quota(code, world.quotas[code])}


def get_aws_default_service_quota(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetAWSDefaultServiceQuota."""
    del world
    return {"Quota": _quota(_code(body), DEFAULT)}


def get_metric_statistics(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetMetricStatistics of a usage metric: an old value and the newest; none where nothing is used."""
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in body["Dimensions"]}
    if body["Namespace"] != "AWS/Usage" or dimensions.get("Service") != "Fargate":
        raise AwsError("InvalidParameterValue", "only Fargate's usage is known here")
    used = world.vcpus.get(str(dimensions["Class"]), 0.0)
    end = body["EndTime"]
    points = [{"Timestamp": end - 60, "Maximum": used}, {"Timestamp": end - 1800, "Maximum": 0.25}]
    return {"Label": body["MetricName"], "Datapoints": points if used else []}


def _code(body: dict[str, Any]) -> str:
    code = str(body["QuotaCode"])
    if body["ServiceCode"] != "fargate" or code not in CLASSES:
        raise AwsError("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    return code


def _quota(code: str, value: float) -> dict[str, Any]:
    return {
        "ServiceCode": "fargate",
        "QuotaCode": code,
        "Value": value,
        "Adjustable": True,
        "UsageMetric": {
            "MetricNamespace": "AWS/Usage",
            "MetricName": "ResourceCount",
            "MetricDimensions": {"Class": CLASSES[code], "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"},
            "MetricStatisticRecommendation": "Maximum",
        },
    }
