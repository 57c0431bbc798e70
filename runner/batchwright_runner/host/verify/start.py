"""How the last start of a batch with the same network went: a start proves the way to AWS, which no look does."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from batchwright_runner.contract.ends import FAILED_TO_START
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import is_of_network
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.history import past_tasks
from batchwright_runner.host.fargate.tasks import describe, family, family_of, list_tasks
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.subject import Subject, as_a_run

LAST = "last start of any batch with these subnets and groups"
NONE_YET = "Start one that does no harm, such as init's hello: only a start proves the way to AWS"


class LastStart(NamedTuple):
    """The start of a task that has begun, or that ECS could not start; then why."""

    batch: str
    at: float
    failed: bool
    why: str


def check_start(subject: Subject) -> Iterable[Finding]:
    """Whether the last start with its subnets, its groups and its kind of address went well."""
    alike = {
        family(other): other
        for other in (*subject.others(), subject.manifest)
        if _network(other) == _network(subject.manifest)
    }
    last = _last(_in_ecs(subject), alike)
    if last is None:
        group = subject.manifest.history_log_group
        past = past_tasks(subject.look, group, enough=1, families=alike, wall=lambda: subject.at)
        last = _last(past, alike)
    if last is None:
        return [subject.warn(f"{LAST}: none yet", NONE_YET)]
    when = f"{LAST}: {_ago(subject.at - last.at)}"
    if not last.failed:
        return [subject.ok(f"{when}, succeeded ({last.batch})")]
    what, advice = f"{when}, failed ({last.batch}): {last.why}", _advice(last.why)
    # Whether other causes are still there, other checks see for themselves.
    unseen = is_of_network(last.why) or (last.batch == subject.about and not advice)
    return [subject.fail(what, advice) if unseen else subject.warn(what, advice)]


def _network(manifest: BatchManifest) -> tuple[frozenset[str], frozenset[str], bool]:
    return frozenset(manifest.subnets), frozenset(manifest.security_groups), manifest.assign_public_ip


def _in_ecs(subject: Subject) -> Sequence[Mapping[str, Any]]:
    """The tasks that ECS knows: those in progress, and those that have ended within the hour."""
    cluster = subject.manifest.cluster
    try:
        return describe(subject.look, cluster, list_tasks(subject.look, cluster))
    except ApiError as error:
        if not error.code.startswith("ClusterNotFound"):
            raise
        return ()  # which the check of the cluster says


def _last(tasks: Sequence[Mapping[str, Any]], alike: Mapping[str, BatchManifest]) -> LastStart | None:
    """The newest start of some families. A task that waits for its start, or was stopped before it, tells nothing."""
    for task in sorted(tasks, key=created_at, reverse=True):
        manifest = alike.get(family_of(task))
        if manifest is not None:
            state = state_of(task, manifest.container)
            if state.began or state.stop_code == FAILED_TO_START:
                return LastStart(manifest.batch, created_at(task), not state.began, state.reason)
    return None


def _advice(why: str) -> str:
    try:
        return as_a_run(why)
    except LookupError:
        return ""


def _ago(seconds: float) -> str:
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 2 * 24 * 60 else f"{minutes // (24 * 60)} days ago"
