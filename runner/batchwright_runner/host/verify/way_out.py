"""How a subnet reaches the world, from its route table and its VPC's endpoints. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

_EVERYWHERE = ("0.0.0.0/0", "::/0")
Description = Mapping[str, Any]
"""What EC2 or EFS shows of a resource, as boto3 gives it."""


class WayOut(StrEnum):
    """What a subnet's default route leads to."""

    INTERNET = "an internet gateway"
    BEHIND = "a NAT or transit gateway, or another device"
    IPV6 = "the internet, by IPv6 alone"
    BLACK_HOLE = "nothing that exists"
    PARTLY = "somewhere for a part of all addresses: it has no default route, and others"
    UNSEEN = "no one can tell: its route table was not seen"
    NONE = "nowhere: it has no default route"


def route_table_of(subnet: Description, tables: Sequence[Description]) -> Description:
    """A subnet's route table: its own, else the main one of its VPC; empty where neither was seen.

    Amazon VPC user guide, "Subnet route tables": a subnet without an association takes the main table (2026-11).
    """
    here = [table for table in tables if table.get("VpcId") == subnet["VpcId"]]
    for table in here:
        if any(association.get("SubnetId") == subnet["SubnetId"] for association in table.get("Associations", [])):
            return table
    return next(
        (table for table in here if any(association.get("Main") for association in table.get("Associations", []))), {}
    )


def way_out(table: Description) -> WayOut:
    """What a route table's default route leads to: IPv4's before IPv6's."""
    if not table:
        return WayOut.UNSEEN
    routes = {_target(route): route for route in table.get("Routes", [])}
    ipv4, ipv6 = (routes.get(everywhere) for everywhere in _EVERYWHERE)
    if ipv4 is not None:
        if ipv4.get("State") == "blackhole":
            return WayOut.BLACK_HOLE
        return WayOut.INTERNET if str(ipv4.get("GatewayId", "")).startswith("igw-") else WayOut.BEHIND
    if any(_leads_away(route) for route in routes.values() if route is not ipv6):
        return WayOut.PARTLY
    if ipv6 is not None:
        return WayOut.BLACK_HOLE if ipv6.get("State") == "blackhole" else WayOut.IPV6
    return WayOut.NONE


def _leads_away(route: Description) -> bool:
    """Whether a route that is no default one leads out of the VPC: halves of all addresses, a list of them, a hub.

    A gateway endpoint is the target of a route, too: to a list of AWS's own, of one service.
    """
    gateway = str(route.get("GatewayId", ""))
    to_a_service = gateway.startswith("vpce-") and bool(route.get("DestinationPrefixListId"))
    return route.get("State") != "blackhole" and gateway != "local" and not to_a_service


def unreached(
    subnet: Description, services: Iterable[str], endpoints: Sequence[Description], table: Description
) -> tuple[list[str], list[str]]:
    """Which of some services a subnet does not reach by endpoints.

    A gateway endpoint serves by the route tables it is in, an interface endpoint the whole VPC: where it answers to the
    service's own name by itself, or where a private hosted zone makes it do so (Amazon VPC user guide, AWS PrivateLink,
    2026-11).

    `services`: Service names, ``com.amazonaws.eu-west-1.logs``.
    Returns those without an endpoint, and those whose endpoint does not answer to the service's own name, unless a
    private hosted zone says so.
    """
    own_table = table.get("RouteTableId", "")
    here = [
        endpoint
        for endpoint in endpoints
        if endpoint.get("VpcId") == subnet["VpcId"]
        and str(endpoint.get("State", "")).lower() == "available"
        and (endpoint.get("VpcEndpointType") != "Gateway" or own_table in endpoint.get("RouteTableIds", ()))
    ]
    there = {endpoint["ServiceName"] for endpoint in here}
    named = {
        endpoint["ServiceName"]
        for endpoint in here
        if endpoint.get("VpcEndpointType") == "Gateway" or endpoint.get("PrivateDnsEnabled")
    }
    names = list(services)
    return [name for name in names if name not in there], [
        name for name in names if name in there and name not in named
    ]


def _target(route: Description) -> str:
    return str(
        route.get("DestinationCidrBlock")
        or route.get("DestinationIpv6CidrBlock")
        or route.get("DestinationPrefixListId")
        or ""
    )
