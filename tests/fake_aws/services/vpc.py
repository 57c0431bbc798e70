"""What there is of a VPC, as EC2 describes it."""

from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass
class Network:
    """What there is, each as EC2 describes it. At first one VPC with two subnets and a group."""

    subnets: list[Item] = field(
        default_factory=lambda: [
            {"SubnetId": name, "VpcId": "vpc-1", "AvailableIpAddressCount": free}
            for name, free in (("subnet-0a1b2c3d", 200), ("subnet-4e5f6a7b", 90))
        ]
    )
    groups: list[Item] = field(default_factory=lambda: [{"GroupId": "sg-0a1b2c3d", "VpcId": "vpc-1"}])
