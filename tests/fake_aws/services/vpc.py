"""What there is of a VPC, as EC2 describes it."""

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
            {"SubnetId": name, "VpcId": "vpc-1", "AvailableIpAddressCount": free}
            for name, free in (("subnet-0a1b2c3d", 200), ("subnet-4e5f6a7b", 90))
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
    dns: dict[str, bool] = field(default_factory=lambda: {"enableDnsSupport": True, "enableDnsHostnames": True})


def lets_out(network: Network, asked: dict[str, Any]) -> bool:
    """Whether a task in one of the asked subnets reaches AWS's services.

    Args:
        network: What there is.
        asked: ``awsvpcConfiguration`` of its request.
    """
    if not network.dns["enableDnsSupport"]:
        return False
    groups = [one for one in network.groups if one["GroupId"] in asked.get("securityGroups", [])]
    if groups and not any(one["IpPermissionsEgress"] for one in groups):
        return False
    default = next((one for one in network.tables[0]["Routes"] if one["DestinationCidrBlock"] == "0.0.0.0/0"), None)
    if default is None:
        return len(network.endpoints) >= SERVICES and network.dns["enableDnsHostnames"]
    if default["State"] == "blackhole":
        return False
    return "NatGatewayId" in default or asked.get("assignPublicIp") == "ENABLED"
