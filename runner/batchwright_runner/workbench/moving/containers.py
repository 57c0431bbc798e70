"""The containers and volumes of a task definition, as arguments of a declaration. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.checks import STOP_TIMEOUTS
from batchwright_runner.workbench.moving.jobs import Definition, Todo, is_true
from batchwright_runner.workbench.moving.sources import as_text, rest
from batchwright_runner.workbench.moving.values import StagePlace, plain_values, variables
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
"""Volume to the settings of its file system; a volume of the task has none."""

_OF_THE_TASK = frozenset({"name", "host", "configuredAtLaunch", "efsVolumeConfiguration"})
_WRITABLE = "whoever mounts a volume of the task can write to it"
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def container_arguments(main: Mapping[str, Any], volumes: Volumes, todos: list[Todo]) -> dict[str, Value]:
    """The arguments of the group ``container``."""
    linux = dict(main.get("linuxParameters") or {})
    linux.pop("initProcessEnabled", None)
    arguments: dict[str, Value] = {
        **_common(main, volumes, todos),
        "writable_paths": {str(mount["containerPath"]): int(mount["size"]) for mount in linux.pop("tmpfs", None) or ()},
        "ulimits": {
            str(ulimit["name"]): Raw(f"({int(ulimit['softLimit'])}, {int(ulimit['hardLimit'])})")
            for ulimit in main.get("ulimits") or ()
        },
        "working_directory": str(main.get("workingDirectory") or ""),
    }
    todos += rest(main, _MAIN, f"containerDefinitions.{main.get('name')}.")
    todos += rest(linux, frozenset(), "linuxParameters.")
    return {key: arguments[key] for key in _ORDER if arguments.get(key)}


def sidecars(
    definition: Definition,
    main: Mapping[str, Any],
    place: StagePlace,
    todos: list[Todo],
    secrets: dict[str, Value],
    *,
    volumes: Volumes,
) -> list[Value]:
    """The other containers."""
    others: list[Value] = []
    for container in [container for container in definition.containers if container is not main]:
        own_secrets = stored_values([*(container.get("secrets") or ())], place, todos)
        for variable, secret in own_secrets.items():
            if secrets.setdefault(variable, secret) != secret:
                field = f"{container.get('name')}.secrets.{variable}"
                todos.append(Todo(field, line(secret), "the main container has another one"))
        others.append(_sidecar(container, main, own_secrets, todos, volumes))
    return others


def _common(container: Mapping[str, Any], volumes: Volumes, todos: list[Todo]) -> dict[str, Value]:
    """The arguments that any container has, the main one too."""
    stop = min(max(int(container.get("stopTimeout") or 0), STOP_TIMEOUTS[0]), STOP_TIMEOUTS[-1])
    arguments: dict[str, Value] = {
        "user": str(container.get("user") or ""),
        "read_only_root": is_true(container.get("readonlyRootFilesystem")),
        "volumes": _mounted(container, volumes, todos),
        "entry_point": list(map(str, container.get("entryPoint") or ())),
        "stop_timeout": Raw(f"Duration.seconds({stop})") if container.get("stopTimeout") else "",
    }
    return {key: value for key, value in arguments.items() if value}


def _sidecar(
    container: Mapping[str, Any],
    main: Mapping[str, Any],
    secrets: Mapping[str, Value],
    todos: list[Todo],
    volumes: Volumes,
) -> Value:
    common, name = _common(container, volumes, todos), str(main.get("name"))
    waited = _waits(main).get(str(container.get("name")), "")
    depends_on = {MAIN if other == name else other: condition for other, condition in _waits(container).items()}
    arguments: dict[str, Value | None] = {
        "command": list(map(str, container.get("command") or ())),
        "entry_point": common.get("entry_point"),
        "environment": variables(plain_values(container), todos, f"{container.get('name')}.environment"),
        "secrets": list(secrets),
        "essential": is_true(container.get("essential", True)),
        "stop_timeout": common.get("stop_timeout"),
        "health_check": _health_check(container["healthCheck"]) if container.get("healthCheck") else None,
        "depends_on": depends_on,
        "main_waits_for": waited if waited in _CONDITIONS else None,
        "cpu": int(str(container.get("cpu") or 0)),
        "memory": int(str(container.get("memory") or 0)),
        "read_only_root": common.get("read_only_root"),
        "user": common.get("user"),
        "volumes": common.get("volumes"),
    }
    todos += rest(container, _SIDECAR, f"containerDefinitions.{container.get('name')}.")
    filled = {key: value for key, value in arguments.items() if value}
    return call("Sidecar", name=str(container.get("name")), image=str(container.get("image", "")), **filled)


def _waits(container: Mapping[str, Any]) -> dict[str, str]:
    """The containers for which one waits, each with the condition."""
    entries = container.get("dependsOn") or ()
    return {str(entry.get("containerName")): str(entry.get("condition")) for entry in entries}


def _health_check(check: Mapping[str, Any]) -> Value:
    keys = {key: key for key in ("interval", "timeout", "retries")} | {"startPeriod": "start_period"}
    numbers = {argument: int(check[key]) for key, argument in keys.items() if check.get(key)}
    return call("HealthCheck", command=list(map(str, check.get("command") or ())), **numbers)


def volumes_of(definition: Definition, todos: list[Todo]) -> Volumes:
    """The volumes of a task definition that a batch can have."""
    volumes: dict[str, Mapping[str, Any]] = {}
    for volume in definition.data.get("volumes") or ():
        name = str(volume.get("name", ""))
        efs = volume.get("efsVolumeConfiguration") or {}
        others = any(value for key, value in volume.items() if key not in _OF_THE_TASK)
        if others or (volume.get("host") or {}).get("sourcePath") or efs.get("rootDirectory") not in (None, "", "/"):
            todos.append(Todo(f"volumes.{name}", as_text(dict(volume)), "a batch mounts a task's volumes and EFS"))
        else:
            volumes[name] = efs
    return volumes


def _mounted(container: Mapping[str, Any], volumes: Volumes, todos: list[Todo]) -> dict[str, Value]:
    """What a container mounts; other volumes, and one that is mounted twice, become TODOs."""
    mounted: dict[str, Value] = {}
    for mount in container.get("mountPoints") or ():
        volume, path = str(mount.get("sourceVolume")), str(mount.get("containerPath"))
        efs = volumes.get(volume, {})
        key = path if efs else near_name(volume)
        if volume not in volumes or key in mounted:
            todos.append(Todo(f"mountPoints.{volume}", path))
            continue
        read_only = is_true(mount.get("readOnly"))
        if read_only and not efs:
            todos.append(Todo(f"mountPoints.{volume}.readOnly", path, _WRITABLE))
        mounted[key] = _efs(efs, read_only=read_only) if efs else path
    return mounted


def _efs(efs: Mapping[str, Any], *, read_only: bool) -> Value:
    point = (efs.get("authorizationConfig") or {}).get("accessPointId")
    named: dict[str, Value] = {"access_point": str(point)} if point else {}
    return call("Volume.efs", str(efs.get("fileSystemId", "")), **named, **({"read_only": True} if read_only else {}))
