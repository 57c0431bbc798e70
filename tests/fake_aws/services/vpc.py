"""What there is of a VPC, as EC2 describes it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]

SERVICES = 4
"""Endpoints that a start needs without another way out: two for ECR, S3 and the log."""


@dataclass
class Network:
    """What there is, each as EC2 describes it. At first one VPC whose two subnets lead out by a NAT gateway."""

    subnets: list[Item] = field(
        default_factory=lambda: [
            {
                "SubnetId": name,
                "VpcId": "vpc-1",
                "AvailableIpAddressCount": free,
                "AvailabilityZoneId": zone,
                "CidrBlock": block,
            }
            for name, free, zone, block in (
                ("subnet-0a1b2c3d", 200, "euw1-az1", "10.0.1.0/24"),
                ("subnet-4e5f6a7b", 90, "euw1-az2", "10.0.2.0/24"),
            )
        ]
    )
    groups: list[Item] = field(
        default_factory=lambda: [
            {
                "GroupId": "sg-0a1b2c3d",
                "VpcId": "vpc-1",
                "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
            }
        ]
    )
    tables: list[Item] = field(
        default_factory=lambda: [
            {
                "RouteTableId": "rtb-1",
                "VpcId": "vpc-1",
                "Associations": [{"Main": True}],
                "Routes": [
                    {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
                    {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"},
                ],
            }
        ]
    )
    endpoints: list[Item] = field(default_factory=list)
    acls: list[Item] = field(
        default_factory=lambda: [
            {
                "NetworkAclId": "acl-1",
                "VpcId": "vpc-1",
                "IsDefault": True,
                "Associations": [{"SubnetId": name} for name in ("subnet-0a1b2c3d", "subnet-4e5f6a7b")],
                "Entries": [
                    {
                        "RuleNumber": number,
                        "Protocol": "-1",
                        "RuleAction": action,
                        "Egress": out,
                        "CidrBlock": "0.0.0.0/0",
                    }
                    for number, action in ((100, "allow"), (32767, "deny"))
                    for out in (True, False)
                ],
            }
        ]
    )
    file_systems: set[str] = field(default_factory=set)
    mount_targets: list[Item] = field(default_factory=list)
    access_points: list[Item] = field(default_factory=list)
    dns: dict[str, bool] = field(default_factory=lambda: {"enableDnsSupport": True, "enableDnsHostnames": True})


def lets_out(network: Network, request: dict[str, Any]) -> bool:
    """Whether a task in one of the asked subnets reaches AWS's services.

    Args:
        network: What there is.
        request: ``awsvpcConfiguration`` of its request.
    """
    if not network.dns["enableDnsSupport"]:
        return False
    groups = [group for group in network.groups if group["GroupId"] in request.get("securityGroups", [])]
    if groups and not any(group["IpPermissionsEgress"] for group in groups):
        return False
    routes = network.tables[0]["Routes"]
    default = next((route for route in routes if route["DestinationCidrBlock"] == "0.0.0.0/0"), None)
    if default is None:
        return len(network.endpoints) >= SERVICES and network.dns["enableDnsHostnames"]
    if default["State"] == "blackhole":
        return False
    return "NatGatewayId" in default or request.get("assignPublicIp") == "ENABLED"


def unmounted(network: Network, volumes: list[Item], subnets: list[Item], groups: list[str]) -> Iterator[str]:
    """Why a task's file systems cannot be mounted.

    Args:
        network: What there is.
        volumes: The task's volumes.
        subnets: Its subnets; it may start in each of them.
        groups: Its security groups.
    """
    for volume in [volume["efsVolumeConfiguration"] for volume in volumes]:
        name = volume["fileSystemId"]
        here = [target for target in network.mount_targets if target["FileSystemId"] == name]
        for zone in [subnet["AvailabilityZoneId"] for subnet in subnets]:
            target = next((target for target in here if target["AvailabilityZoneId"] == zone), None)
            if target is None or target["LifeCycleState"] != "available":
                yield f'{MOUNT}Failed to resolve "{name}" - ensure that the VPC has an EFS mount target for it'
            elif not _passes(network, groups, target["SecurityGroups"]):
                yield f"{MOUNT}mount.nfs4: Connection timed out"
        points = [point["AccessPointId"] for point in network.access_points if point["LifeCycleState"] == "available"]
        if volume["authorizationConfig"]["accessPointId"] not in points:
            yield f"{MOUNT}b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'"


MOUNT = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "


def _passes(network: Network, ours: list[str], theirs: list[str]) -> bool:
    """Whether NFS passes the groups of both sides."""
    by_id = {group["GroupId"]: group for group in network.groups}
    out = any(rule.get("FromPort", 2049) == 2049 for name in ours for rule in by_id[name]["IpPermissionsEgress"])
    pairs = [pair for name in theirs for rule in by_id[name]["IpPermissions"] for pair in rule["UserIdGroupPairs"]]
    return out and any(pair["GroupId"] in ours for pair in pairs)
