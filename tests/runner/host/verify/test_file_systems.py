"""Who is let in at a mount target, and which mount target a task takes."""

from typing import Any

import pytest

from batchwright_runner.host.verify.file_systems import NFS, blocks_of, lets_in, target_for

SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1", "AvailabilityZoneId": "euw1-az1", "CidrBlock": "10.0.1.0/24"}
TCP = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049}


@pytest.mark.parametrize(
    ("rule", "let"),
    [
        ({**TCP, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}, True),
        ({**TCP, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}, False),
        ({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}, True),
        ({"IpProtocol": "udp", "UserIdGroupPairs": [{"GroupId": "sg-1"}]}, False),
        ({**TCP, "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}, False),
        ({**TCP, "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, True),
        ({**TCP, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}, True),
        ({**TCP, "IpRanges": [{"CidrIp": "10.0.1.0/24"}]}, True),
        ({**TCP, "IpRanges": [{"CidrIp": "10.0.1.0/25"}]}, False),
        ({**TCP, "IpRanges": [{"CidrIp": "192.168.0.0/16"}]}, False),
        ({**TCP, "PrefixListIds": [{"PrefixListId": "pl-1"}]}, True),
        (TCP, False),
    ],
)
def test_who_is_let_in(rule: dict[str, Any], let: bool) -> None:
    assert lets_in({"IpPermissions": [rule]}, NFS, ["sg-1"], blocks_of(SUBNET)) is let


def test_a_subnet_without_ipv4_is_let_in_by_its_ipv6() -> None:
    subnet = {"SubnetId": "subnet-1", "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8:0:1::/64"}]}
    group = {"IpPermissions": [{**TCP, "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/56"}]}]}

    assert lets_in(group, NFS, [], blocks_of(subnet))
    assert not lets_in(group, NFS, [], blocks_of(SUBNET))
    assert not lets_in(group, NFS, [], blocks_of({"SubnetId": "subnet-2"}))


def test_a_task_takes_the_mount_target_of_its_zone_in_its_vpc() -> None:
    other_zone = {"MountTargetId": "1", "VpcId": "vpc-1", "AvailabilityZoneId": "euw1-az2"}
    other_vpc = {"MountTargetId": "2", "VpcId": "vpc-2", "AvailabilityZoneId": "euw1-az1"}
    own = {"MountTargetId": "3", "VpcId": "vpc-1", "AvailabilityZoneId": "euw1-az1"}

    assert target_for(SUBNET, [other_zone, other_vpc, own]) == own
    assert target_for(SUBNET, [other_zone, other_vpc]) is None
