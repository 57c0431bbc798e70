"""The account's quota of Fargate vCPUs: whether one more run of a batch fits into it."""

from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.subject import Subject, as_a_run

SERVICE = "fargate"
CODES = {"FARGATE": "L-3032A538", "FARGATE_SPOT": "L-36FBB829"}
"""The quotas on vCPUs at the same time, by capacity provider (AWS General Reference, Fargate quotas, 2026-11)."""
NEARLY = 0.8
"""The part of a quota that a run may fill before it is worth a look."""
PERIOD = 300
"""Seconds between two values of a usage metric (CloudWatch user guide, "AWS usage metrics", 2026-11)."""
LOOK_BACK = 3600
"""Seconds in which the newest value is looked for. A usage of nothing has none."""
UNITS = 1024
"""CPU units of a vCPU."""

REACHED = as_a_run("you've reached the limit on the number of vCPUs you can run concurrently")


def check_quota(subject: Subject) -> Iterator[Finding]:
    """Whether the account may run as many vCPUs more as the batch has, on the capacity that it asks for."""
    needed = int(subject.definition.get("cpu", 0)) / UNITS
    providers = [one.provider for one in subject.manifest.capacity] or ["FARGATE"]
    for provider in sorted(CODES.keys() & set(providers)):
        limit, used = _room(subject, CODES[provider])
        if used is None:
            what = f"what is in use of the account's {limit:g} vCPUs on {provider}: AWS names no metric of it"
            yield subject.unknown(what)
            continue
        what = f"{used:g} of the account's {limit:g} vCPUs on {provider} are in use"
        after = used + needed
        if after > limit:
            yield subject.fail(f"{what}, and a run needs {needed:g}", REACHED)
        elif after > limit * NEARLY:
            code = CODES[provider]
            raised = f"aws service-quotas request-service-quota-increase --service-code {SERVICE} --quota-code {code}"
            yield subject.warn(f"{what}: few are left", f"Have it raised: {raised} --desired-value …")
        else:
            yield subject.ok(what)


def _room(subject: Subject, code: str) -> tuple[float, float | None]:
    """A quota, the account's own or the default, and what is used of it; ``None`` where AWS names no metric of that."""
    asked = {"ServiceCode": SERVICE, "QuotaCode": code}
    answer = subject.look.find("NoSuchResourceException", "service-quotas", "get_service_quota", **asked)
    answer = answer or subject.look.call("service-quotas", "get_aws_default_service_quota", **asked)
    quota: Mapping[str, Any] = answer["Quota"]
    metric = quota.get("UsageMetric")
    return float(quota["Value"]), _used(subject, metric) if metric else None


def _used(subject: Subject, metric: Mapping[str, Any]) -> float:
    """The newest value of a usage metric, which the quota names itself."""
    answer = subject.look.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=metric["MetricNamespace"],
        MetricName=metric["MetricName"],
        Dimensions=[{"Name": name, "Value": value} for name, value in sorted(metric["MetricDimensions"].items())],
        StartTime=subject.at - LOOK_BACK,
        EndTime=subject.at,
        Period=PERIOD,
        Statistics=["Maximum"],
    )
    newest = max(answer.get("Datapoints", []), key=lambda one: one["Timestamp"], default={"Maximum": 0.0})
    return float(newest["Maximum"])
