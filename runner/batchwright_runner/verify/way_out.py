"""How a subnet reaches the world, from its route table and its VPC's endpoints. Pure."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

_EVERYWHERE = ("0.0.0.0/0", "::/0")
_Item = Mapping[str, Any]


class Way(StrEnum):
    """What a subnet's default route leads to."""

    INTERNET = "an internet gateway"
    BEHIND = "a NAT or transit gateway, or another device"
    BLACK_HOLE = "nothing that exists"
    NONE = "nowhere: it has no default route"


def route_table_of(subnet: _Item, tables: Sequence[_Item]) -> _Item:
    """A subnet's route table: its own, else the main one of its VPC; empty where neither was seen.

    Amazon VPC user guide, "Subnet route tables": a subnet without an association takes the main table (2026-11).
    """
    here = [table for table in tables if table.get("VpcId") == subnet["VpcId"]]
    for table in here:
        if any(one.get("SubnetId") == subnet["SubnetId"] for one in table.get("Associations", [])):
            return table
    return next((table for table in here if any(one.get("Main") for one in table.get("Associations", []))), {})


def way_out(table: _Item) -> Way:
    """What a route table's default route leads to: IPv4's before IPv6's."""
    routes = [route for route in table.get("Routes", []) if _target(route) in _EVERYWHERE]
    routes.sort(key=lambda route: _EVERYWHERE.index(_target(route)))
    if not routes:
        return Way.NONE
    if routes[0].get("State") == "blackhole":
        return Way.BLACK_HOLE
    return Way.INTERNET if str(routes[0].get("GatewayId", "")).startswith("igw-") else Way.BEHIND


def endpoints_missing(subnet: _Item, services: Sequence[str], endpoints: Sequence[_Item], table: _Item) -> list[str]:
    """The services that a subnet without a way out does not reach.

    A gateway endpoint serves by the route tables it is in, an interface endpoint the whole VPC where it answers to the
    service's own name (Amazon VPC user guide, AWS PrivateLink, 2026-11).

    Args:
        subnet: The subnet.
        services: Service names, ``com.amazonaws.eu-west-1.logs``.
        endpoints: The endpoints of its VPC, and of others.
        table: The subnet's route table.
    """
    here = [
        one["ServiceName"]
        for one in endpoints
        if one.get("VpcId") == subnet["VpcId"]
        and str(one.get("State", "")).lower() == "available"
        and (
            table.get("RouteTableId", "") in one.get("RouteTableIds", ())
            if one.get("VpcEndpointType") == "Gateway"
            else one.get("PrivateDnsEnabled")
        )
    ]
    return [name for name in services if name not in here]


def _target(route: _Item) -> str:
    return str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock") or "")
