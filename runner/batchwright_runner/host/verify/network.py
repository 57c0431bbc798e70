"""The network: subnets, security groups, and where the routes of subnets lead."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.subject import Subject, as_a_run
from batchwright_runner.host.verify.way_out import Description, WayOut, route_table_of, way_out

HTTPS = 443
FEW = 10
"""Free addresses below which a few runs at the same time use up a subnet."""

GONE = as_a_run("unexpected EC2 error: InvalidSubnetID.NotFound")
FULL = as_a_run("unexpected EC2 error: InsufficientFreeAddresses")
NO_WAY = as_a_run("connection issue between the task and")

_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
_UNIQUE_LOCAL = IPv6Network("fc00::/7")
"""Addresses that no one outside has (RFC 1918, 6598 and 4193)."""


def subnets_of(subject: Subject) -> list[Description]:
    """A batch's subnets."""
    answer = subject.look.call("ec2", "describe_subnets", SubnetIds=list(subject.manifest.subnets))
    return list(answer["Subnets"])


def check_subnets(subject: Subject) -> Iterator[Finding]:
    """Whether its subnets are there and have free addresses: each task takes one.

    EC2 counts those of IPv4 alone, and a subnet may have none (EC2 API reference, Subnet, 2026-11).
    """
    try:
        subnets = subnets_of(subject)
    except ApiError as error:
        if not error.code.startswith("InvalidSubnetID"):
            raise
        yield subject.fail(f"a subnet does not exist: {error.message}", GONE)
        return
    free = {
        subnet["SubnetId"]: int(subnet["AvailableIpAddressCount"]) for subnet in subnets if not subnet.get("Ipv6Native")
    }
    if not free:
        names = ", ".join(sorted(subnet["SubnetId"] for subnet in subnets))
        yield subject.ok(f"{names} have IPv6 alone, of which there is enough")
        return
    if not any(free.values()):
        yield subject.fail(f"no subnet has a free address: {', '.join(sorted(free))}", FULL)
        return
    counts = ", ".join(f"{name} {count}" for name, count in sorted(free.items()))
    if sum(free.values()) < FEW or not all(free.values()):
        yield subject.warn(f"few free addresses: {counts}", "Give the stage larger subnets, or more")
    else:
        yield subject.ok(f"free addresses: {counts}")


def check_groups(subject: Subject) -> Iterator[Finding]:
    """Whether its security groups are there, in the subnets' VPC, and let HTTPS out."""
    ids = list(subject.manifest.security_groups)
    if not ids:
        yield subject.warn("none are named: a run takes the VPC's default group")
        return
    try:
        groups = subject.look.call("ec2", "describe_security_groups", GroupIds=ids)["SecurityGroups"]
    except ApiError as error:
        if not error.code.startswith("InvalidGroup"):
            raise
        yield subject.fail(f"a security group does not exist: {error.message}", GONE)
        return
    vpcs = {subnet["VpcId"] for subnet in subnets_of(subject)}
    strangers = [group["GroupId"] for group in groups if group["VpcId"] not in vpcs]
    if strangers:
        what = f"{', '.join(strangers)} is not in the subnets' VPC, {', '.join(sorted(vpcs))}"
        yield subject.fail(what, "Name groups and subnets of one VPC in cdk.json")
    elif not any(lets_out(group, HTTPS) for group in groups):
        what = f"none of {', '.join(ids)} lets HTTPS out: nothing can be pulled, read or logged"
        yield subject.fail(what, NO_WAY)
    elif not any(lets_out_widely(group, HTTPS) for group in groups):
        addresses = ", ".join(sorted({place for group in groups for place in _ranges(group, HTTPS)}))
        what = f"{', '.join(ids)} let HTTPS out to {addresses} alone, which are private addresses"
        yield subject.warn(what, "See that endpoints in there answer for ECR, S3, the log and the values")
    else:
        yield subject.ok(f"{', '.join(ids)} let HTTPS out")


def lets_out(group: Description, port: int) -> bool:
    """Whether a security group has a rule for a TCP port to anywhere. Pure."""
    return any(
        covers(rule, port)
        and any(rule.get(kind) for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"))
        for rule in group.get("IpPermissionsEgress", [])
    )


def lets_out_widely(group: Description, port: int) -> bool:
    """Whether what a security group lets out at a TCP port is more than private addresses. Pure."""
    rules = [rule for rule in group.get("IpPermissionsEgress", []) if covers(rule, port)]
    if any(rule.get("PrefixListIds") or rule.get("UserIdGroupPairs") for rule in rules):
        return True
    return any(not _is_private(place) for place in _ranges(group, port))


def _ranges(group: Description, port: int) -> list[str]:
    """The addresses to which a security group lets out at a TCP port."""
    rules = [rule for rule in group.get("IpPermissionsEgress", []) if covers(rule, port)]
    return [
        *(str(ipv4range["CidrIp"]) for rule in rules for ipv4range in rule.get("IpRanges", [])),
        *(str(ipv6range["CidrIpv6"]) for rule in rules for ipv6range in rule.get("Ipv6Ranges", [])),
    ]


def _is_private(cidr: str) -> bool:
    network = ip_network(cidr, strict=False)
    if isinstance(network, IPv4Network):
        return any(network.subnet_of(private) for private in _PRIVATE)
    return network.subnet_of(_UNIQUE_LOCAL)


def covers(rule: Description, port: int) -> bool:
    """Whether a rule of a security group is about a TCP port. Pure."""
    if rule["IpProtocol"] == "-1":
        return True
    first, last = int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535))
    return rule["IpProtocol"] in ("tcp", "6") and first <= port <= last


def ways(subject: Subject, subnets: Sequence[Description]) -> list[tuple[Description, WayOut]]:
    """What each subnet's default route leads to."""
    tables = of_vpcs(subject, subnets, "describe_route_tables", "RouteTables")
    return [(subnet, way_out(route_table_of(subnet, tables))) for subnet in subnets]


def of_vpcs(subject: Subject, subnets: Sequence[Description], operation: str, items: str) -> list[Description]:
    """What there is of a kind in the VPCs of subnets."""
    vpcs = sorted({subnet["VpcId"] for subnet in subnets})
    return subject.look.pages("ec2", operation, items, Filters=[{"Name": "vpc-id", "Values": vpcs}])


def leads_out(way: WayOut, *, public: bool) -> bool:
    """Whether a default route takes a run to all that it needs. Pure."""
    return way is WayOut.BEHIND or (way is WayOut.INTERNET and public)
