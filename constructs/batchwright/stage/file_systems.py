"""The file systems of elsewhere that a batch mounts: their ids, the rights to them, and the way to them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright.arns import Place
from batchwright.iam.policies import Statement, mount_file_system
from batchwright.stage.facts import deployed_values
from batchwright.stage.network import by_identity
from batchwright.task.volumes import Volume, access_point_arn, efs_configuration, file_system_arn

NFS = 2049
"""The port of an EFS mount target (Amazon EFS user guide, "Using VPC security groups", 2026-11)."""


@dataclass(frozen=True, slots=True)
class FileSystems:
    """What a batch mounts, by the names in its task, with ids as the deployment knows them."""

    volumes: Mapping[str, Volume]

    @classmethod
    def of(cls, scope: Construct, named: Mapping[Volume, str]) -> "FileSystems":
        """Those of a batch; an id that an SSM parameter holds is read when the batch's stack is deployed."""
        return cls({name: _read(scope, volume) for volume, name in named.items()})

    @property
    def configurations(self) -> dict[str, dict[str, Any]]:
        """What the task definition says of each."""
        return {name: efs_configuration(volume) for name, volume in self.volumes.items()}

    def statements(self, place: Place) -> list[Statement]:
        """What lets a task role mount them."""
        found = [
            mount_file_system(
                file_system_arn(volume, place), access_point_arn(volume, place), read_only=volume.read_only
            )
            for volume in self.volumes.values()
        ]
        return [one for number, one in enumerate(found) if one not in found[:number]]

    def grant(self, role: iam.IRole, place: Place) -> None:
        """Lets the task role mount them. A role that was imported as immutable stays as it is."""
        for statement in self.statements(place):
            statement.pop("Sid")
            role.add_to_principal_policy(iam.PolicyStatement.from_json(statement))

    def let_in(self, scope: Construct, batch: ec2.Connections, group: str) -> None:
        """Has their security groups let a batch in. The rules are in the batch's stack."""
        for volume in self.volumes.values():
            if volume.connections is not None:
                batch.allow_to_default_port(volume.connections, "EFS")
        for id, theirs in by_identity(scope, (volume.security_group for volume in self.volumes.values())).items():
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


def _read(scope: Construct, volume: Volume) -> Volume:
    def read(given: str) -> str:
        return deployed_values(scope, (given,))[0]

    return replace(
        volume,
        file_system=read(volume.file_system),
        access_point=read(volume.access_point),
        security_group=read(volume.security_group),
    )
