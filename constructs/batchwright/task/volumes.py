"""`Volume`: a file system from elsewhere in a container; and what is checked of all volumes, and made of them. Pure."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchwright.arns import Place
from batchwright.errors import DeclarationError, wrong
from batchwright.task.outside import IN_SSM
from batchwright.tokens import is_token
from batchwright_runner.contract.checks import NAME

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_efs as efs

_ID = "[0-9a-f]{8,40}"  # Amazon EFS API reference, DescribeFileSystems and DescribeAccessPoints, 2026-11
_KINDS = {"file_system": "fs", "access_point": "fsap", "security_group": "sg"}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Volume:
    """A file system that exists apart from the batch: ``container=Container(volumes={"/exports": Volume.efs(…)})``.

    Made by `efs`.

    Attributes:
        file_system: Id of the file system.
        access_point: Id of the access point; empty for none.
        read_only: Whether nothing can be written.
        security_group: Id of the group of its mount targets; empty where the connections say it, or nothing does.
        file_system_arn: ARN of the file system; empty for one of the stage's account and region.
        access_point_arn: ARN of the access point; likewise.
        connections: The connections of a file system that was given as a construct.
    """

    file_system: str
    access_point: str = ""
    read_only: bool = False
    security_group: str = ""
    file_system_arn: str = ""
    access_point_arn: str = ""
    connections: "ec2.Connections | None" = field(default=None, compare=False)

    def __repr__(self) -> str:
        """As a declaration has it."""
        point = f", access_point={self.access_point!r}" if self.access_point else ""
        return f"Volume.efs({self.file_system!r}{point}{', read_only=True' if self.read_only else ''})"

    @staticmethod
    def efs(
        file_system: "efs.IFileSystem | str",
        *,
        access_point: "efs.IAccessPoint | str | None" = None,
        read_only: bool = False,
        security_group: str | None = None,
    ) -> "Volume":
        """An Amazon EFS file system, mounted with IAM authorization and encryption in transit.

        The task role may mount this file system, by this access point alone where one is given, and write to it unless
        it is read-only. A batch that has a security group of its own is let in by that of the file system: the rule is
        in the batch's stack. Groups that several batches share are opened where they are made, since EC2 refuses the
        same rule twice. In a run with ``--local`` it is an empty volume, which goes with the run.

        Args:
            file_system: The file system, or its id.
            access_point: An access point, or its id: a folder of the file system, and the user that writes there.
                Default: the file system's root, where the container's root is nobody.
            read_only: Whether nothing can be written.
            security_group: Id of the group of its mount targets, for a file system that is given by its id. Default:
                that of the construct; of an id, no rule is made.

        Raises:
            DeclarationError: An argument is something else.
        """
        construct = file_system if not isinstance(file_system, str) and hasattr(file_system, "file_system_id") else None
        point = access_point if not isinstance(access_point, str) and hasattr(access_point, "access_point_id") else None
        if not isinstance(read_only, bool):
            raise wrong("Volume.efs", "read_only", read_only, "True or False")
        if construct is not None and security_group is not None:
            allowed = "None, as a file system that is a construct knows its own"
            raise wrong("Volume.efs", "security_group", security_group, allowed)
        volume = Volume(
            file_system=construct.file_system_id if construct else _id("file_system", file_system),
            access_point=(
                point.access_point_id if point else "" if access_point is None else _id("access_point", access_point)
            ),
            read_only=read_only,
            security_group="" if security_group is None else _id("security_group", security_group),
            file_system_arn=construct.file_system_arn if construct else "",
            access_point_arn=point.access_point_arn if point else "",
            connections=construct.connections if construct else None,
        )
        theirs = _file_system_of(point)
        if theirs and theirs != volume.file_system and is_token(theirs) == is_token(volume.file_system):
            problem = "it is of another file system; allowed: an access point of the one that is given"
            raise DeclarationError("Volume.efs", "access_point", problem)
        return volume


Volumes = Mapping[str, "str | Volume"]
"""What a container mounts: the name of a volume of the task to a path, or a path to a `Volume`."""

_ALLOWED = 'names like work-files to absolute paths, or absolute paths to Volume.efs(…), such as {"/exports": …}'


def check_volumes(subject: str, volumes: Volumes) -> None:
    """Raises unless each volume has a name and a place in the container."""
    if not isinstance(volumes, Mapping):
        raise wrong(subject, "volumes", volumes, 'names to absolute paths, such as {"work-files": "/work"}')
    for key, value in volumes.items():
        named = isinstance(value, str) and NAME.fullmatch(str(key)) and value.startswith("/")
        placed = isinstance(value, Volume) and str(key).startswith("/")
        if not named and not placed:
            raise wrong(subject, "volumes", {key: value}, _ALLOWED)
    check_places(subject, "volumes", paths_of(volumes))


def check_places(subject: str, argument: str, paths: Iterable[str], taken: Iterable[str] = ()) -> None:
    """Raises unless a container can have something mounted at each path: ECS starts no task with one path twice."""
    seen = {*map(posixpath.normpath, taken)}
    for path in map(posixpath.normpath, paths):
        if path in seen or not path.strip("/"):
            twice = " to two mounts" if path in seen else ""
            problem = f"{path!r} was given{twice}; allowed: each path once, and not the root"
            raise DeclarationError(subject, argument, problem)
        seen.add(path)


def paths_of(volumes: Volumes) -> list[str]:
    """Where a container mounts its volumes."""
    return [value if isinstance(value, str) else key for key, value in volumes.items()]


def names_of(containers: Iterable[Volumes]) -> dict[Volume, str]:
    """The names in a task of its file systems: ``efs-1``, and so on, past those that the declaration uses itself."""
    mounts = [item for volumes in containers for item in sorted(volumes.items(), key=lambda pair: pair[0])]
    taken = {key for key, value in mounts if isinstance(value, str)}
    names: dict[Volume, str] = {}
    for volume in (value for _, value in mounts if isinstance(value, Volume)):
        free = (f"efs-{number}" for number in range(1, len(mounts) + len(taken) + 1))
        names.setdefault(volume, next(name for name in free if name not in taken and name not in names.values()))
    return names


def mount_points(
    volumes: Volumes, named: Mapping[Volume, str], *, read_only: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """A container's ``mountPoints``."""
    return [
        {"sourceVolume": key, "containerPath": value, "readOnly": key in read_only}
        if isinstance(value, str)
        else {"sourceVolume": named[value], "containerPath": key, "readOnly": value.read_only}
        for key, value in sorted(volumes.items(), key=lambda pair: pair[0])
    ]


