"""Keeps two runs of a batch from being in progress at once."""

from collections.abc import Collection, Mapping
from typing import Any

from batchwright_runner.contract.executions import RUNNING
from batchwright_runner.contract.in_progress import age_of_run, in_progress, with_executions
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import is_execution
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.retry import Patience, backoff, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.executions import describe_execution, running_executions
from batchwright_runner.host.fargate.tasks import describe, family, list_tasks
from batchwright_runner.host.runs.signals import Waiter

LISTED_WITHIN = 12.0
"""Seconds after RunTask for which another run is looked for, as long as our container has not begun. ListTasks may not
show a task right away (its API is eventually consistent; 2026-11), and Fargate needs ten seconds to start one."""
LOOK_PAUSE = 1.0
SEEN_WITHIN = 4.0
"""Seconds for which a look that fails in a way that passes is repeated at least. Mostly it is longer: until
`LISTED_WITHIN` is over, and not longer, since our container would run beside what cannot be seen. A look that a
permission is missing for is repeated for so long and no longer: that is over before a container begins."""
UNSEEN = "whether another run is in progress cannot be seen"


def other_runs(
    aws: Aws, manifest: BatchManifest, own: Collection[str], also: Collection[str] = ()
) -> list[Mapping[str, Any]]:
    """The other runs of a batch in progress, the oldest first: tasks, and its machine's executions."""
    arns = [arn for arn in list_tasks(aws, manifest.cluster, family=family(manifest)) if arn not in own]
    tasks = [
        task
        for task in describe(aws, manifest.cluster, [*also, *arns])
        if task["taskArn"] in also or in_progress(task, manifest.container)
    ]
    if manifest.machine:
        tasks = with_executions(tasks, running_executions(aws, manifest.machine))
    return sorted(tasks, key=age_of_run)


def still_in_progress(aws: Aws, manifest: BatchManifest, arn: str) -> bool:
    """Whether a run that was in progress still is."""
    if is_execution(arn):
        execution = describe_execution(aws, arn)
        return execution is not None and execution.status == RUNNING
    return any(in_progress(task, manifest.container) for task in describe(aws, manifest.cluster, [arn]))


def older_run(
    aws: Aws,
    manifest: BatchManifest,
    started: Mapping[str, Any],
    own: Collection[str],
    waiter: Waiter,
    *,
    signal_stops: bool = True,
    within: float = LISTED_WITHIN,
) -> str:
    """The ARN of another run that is in progress and older than ours; empty if there is none.

    Of two runs both see which is the younger, so that exactly one of them gives way. The look is repeated, because
    the other may not be listed yet, until our own container begins.

    `own`: the ARNs of all tasks of our run: this one, and those of earlier attempts.
    """
    arn, ours = started["taskArn"], age_of_run(started)
    until = waiter.now() + min(LISTED_WITHIN, within)
    trying = Trying(UNSEEN, waiter)

    def look() -> list[Mapping[str, Any]]:
        return [] if signal_stops and waiter.signals else other_runs(aws, manifest, own, also=[arn])

    while not (signal_stops and waiter.signals):
        left = max(until - waiter.now(), SEEN_WITHIN)
        patience = Patience(left, pause=_soon, forbidden_for=SEEN_WITHIN, refused_for=left)
        tasks = repeat(look, waiter, patience, trying=trying)
        older = [str(task["taskArn"]) for task in tasks if task["taskArn"] not in own and age_of_run(task) < ours]
        if older:
            return older[0]
        begun = any(task["taskArn"] == arn and state_of(task, manifest.container).began for task in tasks)
        if begun or waiter.now() >= until:
            break
        waiter.wait(LOOK_PAUSE)
    return ""


def _soon(failed: int) -> float:
    return backoff(failed, longest=LOOK_PAUSE)
