"""Volumes of a task definition, as a declaration says them: those of the task, and file systems on EFS. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.workbench.moving.found import Definition, Left, is_true
from batchwright_runner.workbench.moving.python import Expression, Group, Raw, TextExpression
from batchwright_runner.workbench.moving.sources import as_text
from batchwright_runner.workbench.scaffold.names import near_name

Volumes = Mapping[str, Mapping[str, Any]]
"""Volume to what is said of a file system; nothing is said of a volume of the task."""

_OF_THE_TASK = frozenset({"name", "host", "configuredAtLaunch", "efsVolumeConfiguration"})
_WRITABLE = "whoever mounts a volume of the task can write to it"


def volumes_of(definition: Definition, left: list[Left]) -> Volumes:
    """The volumes of a task definition that a batch can have.

    Args:
        definition: The task definition.
        left: Gets the others.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for volume in definition.data.get("volumes") or ():
        name = str(volume.get("name", ""))
        efs = volume.get("efsVolumeConfiguration") or {}
        others = any(value for key, value in volume.items() if key not in _OF_THE_TASK)
        if others or (volume.get("host") or {}).get("sourcePath") or efs.get("rootDirectory") not in (None, "", "/"):
            left.append(Left(f"volumes.{name}", as_text(dict(volume)), "a batch mounts a task's volumes and EFS"))
        else:
            found[name] = efs
    return found


def mounted(container: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Expression]:
    """What a container mounts, as a declaration says it.

    Args:
        container: The container.
        volumes: The volumes that there are.
        left: Gets what is mounted of others, and of one twice.
    """
    found: dict[str, Expression] = {}
    for mount in container.get("mountPoints") or ():
        volume, path = str(mount.get("sourceVolume")), str(mount.get("containerPath"))
        efs = volumes.get(volume, {})
        key = path if efs else near_name(volume)
        if volume not in volumes or key in found:
            left.append(Left(f"mountPoints.{volume}", path))
            continue
        read_only = is_true(mount.get("readOnly"))
        if read_only and not efs:
            left.append(Left(f"mountPoints.{volume}.readOnly", path, _WRITABLE))
        found[key] = _efs(efs, read_only=read_only) if efs else TextExpression(path)
    return found


def _efs(efs: Mapping[str, Any], *, read_only: bool) -> Expression:
    point = (efs.get("authorizationConfig") or {}).get("accessPointId")
    named: dict[str, Expression] = {"access_point": TextExpression(str(point))} if point else {}
    named |= {"read_only": Raw("True")} if read_only else {}
    return Group.call("Volume.efs", (TextExpression(str(efs.get("fileSystemId", ""))),), named)
