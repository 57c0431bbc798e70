"""What a template lets in and out: rules of security groups, and who may call a function. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from batchwright_runner.workbench.diff.choices import ALWAYS, Where, items, only, settled
from batchwright_runner.workbench.diff.operators import in_network
from batchwright_runner.workbench.diff.template import Resource, Stack
from batchwright_runner.workbench.diff.wording import shown

_SOURCES = (
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
)
_OWNER = "SourceSecurityGroupOwnerId"
_INLINE = {"SecurityGroupIngress": "from", "SecurityGroupEgress": "to"}
_ALONE = {"AWS::EC2::SecurityGroupIngress": "from", "AWS::EC2::SecurityGroupEgress": "to"}
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
"""Protocols that may be given by their numbers."""
_ICMP = ("icmp", "icmpv6")
_ANY = -1
_ALL = (0, 65535)
_INVOKE = {"AWS::Lambda::Permission": "FunctionName", "AWS::Lambda::LayerVersionPermission": "LayerVersionArn"}
"""What lets others call a function or use a layer, to the property that names it."""
_CALLER = ("Principal", "SourceArn", "SourceAccount")


@dataclass(frozen=True, slots=True)
class Door:
    """Something that is let through.

    Attributes:
        group: The security group, or the function.
        way: ``from`` for what comes in, ``to`` for what goes out, ``by`` for who calls.
        protocol: The protocol; ``-1`` for all.
        ports: First and last port, 0 to 65535 for all; of ICMP type and code, each -1 for all.
        peer: The address range, group or principal.
        where: Where the template opens it.
    """

    group: str
    way: str
    protocol: str
    ports: tuple[int, int]
    peer: str
    where: Where = ALWAYS

    def covers(self, other: "Door") -> bool:
        """Whether whatever comes through the other comes through this one."""
        return (
            (self.group, self.way) == (other.group, other.way)
            and self.where <= other.where
            and self.protocol in ("-1", other.protocol)
            and (self.protocol == "-1" or self._reaches(other))
            and (self.peer == other.peer or in_network(other.peer, self.peer) or self._asks_less(other))
        )

    def _reaches(self, other: "Door") -> bool:
        """Whether the ports, or type and code, of the other are among its own."""
        if self.protocol in _ICMP:
            return all(ours in (_ANY, theirs) for ours, theirs in zip(self.ports, other.ports, strict=True))
        return self.ports[0] <= other.ports[0] and self.ports[1] >= other.ports[1]

    def _asks_less(self, other: "Door") -> bool:
        """Whether it is the same principal that calls, on no other conditions than the other has."""
        ours, theirs = self.peer.split(", "), other.peer.split(", ")
        return self.way == "by" and ours[0] == theirs[0] and set(ours) <= set(theirs)

    def __str__(self) -> str:
        """What is said of it, after ``now also`` or ``no longer``."""
        if self.way == "by":
            return f"{self.peer} calls {self.group}{only(self.where)}"
        what = "everything" if self.protocol == "-1" else f"{self.protocol}{self._ports()}"
        peer = "anywhere" if self.peer in ("0.0.0.0/0", "::/0") else self.peer
        return f"{self.group} lets {what} {'in' if self.way == 'from' else 'out'} {self.way} {peer}{only(self.where)}"

    def _ports(self) -> str:
        first, last = self.ports
        if self.protocol in _ICMP:
            return "".join(f" {name} {one}" for name, one in (("type", first), ("code", last)) if one != _ANY)
        return "" if self.ports == _ALL else f" {first}" if first == last else f" {first}-{last}"


def doors(stack: Stack) -> dict[Door, str]:
    """All of a stack, and the logical id of the resource that opens each."""
    return {door: one.id for one in stack.resources.values() for door in _doors(stack, one)}


def is_door(resource: Resource) -> bool:
    """Whether a resource is nothing but that."""
    return resource.type in _ALONE or resource.type in _INVOKE


def properties_said(resource: Resource) -> set[str]:
    """The properties that `doors` reads; none that only a deployment knows, or a part of it."""
    if resource.type != "AWS::EC2::SecurityGroup":
        return set()
    return {key for key in _INLINE if all(isinstance(one, Mapping) for one, _ in items(resource.properties.get(key)))}


def is_unsaid(path: str) -> bool:
    """Whether what is at a path of a rule is nothing that `doors` reads."""
    return path.rpartition(".")[2] == "Description"


def _doors(stack: Stack, resource: Resource) -> Iterator[Door]:
    if resource.type == "AWS::EC2::SecurityGroup":
        for key, way in _INLINE.items():
            for rule, where in items(resource.properties.get(key), resource.where):
                if isinstance(rule, Mapping):
                    for plain, held in settled(rule, where):
                        yield _rule(resource.path, way, plain, held)
        return
    for plain, held in settled(resource.properties, resource.where) if is_door(resource) else ():
        if resource.type in _ALONE:
            yield _rule(_group(stack, str(plain.get("GroupId", ""))), _ALONE[resource.type], plain, held)
        else:
            yield _call(_INVOKE[resource.type], plain, held)


def _call(name: str, properties: Mapping[str, Any], where: Where) -> Door:
    callers = [str(properties[key]) for key in _CALLER if properties.get(key)]
    others = sorted(key for key in properties if key not in (*_CALLER, name, "Action"))
    peer = ", ".join([*callers, *(f"{key} {shown(properties[key])}" for key in others)])
    return Door(str(properties.get(name, "")), "by", str(properties.get("Action", "")), (0, 0), peer, where)


def _group(stack: Stack, group: str) -> str:
    """A group's path, where the stack makes it."""
    for one in stack.resources.values():
        if group in (f"<{one.path}.GroupId>", f"<{one.path}>"):
            return one.path
    return group


def _rule(group: str, way: str, rule: Mapping[str, Any], where: Where) -> Door:
    protocol = str(rule.get("IpProtocol", "-1"))
    protocol = _NUMBERS.get(protocol, protocol)
    every = (_ANY, _ANY) if protocol in _ICMP else _ALL
    given = [str(rule[key]) for key in ("FromPort", "ToPort") if rule.get(key) is not None]
    numbers = [int(one) for one in given if one.removeprefix("-").isdecimal()]
    ports = (numbers[0], numbers[1]) if len(numbers) == 2 and protocol != "-1" else every
    if protocol != "-1" and len(numbers) < len(given):  # only a deployment knows which ports
        protocol = f"{protocol} {'-'.join(dict.fromkeys(given))}"
    peer = next((str(rule[key]) for key in _SOURCES if rule.get(key)), "")
    if rule.get(_OWNER):
        peer = f"{peer} of the account {rule[_OWNER]}"
    return Door(group, way, protocol, ports, peer, where)
