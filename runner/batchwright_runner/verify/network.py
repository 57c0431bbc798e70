"""The network: subnets, security groups and the way out to what a start needs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.aws.errors import ApiError
from batchwright_runner.contract.stop_reasons import start_advice
from batchwright_runner.verify.finding import Finding
from batchwright_runner.verify.subject import Subject
from batchwright_runner.verify.way_out import Way, endpoints_missing, route_table_of, way_out

SUBNETS = "subnets"
GROUPS = "security groups"
WAY_OUT = "way out"
FEW = 10
"""Free addresses below which a few runs at the same time use up a subnet."""

GONE = start_advice("unexpected EC2 error: InvalidSubnetID.NotFound")
FULL = start_advice("unexpected EC2 error: InsufficientFreeAddresses")

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
    elif not any(lets_https_out(one) for one in found):
        what = f"none of {', '.join(wanted)} lets HTTPS out: nothing can be pulled, read or logged"
        yield subject.fail(GROUPS, what, "Allow port 443 out")
    else:
        yield subject.ok(GROUPS, f"{', '.join(wanted)} let HTTPS out")


def lets_https_out(group: _Item) -> bool:
    """Whether a security group has a rule for TCP 443 to anywhere. Pure."""
    for rule in group.get("IpPermissionsEgress", []):
        ports = range(int(rule.get("FromPort", 0)), int(rule.get("ToPort", 65535)) + 1)
        targets = any(rule.get(kind) for kind in ("IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"))
        if targets and (rule["IpProtocol"] == "-1" or (rule["IpProtocol"] in ("tcp", "6") and 443 in ports)):
            return True
    return False


def check_way_out(subject: Subject) -> Iterator[Finding]:
    """Whether each subnet has a way to ECR, S3, CloudWatch Logs and what keeps the values."""
    found = subnets_of(subject)
    vpcs = sorted({one["VpcId"] for one in found})
    tables = subject.look.pages(
        "ec2", "describe_route_tables", "RouteTables", Filters=[{"Name": "vpc-id", "Values": vpcs}]
    )
    closed: list[_Item] = []
    bad = False
    for one in found:
        way = way_out(route_table_of(one, tables))
        name = one["SubnetId"]
        if way is Way.BLACK_HOLE:
            bad = True
            yield subject.fail(WAY_OUT, f"{name}: the gateway of its way out is gone", "Mend its route table")
        elif way is Way.INTERNET and not subject.manifest.assign_public_ip:
            bad = True
            what = f"{name} leads to an internet gateway, and a run has no public address"
            yield subject.fail(WAY_OUT, what, 'Say "assign_public_ip": true in cdk.json, or name private subnets')
        elif way is not Way.INTERNET and subject.manifest.assign_public_ip and way is not Way.NONE:
            yield subject.warn(WAY_OUT, f"{name} has no internet gateway: a run's public address is of no use")
        elif way is Way.NONE:
            closed.append(one)
    if closed:
        for finding in _by_endpoints(subject, closed, vpcs):
            bad = bad or finding.bad
            yield finding
    elif not bad:
        yield subject.ok(WAY_OUT, f"{', '.join(sorted(one['SubnetId'] for one in found))} lead out")


def _by_endpoints(subject: Subject, closed: Sequence[_Item], vpcs: Sequence[str]) -> Iterator[Finding]:
    """Subnets without a way out need an endpoint for each service."""
    endpoints = subject.look.pages(
        "ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=[{"Name": "vpc-id", "Values": list(vpcs)}]
    )
    services = needed(subject)
    names = ", ".join(sorted(one["SubnetId"] for one in closed))
    missing = sorted({name for one in closed for name in endpoints_missing(one, services, endpoints)})
    if missing:
        what = f"{names} have no way out, and no endpoint for {', '.join(missing)}"
        yield subject.fail(WAY_OUT, what, start_advice("CannotPullContainerError: i/o timeout"))
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
