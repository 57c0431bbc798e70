"""The network: subnets, security groups and the way out to what a start needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.aws.errors import ApiError
from batchwright_runner.verify.finding import Finding
from batchwright_runner.verify.subject import Subject, as_a_run
from batchwright_runner.verify.way_out import Way, endpoints_missing, route_table_of, way_out

SUBNETS = "subnets"
GROUPS = "security groups"
WAY_OUT = "way out"
HTTPS = 443
FEW = 10
"""Free addresses below which a few runs at the same time use up a subnet."""

GONE = as_a_run("unexpected EC2 error: InvalidSubnetID.NotFound")
FULL = as_a_run("unexpected EC2 error: InsufficientFreeAddresses")
NO_WAY = as_a_run("connection issue between the task and")

_Item = Mapping[str, Any]


def subnets_of(subject: Subject) -> list[_Item]:
    """A batch's subnets.

    Raises:
        ApiError: One of them is not there.
    """
    answer = subject.look.ask("ec2", "describe_subnets", SubnetIds=list(subject.manifest.subnets))
    return list(answer["Subnets"])


def check_subnets(subject: Subject) -> Iterator[Finding]:
    """Whether its subnets are there and have free addresses: each task takes one."""
    try:
        found = subnets_of(subject)
    except ApiError as error:
        if not error.code.startswith("InvalidSubnetID"):
            raise
        yield subject.fail(SUBNETS, f"a subnet does not exist: {error.message}", GONE)
        return
    free = {one["SubnetId"]: int(one["AvailableIpAddressCount"]) for one in found}
    if not any(free.values()):
        yield subject.fail(SUBNETS, f"no subnet has a free address: {', '.join(sorted(free))}", FULL)
        return
    said = ", ".join(f"{name} {count}" for name, count in sorted(free.items()))
    if sum(free.values()) < FEW or not all(free.values()):
        yield subject.warn(SUBNETS, f"few free addresses: {said}", "Give the stage larger subnets, or more")
    else:
        yield subject.ok(SUBNETS, f"free addresses: {said}")


def check_groups(subject: Subject) -> Iterator[Finding]:
    """Whether its security groups are there, in the subnets' VPC, and let HTTPS out."""
    wanted = list(subject.manifest.security_groups)
    if not wanted:
        yield subject.warn(GROUPS, "none are named: a run takes the VPC's default group")
        return
    try:
        found = subject.look.ask("ec2", "describe_security_groups", GroupIds=wanted)["SecurityGroups"]
    except ApiError as error:
        if not error.code.startswith("InvalidGroup"):
            raise
        yield subject.fail(GROUPS, f"a security group does not exist: {error.message}", GONE)
        return
    vpcs = {one["VpcId"] for one in subnets_of(subject)}
    strangers = [one["GroupId"] for one in found if one["VpcId"] not in vpcs]
    if strangers:
        what = f"{', '.join(strangers)} is not in the subnets' VPC, {', '.join(sorted(vpcs))}"
        yield subject.fail(GROUPS, what, "Name groups and subnets of one VPC in cdk.json")
    elif not any(lets_out(one, HTTPS) for one in found):
        what = f"none of {', '.join(wanted)} lets HTTPS out: nothing can be pulled, read or logged"
        yield subject.fail(GROUPS, what, NO_WAY)
    else:
        yield subject.ok(GROUPS, f"{', '.join(wanted)} let HTTPS out")


def lets_out(group: _Item, port: int) -> bool:
    """Whether a security group has a rule for a TCP port to anywhere. Pure."""
    return any(
        covers(rule, port)
        and any(rule.get(kind) for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"))
        for rule in group.get("IpPermissionsEgress", [])
    )


def covers(rule: _Item, port: int) -> bool:
    """Whether a rule of a security group is about a TCP port. Pure."""
    if rule["IpProtocol"] == "-1":
        return True
    first, last = int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535))
    return rule["IpProtocol"] in ("tcp", "6") and first <= port <= last


def check_way_out(subject: Subject) -> Iterator[Finding]:
    """Whether each subnet has a way to ECR, S3, CloudWatch Logs and what keeps the values."""
    found = subnets_of(subject)
    closed: list[_Item] = []
    bad = False
    for one, way in ways(subject, found):
        name = one["SubnetId"]
        if way is Way.BLACK_HOLE:
            bad = True
            yield subject.fail(WAY_OUT, f"{name}: the gateway of its way out is gone", NO_WAY)
        elif way is Way.INTERNET and not subject.manifest.assign_public_ip:
            bad = True
            what = f"{name} leads to an internet gateway, and a run has no public address"
            yield subject.fail(WAY_OUT, what, NO_WAY)
        elif way is not Way.INTERNET and subject.manifest.assign_public_ip and way is not Way.NONE:
            yield subject.warn(WAY_OUT, f"{name} has no internet gateway: a run's public address is of no use")
        elif way is Way.NONE:
            closed.append(one)
    if closed:
        for finding in _by_endpoints(subject, closed):
            bad = bad or finding.bad
            yield finding
    elif not bad:
        yield subject.ok(WAY_OUT, f"{', '.join(sorted(one['SubnetId'] for one in found))} lead out")


def ways(subject: Subject, subnets: Sequence[_Item]) -> list[tuple[_Item, Way]]:
    """What each subnet's default route leads to."""
    tables = of_vpcs(subject, subnets, "describe_route_tables", "RouteTables")
    return [(one, way_out(route_table_of(one, tables))) for one in subnets]


def of_vpcs(subject: Subject, subnets: Sequence[_Item], operation: str, items: str) -> list[_Item]:
    """What there is of a kind in the VPCs of subnets."""
    vpcs = sorted({one["VpcId"] for one in subnets})
    return subject.look.pages("ec2", operation, items, Filters=[{"Name": "vpc-id", "Values": vpcs}])


def _by_endpoints(subject: Subject, closed: Sequence[_Item]) -> Iterator[Finding]:
    """Subnets without a way out need an endpoint for each service."""
    endpoints = of_vpcs(subject, closed, "describe_vpc_endpoints", "VpcEndpoints")
    services = needed(subject)
    names = ", ".join(sorted(one["SubnetId"] for one in closed))
    tables = of_vpcs(subject, closed, "describe_route_tables", "RouteTables")
    missing = sorted(
        {name for one in closed for name in endpoints_missing(one, services, endpoints, route_table_of(one, tables))}
    )
    if missing:
        what = f"{names} have no way out, and no endpoint for {', '.join(missing)}"
        yield subject.fail(WAY_OUT, what, NO_WAY)
    else:
        yield subject.ok(WAY_OUT, f"{names} reach {', '.join(services)} by endpoints")


def needed(subject: Subject) -> list[str]:
    """The services that a start reaches, as endpoints are named. Pure.

    Amazon ECR user guide, "VPC endpoints": with Fargate, ecr.api, ecr.dkr and S3's gateway; the values' services are
    asked by the same agent (2026-11). KMS is asked by SSM, not from the VPC.
    """
    services = {variable.source.service for variable in subject.variables}
    region = f"com.amazonaws.{subject.manifest.region}"
    return [f"{region}.{name}" for name in ("ecr.api", "ecr.dkr", "s3", "logs", *sorted(services))]
