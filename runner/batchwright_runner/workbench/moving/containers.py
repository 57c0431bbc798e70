"""Containers of a task definition and their volumes, as a declaration says them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.contract.checks import STOP_TIMEOUTS
from batchwright_runner.workbench.moving.found import Definition, Left, is_true
from batchwright_runner.workbench.moving.python import Expression, Group, Raw, TextExpression
from batchwright_runner.workbench.moving.sources import as_text
from batchwright_runner.workbench.moving.values import StagePlace, texts, variables
from batchwright_runner.workbench.moving.values import secrets as stored_values
from batchwright_runner.workbench.scaffold.names import near_name

_MAIN = frozenset(
    {"name", "image", "cpu", "memory", "memoryReservation", "essential", "command", "environment", "secrets"}
    | {"entryPoint", "mountPoints", "linuxParameters", "stopTimeout", "user", "workingDirectory", "ulimits"}
    | {"readonlyRootFilesystem", "logConfiguration", "dependsOn", "portMappings"}
)
_SIDECAR = _MAIN - {"workingDirectory", "ulimits"} | {"healthCheck"}
MAIN = "main"
Volumes = Mapping[str, Mapping[str, Any]]
"""Volume to what is said of a file system; nothing is said of a volume of the task."""

_OF_THE_TASK = frozenset({"name", "host", "configuredAtLaunch", "efsVolumeConfiguration"})
_WRITABLE = "whoever mounts a volume of the task can write to it"
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def container_arguments(main: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Expression]:
    """What is said in the group ``container``."""
    common = _common(main, volumes, left)
    found: dict[str, Expression] = {key: common[key] for key in ("user", "read_only_root") if key in common}
    linux = dict(main.get("linuxParameters") or {})
    tmpfs = {str(one["containerPath"]): int(one["size"]) for one in linux.pop("tmpfs", None) or ()}
    if tmpfs:
        found["writable_paths"] = Group.table({path: Raw(str(size)) for path, size in tmpfs.items()})
    linux.pop("initProcessEnabled", None)
    ulimits = {
        str(ulimit["name"]): Raw(f"({int(ulimit['softLimit'])}, {int(ulimit['hardLimit'])})")
        for ulimit in main.get("ulimits") or ()
    }
    if ulimits:
        found["ulimits"] = Group.table(ulimits)
    if main.get("workingDirectory"):
        common["working_directory"] = TextExpression(str(main["workingDirectory"]))
    keys = ("volumes", "working_directory", "entry_point", "stop_timeout")
    found |= {key: common[key] for key in keys if key in common}
    left += rest(main, _MAIN, f"containerDefinitions.{main.get('name')}.")
    left += rest(linux, frozenset(), "linuxParameters.")
    return found


def sidecars(
    definition: Definition,
    main: Mapping[str, Any],
    place: StagePlace,
    left: list[Left],
    secrets: dict[str, Expression],
    *,
    volumes: Volumes,
) -> list[Expression]:
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
    found: list[Expression] = []
    for container in definition.containers:
        if container is main:
            continue
        name = str(container.get("name"))
        given = stored_values([*(container.get("secrets") or ())], place, left)
        for variable, secret in given.items():
            if secrets.setdefault(variable, secret) != secret:
                left.append(Left(f"{name}.secrets.{variable}", secret.line(), "the main container has another one"))
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


def _common(container: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Expression]:
    """What is said of any container, the main one too."""
    found: dict[str, Expression] = {}
    if container.get("user"):
        found["user"] = TextExpression(str(container["user"]))
    if is_true(container.get("readonlyRootFilesystem")):
        found["read_only_root"] = Raw("True")
    if mounts := _mounted(container, volumes, left):
        found["volumes"] = Group.table(mounts)
    if container.get("entryPoint"):
        found["entry_point"] = texts(container["entryPoint"])
    if container.get("stopTimeout"):
        seconds = min(max(int(container["stopTimeout"]), STOP_TIMEOUTS[0]), STOP_TIMEOUTS[-1])
        found["stop_timeout"] = Raw(f"Duration.seconds({seconds})")
    return found


def _sidecar(
    one: Mapping[str, Any], secrets: Mapping[str, Expression], waited: str, left: list[Left], volumes: Volumes
) -> Expression:
    common = _common(one, volumes, left)
    depends = {
        str(each.get("containerName")): TextExpression(str(each.get("condition")))
        for each in one.get("dependsOn") or ()
    }
    given = {str(each["name"]): str(each.get("value") or "") for each in one.get("environment") or ()}
    entries = variables(given, left, f"{one.get('name')}.environment")
    said: dict[str, Expression | None] = {
        "name": TextExpression(str(one.get("name"))),
        "image": TextExpression(str(one.get("image", ""))),
        "command": texts(one["command"]) if one.get("command") else None,
        "entry_point": common.get("entry_point"),
        "environment": Group.table(entries) if entries else None,
        "secrets": texts(list(secrets)) if secrets else None,
        "essential": Raw("True") if is_true(one.get("essential", True)) else None,
        "stop_timeout": common.get("stop_timeout"),
        "health_check": _health_check(one["healthCheck"]) if one.get("healthCheck") else None,
        "depends_on": Group.table(depends) if depends else None,
        "main_waits_for": TextExpression(waited) if waited in _CONDITIONS else None,
        "cpu": _above_zero(one.get("cpu")),
        "memory": _above_zero(one.get("memory")),
        "read_only_root": common.get("read_only_root"),
        "user": common.get("user"),
        "volumes": common.get("volumes"),
    }
    left += rest(one, _SIDECAR, f"containerDefinitions.{one.get('name')}.")
    return Group.call("Sidecar", (), {key: value for key, value in said.items() if value is not None})


def _above_zero(number: object) -> Expression | None:
    return Raw(str(number)) if int(str(number or 0)) else None


def _health_check(given: Mapping[str, Any]) -> Expression:
    named: dict[str, Expression] = {"command": texts(given.get("command") or ())}
    numbers = {key: Raw(str(int(given[key]))) for key in ("interval", "timeout", "retries") if given.get(key)}
    if given.get("startPeriod"):
        numbers["start_period"] = Raw(str(int(given["startPeriod"])))
    return Group.call("HealthCheck", (), named | numbers)


def rest(said: Mapping[str, Any], known: frozenset[str], prefix: str = "") -> Iterator[Left]:
    """What is said under keys that nobody reads."""
    for key, value in said.items():
        if key not in known and value not in (None, "", [], {}, False, 0):
            yield Left(f"{prefix}{key}", as_text(value))


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


def _mounted(container: Mapping[str, Any], volumes: Volumes, left: list[Left]) -> dict[str, Expression]:
    """What a container mounts, but for what is mounted of other volumes, and of one twice."""
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
