"""EC2's describing of subnets and security groups."""

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
