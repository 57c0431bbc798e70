"""EC2's describing of a VPC, and EFS's of file systems, their mount targets and access points."""

import re
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.vpc import Item
from tests.fake_aws.world import World


def describe_subnets(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeSubnets by id."""
    return {"Subnets": _by_id(world.network.subnets, "SubnetId", body, "InvalidSubnetID.NotFound", "subnet ID")}


def describe_security_groups(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeSecurityGroups by id."""
    return {"SecurityGroups": _by_id(world.network.groups, "GroupId", body, "InvalidGroup.NotFound", "security group")}


def describe_route_tables(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeRouteTables of VPCs."""
    return {"RouteTables": _in_vpcs(world.network.tables, body)}


def describe_vpc_endpoints(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeVpcEndpoints of VPCs."""
    return {"VpcEndpoints": _in_vpcs(world.network.endpoints, body)}


def describe_network_acls(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeNetworkAcls of VPCs."""
    return {"NetworkAcls": _in_vpcs(world.network.acls, body)}


def describe_vpc_attribute(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeVpcAttribute: one attribute, as the only member of its name."""
    if body["VpcId"] not in {subnet["VpcId"] for subnet in world.network.subnets}:
        raise AwsError("InvalidVpcID.NotFound", f"The vpc ID '{body['VpcId']}' does not exist")
    name = body["Attribute"]
    if name not in world.network.dns:
        raise AwsError("InvalidParameterValue", f"Value ({name}) for parameter attribute is invalid.")
    return {"VpcId": body["VpcId"], f"{name[0].upper()}{name[1:]}": {"Value": world.network.dns[name]}}


def describe_mount_targets(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeMountTargets of a file system."""
    name = body["FileSystemId"]
    if name not in world.network.file_systems:
        raise AwsError("FileSystemNotFound", f"File system '{name}' does not exist.", 404)
    own = [target for target in world.network.mount_targets if target["FileSystemId"] == name]
    return {"MountTargets": [{key: target[key] for key in target if key != "SecurityGroups"} for target in own]}


def describe_mount_target_security_groups(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeMountTargetSecurityGroups."""
    (target,) = [target for target in world.network.mount_targets if target["MountTargetId"] == body["MountTargetId"]]
    return {"SecurityGroups": target["SecurityGroups"]}


def describe_access_points(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeAccessPoints by id."""
    points = [point for point in world.network.access_points if point["AccessPointId"] == body["AccessPointId"]]
    if not points:
        raise AwsError("AccessPointNotFound", f"Access point '{body['AccessPointId']}' does not exist.", 404)
    return {"AccessPoints": points}


def listed(body: dict[str, Any], pattern: str) -> list[str]:
    """The values of a list in the query protocol: ``SubnetId.1``, ``SubnetId.2``."""
    return [str(value) for name, value in body.items() if re.fullmatch(pattern, name)]


def _by_id(items: list[Item], key: str, body: dict[str, Any], code: str, what: str) -> list[Item]:
    ids = listed(body, rf"{key}\.\d+")
    by_id = {item[key]: item for item in items}
    missing = [name for name in ids if name not in by_id]
    if missing:
        raise AwsError(code, f"The {what} '{missing[0]}' does not exist")
    return [by_id[name] for name in ids]


def _in_vpcs(items: list[Item], body: dict[str, Any]) -> list[Item]:
    vpcs = listed(body, r"Filter\.1\.Value\.\d+")
    if body.get("Filter.1.Name") != "vpc-id" or not vpcs:
        raise AwsError("InvalidParameterValue", "only the filter vpc-id is known here")
    return [item for item in items if item["VpcId"] in vpcs]
