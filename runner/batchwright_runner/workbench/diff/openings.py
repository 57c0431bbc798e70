"""What security groups of a template let in and out. Pure."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from batchwright_runner.workbench.diff.template import Stack, StackResource
from batchwright_runner.workbench.diff.wording import shown

_WAYS = {"SecurityGroupIngress": "in from", "SecurityGroupEgress": "out to"}
_NO_PEER = ("Description", "GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort")


class Opening(NamedTuple):
    """A rule of a security group."""

    group: str
    way: str
    protocol: str
    # The first port, or the type of ICMP; empty for none
    first: str
    last: str
    # The address range, group or list
    peer: str

    def includes(self, other: "Opening") -> bool:
        """Whether it lets through whatever the other one does, as far as address ranges and ports tell."""
        ports = (self.first, other.first, other.last, self.last)
        is_range = self.protocol in ("tcp", "udp") and all(port.isdecimal() for port in ports)
        within = [*map(int, ports)] == sorted(map(int, ports)) if is_range else self[3:5] == other[3:5]
        return self[:3] == other[:3] and within and _is_part(other.peer, self.peer)

    def __str__(self) -> str:
        """``report/SecurityGroup lets tcp 5432 in from 10.0.0.0/8``."""
        ports = "" if self[3:5] in (("0", "65535"), ("-1", "-1"), ("", "")) else f" {self.first}-{self.last}"
        if self.protocol.startswith("icmp") and ports:
            ports = f" type {self.first}{'' if self.last == '-1' else f' code {self.last}'}"
        elif self.first == self.last:
            ports = f" {self.first}" if ports else ""
        traffic = "everything" if self.protocol == "-1" else f"{shown(self.protocol)}{ports}"
        return (
            f"{self.group} lets {traffic} {self.way} {'anywhere' if self.peer in ('0.0.0.0/0', '::/0') else self.peer}"
        )


def openings(stack: Stack) -> dict[Opening, StackResource]:
    """All of a stack, each with the resource that makes it."""
    return {opening: resource for resource in stack.resources.values() for opening in _openings(resource)}


def is_opening(resource: StackResource, path: str) -> bool:
    """Whether a property of a resource is part of what `openings` reads."""
    read = {path.partition("[")[0].partition(" ")[0], resource.type.removeprefix("AWS::EC2::")}
    return resource.type.startswith("AWS::EC2::SecurityGroup") and bool(read & {*_WAYS}) and "Description" not in path


def _openings(resource: StackResource) -> Iterator[Opening]:
    if resource.type == "AWS::EC2::SecurityGroup":
        for name, way in _WAYS.items():
            rules = resource.properties.get(name) or ()
            for rule in rules if isinstance(rules, list | tuple) else [rules]:
                yield _opening(resource.path, way, rule)
    elif way := _WAYS.get(resource.type.removeprefix("AWS::EC2::"), ""):
        group = str(resource.properties.get("GroupId") or resource.properties.get("GroupName"))
        yield _opening(group.strip("<>").removesuffix(".GroupId"), way, resource.properties)


def _opening(group: str, way: str, rule: Any) -> Opening:  # noqa: ANN401 - JSON
    known = rule if isinstance(rule, Mapping) else {"IpProtocol": rule, "Peer": "what only the deployment knows"}
    first, last = (str(known.get(key, "")) for key in ("FromPort", "ToPort"))
    peer = " of the account ".join(str(value) for key, value in sorted(known.items()) if key not in _NO_PEER)
    return Opening(group, way, str(known.get("IpProtocol", "-1")), first, last, peer)


def _is_part(narrow: str, wide: str) -> bool:
    """Whether an address range is part of another."""
    try:
        inner, outer = ipaddress.ip_network(narrow, strict=False), ipaddress.ip_network(wide, strict=False)
    except ValueError:
        return narrow == wide
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type] # of one version
