"""Containers of a task definition and their volumes, as a declaration says them. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.checks import STOP_TIMEOUTS
from batchwright_runner.workbench.moving.found import Definition, Left, is_true
from batchwright_runner.workbench.moving.sources import as_text, rest
from batchwright_runner.workbench.moving.values import StagePlace, variables
from batchwright_runner.workbench.moving.values import secrets as stored_values
from batchwright_runner.workbench.scaffold.names import near_name
from batchwright_runner.workbench.scaffold.python import Raw, Value, call, line

_MAIN = frozenset(
    {"name", "image", "cpu", "memory", "memoryReservation", "essential", "command", "environment", "secrets"}
    | {"entryPoint", "mountPoints", "linuxParameters", "stopTimeout", "user", "workingDirectory", "ulimits"}
    | {"readonlyRootFilesystem", "logConfiguration", "dependsOn", "portMappings"}
)
_SIDECAR = _MAIN - {"workingDirectory", "ulimits"} | {"healthCheck"}
_ORDER: tuple[str, ...] = ("user", "read_only_root", "writable_paths", "ulimits", "volumes", "working_directory")
_ORDER += ("entry_point", "stop_timeout")
MAIN = "main"
Volumes = Mapping[str, Mapping[str, Any]]
"""Volume to what is said of a file system; nothing is said of a volume of the task."""

_OF_THE_TASK = frozenset({"name", "host", "configuredAtLaunch", "efsVolumeConfiguration"})
_WRITABLE = "whoever mounts a volume of the task can write to it"
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def container_arguments(main: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Value]:
    """What is said in the group ``container``."""
    linux = dict(main.get("linuxParameters") or {})
    linux.pop("initProcessEnabled", None)
    said: dict[str, Value] = {
        **_common(main, volumes, left),
        "writable_paths": {str(one["containerPath"]): int(one["size"]) for one in linux.pop("tmpfs", None) or ()},
        "ulimits": {
            str(ulimit["name"]): Raw(f"({int(ulimit['softLimit'])}, {int(ulimit['hardLimit'])})")
            for ulimit in main.get("ulimits") or ()
        },
        "working_directory": str(main.get("workingDirectory") or ""),
    }
    left += rest(main, _MAIN, f"containerDefinitions.{main.get('name')}.")
    left += rest(linux, frozenset(), "linuxParameters.")
    return {key: said[key] for key in _ORDER if said.get(key)}


def sidecars(
    definition: Definition,
    main: Mapping[str, Any],
    place: StagePlace,
    left: list[Left],
    secrets: dict[str, Value],
    *,
    volumes: Volumes,
) -> list[Value]:
    """The other containers.

    Args:
        definition: The task definition.
        main: The main container.
        place: The stage.
        left: Gets what cannot be said.
        secrets: The batch's secrets; gets those that only another container had.
        volumes: The volumes that containers may share.
    """
    waits = {str(one.get("containerName")): str(one.get("condition")) for one in main.get("dependsOn") or ()}
    found: list[Value] = []
    for container in definition.containers:
        if container is main:
            continue
        name = str(container.get("name"))
        given = stored_values([*(container.get("secrets") or ())], place, left)
        for variable, secret in given.items():
            if secrets.setdefault(variable, secret) != secret:
                left.append(Left(f"{name}.secrets.{variable}", line(secret), "the main container has another one"))
        renamed = _renamed(container, str(main.get("name")))
        found.append(_sidecar(renamed, given, waits.get(name, ""), left, volumes))
    return found


def _renamed(one: Mapping[str, Any], main: str) -> Mapping[str, Any]:
    """A container that waits for the main one by the name that it has in every batch."""
    waits = one.get("dependsOn") or ()
    return {
        **one,
        "dependsOn": [each | {"containerName": MAIN} if each.get("containerName") == main else each for each in waits],
    }


def _common(container: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Value]:
    """What is said of any container, the main one too."""
    stop = min(max(int(container.get("stopTimeout") or 0), STOP_TIMEOUTS[0]), STOP_TIMEOUTS[-1])
    said: dict[str, Value] = {
        "user": str(container.get("user") or ""),
        "read_only_root": is_true(container.get("readonlyRootFilesystem")),
        "volumes": _mounted(container, volumes, left),
        "entry_point": list(map(str, container.get("entryPoint") or ())),
        "stop_timeout": Raw(f"Duration.seconds({stop})") if container.get("stopTimeout") else "",
    }
    return {key: value for key, value in said.items() if value}


def _sidecar(
    one: Mapping[str, Any], secrets: Mapping[str, Value], waited: str, left: list[Left], volumes: Volumes
) -> Value:
    common = _common(one, volumes, left)
    given = {str(each["name"]): str(each.get("value") or "") for each in one.get("environment") or ()}
    said: dict[str, Value | None] = {
        "command": list(map(str, one.get("command") or ())),
        "entry_point": common.get("entry_point"),
        "environment": variables(given, left, f"{one.get('name')}.environment"),
        "secrets": list(secrets),
        "essential": is_true(one.get("essential", True)),
        "stop_timeout": common.get("stop_timeout"),
        "health_check": _health_check(one["healthCheck"]) if one.get("healthCheck") else None,
        "depends_on": {
            str(each.get("containerName")): str(each.get("condition")) for each in one.get("dependsOn") or ()
        },
        "main_waits_for": waited if waited in _CONDITIONS else None,
        "cpu": int(str(one.get("cpu") or 0)),
        "memory": int(str(one.get("memory") or 0)),
        "read_only_root": common.get("read_only_root"),
        "user": common.get("user"),
        "volumes": common.get("volumes"),
    }
    left += rest(one, _SIDECAR, f"containerDefinitions.{one.get('name')}.")
    known = {key: value for key, value in said.items() if value}
    return call("Sidecar", name=str(one.get("name")), image=str(one.get("image", "")), **known)


def _health_check(given: Mapping[str, Any]) -> Value:
    keys = {key: key for key in ("interval", "timeout", "retries")} | {"startPeriod": "start_period"}
    numbers = {argument: int(given[key]) for key, argument in keys.items() if given.get(key)}
    return call("HealthCheck", command=list(map(str, given.get("command") or ())), **numbers)


def volumes_of(definition: Definition, left: list[Left]) -> Volumes:
    """The volumes of a task definition that a batch can have."""
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


def _mounted(container: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Value]:
    """What a container mounts, but for what is mounted of other volumes, and of one twice."""
    found: dict[str, Value] = {}
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
        found[key] = _efs(efs, read_only=read_only) if efs else path
    return found


def _efs(efs: Mapping[str, Any], *, read_only: bool) -> Value:
    point = (efs.get("authorizationConfig") or {}).get("accessPointId")
    named: dict[str, Value] = {"access_point": str(point)} if point else {}
    return call("Volume.efs", str(efs.get("fileSystemId", "")), **named, **({"read_only": True} if read_only else {}))
