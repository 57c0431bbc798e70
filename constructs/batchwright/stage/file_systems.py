"""The file systems from elsewhere that a batch mounts: their ids, the rights to them, and the way to them."""

from collections.abc import Iterable, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place
from batchwright.iam.policies import Statement, mount_file_system
from batchwright.stage.network import by_identity
from batchwright.task.volumes import Volume, access_point_arn, file_system_arn

NFS = 2049
"""The port of an EFS mount target (Amazon EFS user guide, "Using VPC security groups", 2026-11)."""


def grant(role: iam.IRole, volumes: Iterable[Volume], place: Place) -> None:
    """Lets the task role mount them. A role that was imported as immutable stays as it is."""
    written: list[Statement] = []
    for volume in volumes:
        arns = file_system_arn(volume, place), access_point_arn(volume, place)
        statement = mount_file_system(*arns, read_only=volume.read_only)
        if statement not in written:
            written.append(statement)
            role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))


def let_in(scope: Construct, volumes: Sequence[Volume], batch: ec2.Connections, group: str) -> None:
    """Has their security groups let a batch in. The rules are in the batch's stack."""
    for volume in volumes:
        if volume.connections is not None:
            batch.allow_to_default_port(volume.connections, "EFS")
    for id, theirs in by_identity(scope, (volume.security_group for volume in volumes)).items():
        ec2.CfnSecurityGroupIngress(
            scope,
            f"FileSystem-{id}",
            group_id=theirs,
            source_security_group_id=group,
            ip_protocol="tcp",
            from_port=NFS,
            to_port=NFS,
            description="EFS",
        )
