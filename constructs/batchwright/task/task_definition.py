"""The task definition: which containers run, with how much of everything, under which roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnTag
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from batchwright.l1 import l1
from batchwright.literal import literal
from batchwright.task.containers import Definition
from batchwright.task.fargate import Fargate


def task_definition_properties(
    *,
    family: str,
    cpu: int,
    memory: int,
    fargate: Fargate,
    task_role: str,
    execution_role: str,
    containers: Sequence[Definition],
    file_systems: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """The task definition as the ECS API's ``RegisterTaskDefinition`` takes it.

    Args:
        family: Name of the family.
        cpu: CPU units.
        memory: Memory in MiB.
        fargate: Architecture and disk.
        task_role: ARN.
        execution_role: ARN.
        containers: Their definitions, the main one first.
        file_systems: Volume to what says which file system it is, of those that are of elsewhere.
    """
    volumes = {mount["sourceVolume"] for container in containers for mount in container.get("mountPoints", ())}
    properties: dict[str, Any] = {
        "family": family,
        "cpu": str(cpu),
        "memory": str(memory),
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": fargate.architecture, "operatingSystemFamily": "LINUX"},
        "taskRoleArn": task_role,
        "executionRoleArn": execution_role,
        "containerDefinitions": list(containers),
    }
    if fargate.ephemeral_storage:
        properties["ephemeralStorage"] = {"sizeInGiB": fargate.ephemeral_storage}
    if volumes:
        properties["volumes"] = [{"name": name, **(file_systems or {}).get(name, {})} for name in sorted(volumes)]
    return properties


def make_task_definition(
    scope: Construct, properties: Mapping[str, Any], tags: Mapping[str, str]
) -> ecs.CfnTaskDefinition:
    """Makes the task definition of these properties.

    An old revision stays when a new one replaces it, so that a run's retry starts what its first attempt started.
    """
    resource = l1(
        ecs.CfnTaskDefinition,
        scope,
        "TaskDefinition",
        family=properties["family"],
        cpu=properties["cpu"],
        memory=properties["memory"],
        network_mode=properties["networkMode"],
        requires_compatibilities=properties["requiresCompatibilities"],
        runtime_platform=properties["runtimePlatform"],
        task_role_arn=properties["taskRoleArn"],
        execution_role_arn=properties["executionRoleArn"],
        container_definitions=properties["containerDefinitions"],
        ephemeral_storage=properties.get("ephemeralStorage"),
        volumes=[_volume(volume) for volume in properties["volumes"]] if "volumes" in properties else None,
        tags=[CfnTag(key=key, value=value) for key, value in tags.items()],
    )
    resource.add_override("UpdateReplacePolicy", "Retain")
    resource.add_override("DeletionPolicy", "Delete")
    return literal(resource, properties["containerDefinitions"])


def _volume(volume: Mapping[str, Any]) -> dict[str, Any]:
    """A volume as CloudFormation wants it, which spells one key otherwise than the API: ``FilesystemId``."""
    configuration = dict(volume.get("efsVolumeConfiguration", {}))
    if not configuration:
        return dict(volume)
    file_system = configuration.pop("fileSystemId")
    return {**volume, "efsVolumeConfiguration": {"filesystemId": file_system, **configuration}}