def efs_configuration(volume: Volume) -> dict[str, Any]:
    """What a task definition says of a file system.

    IAM authorization needs encryption in transit (Amazon ECS API reference, EFSVolumeConfiguration, 2026-11).
    """
    point = {"accessPointId": volume.access_point} if volume.access_point else {}
    configuration = {
        "fileSystemId": volume.file_system,
        "transitEncryption": "ENABLED",
        "authorizationConfig": {**point, "iam": "ENABLED"},
    }
    return {"efsVolumeConfiguration": configuration}


def file_system_arn(volume: Volume, place: Place) -> str:
    """The ARN of a volume's file system, for the stage's account and region where it was given by its id."""
    return volume.file_system_arn or place._arn("elasticfilesystem", f"file-system/{volume.file_system}")


def access_point_arn(volume: Volume, place: Place) -> str:
    """The ARN of its access point, likewise; empty without one."""
    if not volume.access_point:
        return ""
    return volume.access_point_arn or place._arn("elasticfilesystem", f"access-point/{volume.access_point}")


def _file_system_of(point: "efs.IAccessPoint | None") -> str:
    """The id of an access point's file system; empty for one that was imported by its own id alone."""
    try:
        return "" if point is None else point.file_system.file_system_id
    except RuntimeError:  # as CDK says that
        return ""


def _id(argument: str, value: object) -> str:
    kind = _KINDS[argument]
    is_id = isinstance(value, str) and (re.fullmatch(f"{kind}-{_ID}", value) or is_token(value))
    if not is_id:
        word = argument.replace("_", " ")
        construct = "" if argument == "security_group" else f"a{'n' if word[0] in 'aeiou' else ''} {word}, "
        allowed = f"{construct}an id such as {kind}-0123456789abcdef0, or {IN_SSM}"
        raise wrong("Volume.efs", argument, value, allowed)
    return str(value)
