"""Keeps two runs of a batch from being in progress at once."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.aws.client import Aws
from batchwright_runner.aws.retry import retry
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.fargate.task import created_at
from batchwright_runner.fargate.tasks import describe, family, list_tasks
from batchwright_runner.runs.signals import Waiter

LOOKS = (0.0, 1.0, 2.0)
"""Seconds before each look. A task may not be listed right away, and Fargate needs ten seconds to start one."""
ATTEMPTS = 4


def older_run(aws: Aws, manifest: BatchManifest, own: Mapping[str, Any], waiter: Waiter) -> str:
    """The ARN of another run that is in progress and older than ours; empty if there is none.

    Of two runs both see which is the younger, so that exactly one of them gives way. The look is repeated, because
    the other may not be listed yet.

    Args:
        aws: Calls AWS.
        manifest: The batch.
        own: Our task, as RunTask answered.
        waiter: Time.

    Raises:
        ApiError: It could not be seen.
    """
    for pause in LOOKS:
        if pause:
            waiter.wait(pause)
        if waiter.signals:
            return ""
        found = retry(lambda: _look(aws, manifest, own), waiter, attempts=ATTEMPTS)
        if found:
            return found
    return ""


def _look(aws: Aws, manifest: BatchManifest, own: Mapping[str, Any]) -> str:
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in list_tasks(aws, manifest.cluster, family=family(manifest), desiredStatus=status)
        if arn != own["taskArn"]
    ]
    ours = (created_at(own), own["taskArn"])
    older = [
        task["taskArn"]
        for task in describe(aws, manifest.cluster, arns)
        if task.get("lastStatus") != "STOPPED" and (created_at(task), task["taskArn"]) < ours
    ]
    return str(older[0]) if older else ""
