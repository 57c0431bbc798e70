"""EFS: file systems, their mount targets and access points, as far as a look at them needs it."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World


def describe_mount_targets(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeMountTargets of a file system."""
    name = body["FileSystemId"]
    if name not in world.network.file_systems:
        raise AwsError("FileSystemNotFound", f"File system '{name}' does not exist.", 404)
    own = [one for one in world.network.mount_targets if one["FileSystemId"] == name]
    return {"MountTargets": [{key: one[key] for key in one if key != "SecurityGroups"} for one in own]}


def describe_mount_target_security_groups(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeMountTargetSecurityGroups."""
    (found,) = [one for one in world.network.mount_targets if one["MountTargetId"] == body["MountTargetId"]]
    return {"SecurityGroups": found["SecurityGroups"]}


def describe_access_points(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeAccessPoints by id."""
    found = [one for one in world.network.access_points if one["AccessPointId"] == body["AccessPointId"]]
    if not found:
        raise AwsError("AccessPointNotFound", f"Access point '{body['AccessPointId']}' does not exist.", 404)
    return {"AccessPoints": found}
