"""Lists and describes tasks."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from batchwright_runner.contract import names
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import answered_at
from batchwright_runner.contract.pages import pages
from batchwright_runner.contract.tasks import created_at
from batchwright_runner.host.aws.client import Aws

DESCRIBED_AT_ONCE = 100
"""Tasks that DescribeTasks takes in one call (ECS API reference, 2026-11)."""


def tasks_of_run(aws: Aws, manifest: BatchManifest, started_by: str) -> list[Mapping[str, Any]]:
    """The tasks of a batch that a run id has started, and that ECS still knows; the newest first."""
    tasks = describe(aws, manifest.cluster, list_tasks(aws, manifest.cluster, startedBy=started_by))
    own = [task for task in tasks if (family_of(task), task.get("startedBy")) == (family(manifest), started_by)]
    return sorted(own, key=created_at, reverse=True)


def list_tasks(aws: Aws, cluster: str, **filters: str) -> list[str]:
    """The ARNs of a cluster's tasks that fit: those in progress, then those that have ended."""
    call = partial(aws.call, "ecs", "list_tasks", cluster=cluster, **filters)
    return [arn for status in ("RUNNING", "STOPPED") for arn in pages(partial(call, desiredStatus=status), "taskArns")]


def describe(aws: Aws, cluster: str, arns: Sequence[str]) -> list[Mapping[str, Any]]:
    """What ECS knows of tasks, with their tags. Those it does not know any more are left out."""
    tasks: list[Mapping[str, Any]] = []
    for begin in range(0, len(arns), DESCRIBED_AT_ONCE):
        part = list(arns[begin : begin + DESCRIBED_AT_ONCE])
        answer = aws.call("ecs", "describe_tasks", cluster=cluster, tasks=part, include=["TAGS"])
        tasks += answer.get("tasks", [])
    return tasks


def age_of(aws: Aws, cluster: str, arn: str) -> float:
    """How long ago a task was created, in seconds, by AWS's own clock; 0 for one that ECS does not know yet."""
    answer = aws.call("ecs", "describe_tasks", cluster=cluster, tasks=[arn])
    now = answered_at(answer)
    tasks = answer.get("tasks", [])
    return max(0.0, now - created_at(tasks[0])) if tasks and now is not None else 0.0


def family(manifest: BatchManifest) -> str:
    """The task definition's family."""
    return names.family_of(manifest.task_definition)


def family_of(task: Mapping[str, Any]) -> str:
    """The family of a task's task definition."""
    return names.family_of(str(task.get("taskDefinitionArn", "")))
