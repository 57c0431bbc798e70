"""The task definition and the cluster."""

from collections.abc import Iterator

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
    for what in drift:
        yield subject.fail(f"{named} is not what the manifest says: {what}", _DEPLOY)
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
    containers = {one["name"]: one for one in definition.get("containerDefinitions", [])}
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


def check_cluster(subject: Subject) -> Iterator[Finding]:
    """Whether the cluster is there and has the capacity that the batch asks for."""
    manifest = subject.manifest
    name = manifest.cluster.rpartition("/")[2]
    answer = subject.look.call("ecs", "describe_clusters", clusters=[manifest.cluster])
    found = answer.get("clusters", [])
    if not found or found[0].get("status") != "ACTIVE":
        state = f"is {found[0]['status']}" if found else "does not exist"
        yield subject.fail(f"{name} {state}", NO_CLUSTER)
        return
    has = set(found[0].get("capacityProviders", []))
    wanted = [one.provider for one in manifest.capacity]
    missing = [one for one in wanted if one not in has]
    if missing:
        what = f"{name} has no capacity provider {', '.join(missing)}"
        yield subject.fail(what, NO_PROVIDER)
    else:
        yield subject.ok(f"{name} is active" + (f", with {', '.join(wanted)}" if wanted else ""))
