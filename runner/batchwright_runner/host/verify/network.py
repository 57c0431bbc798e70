"""The network: whether subnets and security groups exist and are of one VPC, and whether a run has a public address."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.subject import Subject, as_a_run

FEW = 10
"""Free addresses below which a few runs at the same time use up a subnet."""

GONE = as_a_run("unexpected EC2 error: InvalidSubnetID.NotFound")
FULL = as_a_run("unexpected EC2 error: InsufficientFreeAddresses")
ONE_VPC = "Name groups and subnets of one VPC in cdk.json"


def subnets_of(subject: Subject) -> Sequence[Mapping[str, Any]]:
    """A batch's subnets."""
    answer = subject.look.call("ec2", "describe_subnets", SubnetIds=list(subject.manifest.subnets))
    subnets: Sequence[Mapping[str, Any]] = answer["Subnets"]
    return subnets


def check_subnets(subject: Subject) -> Iterable[Finding]:
    """Whether its subnets are there, of one VPC, and have free addresses: each task takes one.

    EC2 counts those of IPv4 alone, and a subnet may have none (EC2 API reference, Subnet, 2026-11).
    """
    try:
        subnets = subnets_of(subject)
    except ApiError as error:
        if not error.code.startswith("InvalidSubnetID"):
            raise
        return [subject.fail(f"a subnet does not exist: {error.message}", GONE)]
    if len(vpcs := {subnet["VpcId"] for subnet in subnets}) > 1:
        return [subject.fail(f"they are of several VPCs: {', '.join(sorted(vpcs))}", ONE_VPC)]
    free = {
        subnet["SubnetId"]: int(subnet["AvailableIpAddressCount"]) for subnet in subnets if not subnet.get("Ipv6Native")
    }
    if not free:
        names = ", ".join(sorted(subnet["SubnetId"] for subnet in subnets))
        return [subject.ok(f"{names} have IPv6 alone, of which there is enough")]
    if not any(free.values()):
        return [subject.fail(f"no subnet has a free address: {', '.join(sorted(free))}", FULL)]
    counts = ", ".join(f"{name} {count}" for name, count in sorted(free.items()))
    if sum(free.values()) < FEW or not all(free.values()):
        return [subject.warn(f"few free addresses: {counts}", "Give the stage larger subnets, or more")]
    return [subject.ok(f"free addresses: {counts}")]


def check_groups(subject: Subject) -> Iterable[Finding]:
    """Whether its security groups are there, in the subnets' VPC."""
    ids = list(subject.manifest.security_groups)
    if not ids:
        return [subject.warn("none are named: a run takes the VPC's default group")]
    try:
        groups = subject.look.call("ec2", "describe_security_groups", GroupIds=ids)["SecurityGroups"]
    except ApiError as error:
        if not error.code.startswith("InvalidGroup"):
            raise
        return [subject.fail(f"a security group does not exist: {error.message}", GONE)]
    vpcs = {subnet["VpcId"] for subnet in subnets_of(subject)}
    strangers = [group["GroupId"] for group in groups if group["VpcId"] not in vpcs]
    if strangers:
        what = f"{', '.join(strangers)} is not in the subnets' VPC, {', '.join(sorted(vpcs))}"
        return [subject.fail(what, ONE_VPC)]
    return [subject.ok(f"{', '.join(ids)} {'is' if len(ids) == 1 else 'are'} of {', '.join(sorted(vpcs))}")]


def check_public_address(subject: Subject) -> Iterator[Finding]:
    """Whether a run has a public address. Where the routes of its subnets lead is not looked at."""
    if subject.manifest.assign_public_ip:
        yield subject.ok("a run has one: its subnets need a route to an internet gateway")
    else:
        yield subject.ok("a run has none: it leaves its subnets by NAT, or by VPC endpoints")
