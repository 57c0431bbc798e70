"""The file systems that a batch mounts: whether each has a mount target where its runs are, and lets them in."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any

from batchwright_runner.host.finding import Finding
from batchwright_runner.host.verify.network import covers, lets_out, subnets_of
from batchwright_runner.host.verify.subject import Subject, as_a_run
from batchwright_runner.host.verify.way_out import Description

NFS = 2049
"""The port of a mount target (Amazon EFS user guide, "Using VPC security groups", 2026-11)."""
MOST = 100
"""Mount targets in an answer; a file system has one for each Availability Zone."""

UNRESOLVED = as_a_run("EFS utils: failed to resolve")
SILENT = as_a_run("EFS utils: connection timed out")
REFUSED = as_a_run("EFS utils: access denied by server")


def check_file_systems(subject: Subject) -> Iterator[Finding]:
    """Whether each file system can be mounted in each of its subnets; nothing where the batch mounts none."""
    configurations = (volume.get("efsVolumeConfiguration") for volume in subject.definition.get("volumes", []))
    volumes = [volume for volume in configurations if volume]
    for name in sorted({volume["fileSystemId"] for volume in volumes}):
        wrong = list(_file_system(subject, name))
        here = [volume for volume in volumes if volume["fileSystemId"] == name]
        points = {volume.get("authorizationConfig", {}).get("accessPointId", "") for volume in here}
        for point in sorted(points - {""}):
            wrong += _access_point(subject, name, point)
        well = f"{name} has a mount target in each subnet's Availability Zone"
        yield from subject.or_ok(wrong, well)


def _file_system(subject: Subject, name: str) -> Iterator[Finding]:
    """What is wrong with a file system, subnet by subnet."""
    parameters = {"FileSystemId": name, "MaxItems": MOST}
    answer = subject.look.find("FileSystemNotFound", "efs", "describe_mount_targets", **parameters)
    if answer is None:
        yield subject.fail(f"{name} does not exist", UNRESOLVED)
        return
    for subnet in subnets_of(subject):
        target = target_for(subnet, answer["MountTargets"])
        zone = subnet["AvailabilityZoneId"]
        if target is None:
            what = f"{name} has no mount target in {zone}, where {subnet['SubnetId']} is"
            yield subject.fail(what, UNRESOLVED)
        elif target["LifeCycleState"] != "available":
            yield subject.fail(f"{name}'s mount target in {zone} is {target['LifeCycleState']}", UNRESOLVED)
        else:
            yield from _way(subject, name, subnet, target)


def target_for(subnet: Description, targets: Sequence[Description]) -> Description | None:
    """The mount target that a task in a subnet mounts: that of its VPC in its Availability Zone. Pure.

    The name of a file system is resolved to the address in the zone of the client (Amazon EFS user guide, "Mounting on
    Amazon EC2 with a DNS name", 2026-11).
    """
    for target in targets:
        if target["AvailabilityZoneId"] == subnet["AvailabilityZoneId"] and target["VpcId"] == subnet["VpcId"]:
            return target
    return None


def _way(subject: Subject, name: str, subnet: Description, target: Description) -> Iterator[Finding]:
    """Whether the security groups of both sides let NFS pass; nothing where the batch names none of its own.

    Its tasks then have the VPC's default group, whose id is not known here.
    """
    zone = subnet["AvailabilityZoneId"]
    ours = list(subject.manifest.security_groups)
    if not ours:
        return
    answer = subject.look.call("efs", "describe_mount_target_security_groups", MountTargetId=target["MountTargetId"])
    theirs = sorted(answer["SecurityGroups"])
    doors = subject.look.call("ec2", "describe_security_groups", GroupIds=theirs)["SecurityGroups"]
    if not any(lets_in(door, NFS, ours, blocks_of(subnet)) for door in doors):
        what = f"{', '.join(theirs)} of {name}'s mount target in {zone} does not let the batch in at port {NFS}"
        yield subject.fail(what, SILENT)
    own = subject.look.call("ec2", "describe_security_groups", GroupIds=ours)["SecurityGroups"]
    if not any(lets_out(group, NFS) for group in own):
        what = f"none of {', '.join(ours)} lets port {NFS} out to {name}"
        yield subject.fail(what, SILENT)


def blocks_of(subnet: Description) -> list[str]:
    """The addresses of a subnet: those of IPv4, or, where it has none, those of IPv6. Pure."""
    if subnet.get("CidrBlock"):
        return [str(subnet["CidrBlock"])]
    return [str(block["Ipv6CidrBlock"]) for block in subnet.get("Ipv6CidrBlockAssociationSet", [])]


def lets_in(group: Description, port: int, groups: Sequence[str], blocks: Sequence[str]) -> bool:
    """Whether a security group has a rule that lets a task in at a TCP port. Pure."""
    for rule in [permission for permission in group.get("IpPermissions", []) if covers(permission, port)]:
        ranges = [ip_network(ipv4range["CidrIp"]) for ipv4range in rule.get("IpRanges", [])]
        ranges += [ip_network(ipv6range["CidrIpv6"]) for ipv6range in rule.get("Ipv6Ranges", [])]
        if any(pair.get("GroupId") in groups for pair in rule.get("UserIdGroupPairs", [])):
            return True
        if rule.get("PrefixListIds") or any(_inside(block, allowed) for block in blocks for allowed in ranges):
            return True
    return False


def _inside(cidr: str, outer: Any) -> bool:  # noqa: ANN401 - IPv4 or IPv6
    inner = ip_network(cidr)
    return inner.version == outer.version and inner.subnet_of(outer)


def _access_point(subject: Subject, name: str, point: str) -> Iterator[Finding]:
    """What is wrong with an access point."""
    answer = subject.look.find("AccessPointNotFound", "efs", "describe_access_points", AccessPointId=point)
    points = answer["AccessPoints"] if answer else []
    if not points or points[0]["FileSystemId"] != name:
        yield subject.fail(f"{name} has no access point {point}", REFUSED)
    elif points[0]["LifeCycleState"] != "available":
        yield subject.fail(f"{name}'s access point {point} is {points[0]['LifeCycleState']}", REFUSED)
