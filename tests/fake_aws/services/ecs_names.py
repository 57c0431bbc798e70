"""What ECS requests name: clusters, tasks, task definitions."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.world import Family, World


def cluster_of(world: World, body: dict[str, Any]) -> str:
    """The name of the cluster that a request names."""
    name = str(body.get("cluster", "default")).rpartition("/")[2]
    if name not in world.clusters:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return name


def task_of(world: World, name: str) -> Task:
    """The task of an id or ARN."""
    task = world.tasks.get(name.rpartition("/")[2])
    if task is None:
        raise not_found()
    return task


def not_found() -> AwsError:
    """ECS's answer about a task that it does not know, or not yet."""
    return AwsError("InvalidParameterException", "The referenced task was not found.")


def with_tags(task: Task, now: float) -> dict[str, Any]:
    """The task as ECS shows it with its tags."""
    return {**task.describe(now), "tags": task.tags_at(now)}


def definition_of(world: World, given: str, *, inactive: bool = False) -> tuple[str, Family]:
    """The ARN with its revision, and the family, of a task definition named in any of the allowed ways."""
    name = given.rpartition("/")[2]
    family, _, revision = name.partition(":")
    revisions = [arn for arn in world.revisions if arn.rpartition("/")[2].partition(":")[0] == family]
    if revision:
        matching = [arn for arn in revisions if arn.endswith(f":{revision}")]
    else:
        matching = [arn for arn in revisions if world.revisions[arn] == "ACTIVE"][-1:]
    if not matching or family not in world.families:
        raise AwsError("ClientException", "TaskDefinition not found.")
    if world.revisions[matching[0]] != "ACTIVE" and not inactive:
        raise AwsError("ClientException", "TaskDefinition is inactive")
    return matching[0], world.families[family]
