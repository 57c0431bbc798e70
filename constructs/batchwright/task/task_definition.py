"""The task definition as a resource."""

import re
from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnTag
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from batchwright.literal import literal


def make_task_definition(
    scope: Construct, properties: Mapping[str, Any], tags: Mapping[str, str]
) -> ecs.CfnTaskDefinition:
    """Makes the task definition of these properties, as the ECS API's ``RegisterTaskDefinition`` takes them.

    An old revision stays when a new one replaces it, so that a run's retry starts what its first attempt started.
    """
    values = dict(properties)
    if "volumes" in values:
        values["volumes"] = [_volume(volume) for volume in values["volumes"]]
    values["tags"] = [CfnTag(key=key, value=value) for key, value in tags.items()]
    named = {re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", name): values[name] for name in values}
    resource = ecs.CfnTaskDefinition(scope, "TaskDefinition", **named)
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
