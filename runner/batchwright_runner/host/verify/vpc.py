"""The VPC around a subnet: network ACLs, and whether names are resolved."""

from collections.abc import Iterator, Sequence

from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.network import NO_WAY, leads_out, of_vpcs, subnets_of, ways
from batchwright_runner.host.verify.subject import Subject
from batchwright_runner.host.verify.way_out import Description, WayOut

HTTPS = range(443, 444)
ANSWERS = range(1024, 65536)
"""Ports at which answers arrive (Amazon VPC user guide, "Ephemeral ports", 2026-11)."""

_TCP = ("6", "-1")
_EVERYWHERE = ("0.0.0.0/0", "::/0")


def check_acls(subject: Subject) -> Iterator[Finding]:
    """Whether its subnets' network ACLs let HTTPS out, and the answers in."""
    subnets = subnets_of(subject)
    acls = of_vpcs(subject, subnets, "describe_network_acls", "NetworkAcls")
    names = ", ".join(sorted(subnet["SubnetId"] for subnet in subnets))
    closed = (finding for subnet in subnets for finding in _acl(subject, subnet, acl_of(subnet, acls)))
    yield from subject.or_ok(closed, f"those of {names} let HTTPS out and its answers in")


def _acl(subject: Subject, subnet: Description, acl: Description | None) -> Iterator[Finding]:
    if acl is None:
        yield subject.unknown(f"that of {subnet['SubnetId']} is not visible to this caller")
        return
    what = _closed(acl, _EVERYWHERE[1] if subnet.get("Ipv6Native") else _EVERYWHERE[0])
    if what:
        name = f"{acl['NetworkAclId']} of {subnet['SubnetId']}"
        yield subject.warn(f"{name} {what}", "Allow TCP 443 out, and TCP 1024 to 65535 in")


def acl_of(subnet: Description, acls: Sequence[Description]) -> Description | None:
    """A subnet's network ACL; none where it was not seen. Pure.

    One that is associated with none has its VPC's default one (Amazon VPC user guide, "Network ACL basics"; 2026-11).
    """
    for acl in acls:
        if any(association.get("SubnetId") == subnet["SubnetId"] for association in acl.get("Associations", [])):
            return acl
    default = [acl for acl in acls if acl.get("IsDefault") and acl.get("VpcId") == subnet.get("VpcId")]
    return default[0] if default else None


def lets(entries: Sequence[Description], ports: range, *, out: bool, everywhere: str = _EVERYWHERE[0]) -> bool:
    """Whether a network ACL lets TCP to or from anywhere pass at all of some ports. Pure.

    Rules are tried in the order of their numbers, and the first that fits decides (Amazon VPC user guide, "Network ACL
    basics", 2026-11). One that is about a part of the addresses decides for no one else.
    """
    undecided = set(ports)
    for entry in sorted(entries, key=lambda entry: int(entry.get("RuleNumber", 0))):
        if bool(entry.get("Egress")) is not out or str(entry.get("Protocol")) not in _TCP:
            continue
        if everywhere not in (entry.get("CidrBlock"), entry.get("Ipv6CidrBlock")):
            continue
        port_range = entry.get("PortRange") or {}
        fits = set(range(int(port_range.get("From", 0)), int(port_range.get("To", 65535)) + 1)) & undecided
        if fits and entry.get("RuleAction") != "allow":
            return False
        undecided -= fits
    return not undecided


def _closed(acl: Description, everywhere: str) -> str:
    entries = acl.get("Entries", [])
    if not lets(entries, HTTPS, out=True, everywhere=everywhere):
        return "does not let HTTPS out to everywhere"
    return (
        ""
        if lets(entries, ANSWERS, out=False, everywhere=everywhere)
        else "does not let answers in at ports 1024 to 65535"
    )


def check_dns(subject: Subject) -> Iterator[Finding]:
    """Whether its VPC resolves names, and those of endpoints inside of it."""
    subnets = subnets_of(subject)
    wrong: list[Finding] = []
    for vpc in sorted({subnet["VpcId"] for subnet in subnets}):
        wrong += _names(subject, vpc, [subnet for subnet in subnets if subnet["VpcId"] == vpc])
    yield from subject.or_ok(wrong, "names are resolved")


def _names(subject: Subject, vpc: str, subnets: Sequence[Description]) -> Iterator[Finding]:
    """What is wrong with the names of a VPC in which there are subnets."""
    if not _attribute(subject, vpc, "enableDnsSupport"):
        yield subject.fail(f"{vpc} resolves no names: enableDnsSupport is off", NO_WAY)
    elif not _attribute(subject, vpc, "enableDnsHostnames") and _private(subject, subnets):
        what = f"{vpc} has endpoints with private names, which need enableDnsHostnames, and that is off"
        public = subject.manifest.assign_public_ip
        closed = {way for _, way in ways(subject, subnets) if not leads_out(way, public=public)}
        if closed & {WayOut.NONE, WayOut.BLACK_HOLE, WayOut.INTERNET}:
            yield subject.fail(what, NO_WAY)
        elif closed:
            yield subject.unknown(f"{what}: whether their services are reached otherwise is not known here")
        else:
            yield subject.warn(f"{what}: their services are reached by the way out", "Turn it on")


def _attribute(subject: Subject, vpc: str, name: str) -> bool:
    answer = subject.look.call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=name)
    return bool(answer.get(f"{name[0].upper()}{name[1:]}", {}).get("Value"))


def _private(subject: Subject, subnets: Sequence[Description]) -> bool:
    endpoints = of_vpcs(subject, subnets, "describe_vpc_endpoints", "VpcEndpoints")
    return any(endpoint.get("PrivateDnsEnabled") for endpoint in endpoints)
