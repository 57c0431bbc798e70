"""The task definition, the cluster, and the account's quota of Fargate vCPUs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from batchwright_runner.contract.manifest import ImageReference
from batchwright_runner.contract.names import family_of
from batchwright_runner.contract.stop_reasons import BATCH_AGAIN
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.terminal.text import sentence
from batchwright_runner.host.verify.subject import Subject, as_a_run

_DEPLOY = sentence(BATCH_AGAIN)

GONE = as_a_run("TaskDefinition not found")
NO_CLUSTER = as_a_run("ClusterNotFoundException")
NO_PROVIDER = as_a_run("a capacity provider that is not associated with the cluster")


def check_definition(subject: Subject) -> Iterator[Finding]:
    """Whether the revision of the manifest is active, and is what the manifest says."""
    manifest = subject.manifest
    named = manifest.task_definition.rpartition("/")[2]
    try:
        definition = subject.definition
    except ApiError as error:
        if error.code != "ClientException":
            raise
        yield subject.fail(f"{named} does not exist: {error.message}", GONE)
        return
    if definition.get("status") != "ACTIVE":
        yield subject.fail(f"{named} is inactive: someone has deregistered it", _DEPLOY)
        return
    drift = list(_drift(subject))
    for difference in drift:
        yield subject.fail(f"{named} is not what the manifest says: {difference}", _DEPLOY)
    newest = _newest(subject)
    if newest > int(definition["revision"]):
        what = f"{named} is not the newest: revision {newest} was made by something else than the batch's stack"
        yield subject.warn(
            what,
            "A run uses the manifest's. See who registered it: what it was to change belongs in the declaration",
        )
    elif not drift:
        yield subject.ok(f"{named} is active")


def _drift(subject: Subject) -> Iterator[str]:
    manifest, definition = subject.manifest, subject.definition
    containers = {container["name"]: container for container in definition.get("containerDefinitions", [])}
    if manifest.container not in containers:
        yield f"it has no container {manifest.container}"
    elif manifest.image.repository:
        runs = str(containers[manifest.container].get("image", ""))
        if ImageReference.from_uri(runs) != ImageReference.from_uri(manifest.image.uri):
            yield f"it runs {runs}, not {manifest.image.uri}"
    cpu = definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    if cpu != manifest.architecture:
        yield f"it is for {cpu}, not {manifest.architecture}"


def _newest(subject: Subject) -> int:
    """The number of the family's newest active revision."""
    family = family_of(subject.manifest.task_definition)
    answer = subject.look.call("ecs", "describe_task_definition", taskDefinition=family)
    return int(answer["taskDefinition"]["revision"])


def check_cluster(subject: Subject) -> Iterable[Finding]:
    """Whether the cluster is there and has the capacity that the batch asks for."""
    manifest = subject.manifest
    name = manifest.cluster.rpartition("/")[2]
    answer = subject.look.call("ecs", "describe_clusters", clusters=[manifest.cluster])
    clusters = answer.get("clusters", [])
    if not clusters or clusters[0].get("status") != "ACTIVE":
        state = f"is {clusters[0]['status']}" if clusters else "does not exist"
        return [subject.fail(f"{name} {state}", NO_CLUSTER)]
    has = set(clusters[0].get("capacityProviders", []))
    providers = [capacity.provider for capacity in manifest.capacity]
    missing = [provider for provider in providers if provider not in has]
    if missing:
        what = f"{name} has no capacity provider {', '.join(missing)}"
        return [subject.fail(what, NO_PROVIDER)]
    return [subject.ok(f"{name} is active" + (f", with {', '.join(providers)}" if providers else ""))]


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
    providers = [capacity.provider for capacity in subject.manifest.capacity] or ["FARGATE"]
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
    parameters = {"ServiceCode": SERVICE, "QuotaCode": code}
    answer = subject.look.find("NoSuchResourceException", "service-quotas", "get_service_quota", **parameters)
    answer = answer or subject.look.call("service-quotas", "get_aws_default_service_quota", **parameters)
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
    newest = max(answer.get("Datapoints", []), key=lambda point: point["Timestamp"], default={"Maximum": 0.0})
    return float(newest["Maximum"])
