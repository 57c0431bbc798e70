"""How a subnet reaches the world."""

import pytest

from batchwright_runner.host.verify.network import HTTPS, lets_out, lets_out_widely
from batchwright_runner.host.verify.way_out import WayOut, route_table_of, unreached, way_out

SUBNET = {"SubnetId": "subnet-1", "VpcId": "vpc-1"}


def route(to: str, **more: str) -> dict[str, str]:
    return {"DestinationCidrBlock": to, "State": "active", **more}


@pytest.mark.parametrize(
    ("routes", "way"),
    [
        ([], WayOut.NONE),
        ([route("10.0.0.0/8", TransitGatewayId="tgw-1")], WayOut.PARTLY),
        ([route("0.0.0.0/1", TransitGatewayId="tgw-1"), route("128.0.0.0/1", TransitGatewayId="tgw-1")], WayOut.PARTLY),
        ([{"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1", "State": "active"}], WayOut.PARTLY),
        ([{"DestinationPrefixListId": "pl-2", "GatewayId": "vpce-1", "State": "active"}], WayOut.NONE),
        ([{**route("10.0.0.0/8", TransitGatewayId="tgw-1"), "State": "blackhole"}], WayOut.NONE),
        ([{"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"}], WayOut.IPV6),
        ([{"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "blackhole"}], WayOut.BLACK_HOLE),
        ([route("10.0.0.0/16", GatewayId="local")], WayOut.NONE),
        ([route("0.0.0.0/0", GatewayId="igw-1")], WayOut.INTERNET),
        ([route("0.0.0.0/0", NatGatewayId="nat-1")], WayOut.BEHIND),
        ([route("0.0.0.0/0", TransitGatewayId="tgw-1")], WayOut.BEHIND),
        ([route("0.0.0.0/0", GatewayId="vgw-1")], WayOut.BEHIND),
        ([{**route("0.0.0.0/0", NatGatewayId="nat-1"), "State": "blackhole"}], WayOut.BLACK_HOLE),
        (
            [{"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"}],
            WayOut.IPV6,
        ),
        (
            [
                {"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"},
                route("0.0.0.0/0", NatGatewayId="nat-1"),
            ],
            WayOut.BEHIND,
        ),
    ],
)
def test_the_default_route_says_where_it_leads(routes: list[dict[str, str]], way: WayOut) -> None:
    assert way_out({"RouteTableId": "rtb-1", "Routes": routes}) is way


def test_a_route_table_that_was_not_seen_leads_nowhere_that_is_known() -> None:
    assert way_out({}) is WayOut.UNSEEN


def test_a_subnet_takes_its_own_table_and_else_the_main_one_of_its_vpc() -> None:
    own = {"RouteTableId": "own", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1"}]}
    main = {"RouteTableId": "main", "VpcId": "vpc-1", "Associations": [{"Main": True}]}
    foreign = {"RouteTableId": "other", "VpcId": "vpc-2", "Associations": [{"Main": True}]}

    assert route_table_of(SUBNET, [foreign, main, own])["RouteTableId"] == "own"
    assert route_table_of(SUBNET, [foreign, main])["RouteTableId"] == "main"
    assert route_table_of(SUBNET, [foreign]) == {}


def test_an_endpoint_counts_that_is_there_and_whether_it_answers_to_the_services_name_is_told() -> None:
    def endpoint(name: str, **more: object) -> dict[str, object]:
        return {"ServiceName": name, "VpcId": "vpc-1", "State": "available", "PrivateDnsEnabled": True, **more}

    endpoints = [
        endpoint("logs"),
        endpoint("s3", VpcEndpointType="Gateway", PrivateDnsEnabled=False, RouteTableIds=["rtb-0", "rtb-1"]),
        endpoint("dynamodb", VpcEndpointType="Gateway", PrivateDnsEnabled=False, RouteTableIds=["rtb-2"]),
        endpoint("ecr.api", PrivateDnsEnabled=False),
        endpoint("ecr.dkr", State="pending"),
        endpoint("ssm", VpcId="vpc-2"),
    ]

    services = ["dynamodb", "ecr.api", "ecr.dkr", "logs", "s3", "ssm"]
    found = unreached(SUBNET, services, endpoints, {"RouteTableId": "rtb-1"})

    assert found == (["dynamodb", "ecr.dkr", "ssm"], ["ecr.api"])


@pytest.mark.parametrize(
    ("rule", "out"),
    [
        ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, True),
        ({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": "pl-1"}]}, True),
        ({"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}, True),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, False),
        ({"IpProtocol": "udp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, False),
        ({"IpProtocol": "-1"}, False),
    ],
)
def test_https_is_let_out_by_a_rule_for_it_that_leads_somewhere(rule: dict[str, object], out: bool) -> None:
    assert lets_out({"IpPermissionsEgress": [rule]}, HTTPS) is out


@pytest.mark.parametrize(
    ("rule", "widely"),
    [
        ({"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, True),
        ({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, True),
        ({"IpRanges": [{"CidrIp": "192.168.0.0/16"}]}, False),
        ({"IpRanges": [{"CidrIp": "10.1.0.0/16"}], "Ipv6Ranges": [{"CidrIpv6": "fd00::/64"}]}, False),
        ({"IpRanges": [{"CidrIp": "10.1.0.0/16"}, {"CidrIp": "52.94.0.0/16"}]}, True),
        ({"IpRanges": [{"CidrIp": "10.1.0.0/16"}], "PrefixListIds": [{"PrefixListId": "pl-1"}]}, True),
        ({"UserIdGroupPairs": [{"GroupId": "sg-2"}]}, True),
    ],
)
def test_private_addresses_alone_are_not_the_world(rule: dict[str, object], widely: bool) -> None:
    group = {"IpPermissionsEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **rule}]}

    assert lets_out(group, HTTPS)
    assert lets_out_widely(group, HTTPS) is widely
