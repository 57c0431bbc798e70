"""The containers and volumes of a task definition, as arguments of a declaration. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.checks import STOP_TIMEOUTS, VARIABLE
from batchwright_runner.workbench.moving.hidden import CUT, is_secret
from batchwright_runner.workbench.moving.jobs import Definition, StagePlace, Todo, collect_todos, is_true
from batchwright_runner.workbench.moving.sources import as_text, rest
from batchwright_runner.workbench.scaffold.names import near_name
from batchwright_runner.workbench.scaffold.python import Call, Raw, StageText, Value, call, line

_SSM = re.compile(r"arn:[a-z-]+:ssm:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):parameter(?P<path>/.+)")
_STORED = "secretsmanager:"
"""The prefix of a secret of Secrets Manager in the stage's own account and region."""
_MANAGER = re.compile(r"(?P<arn>arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+)(?::(?P<rest>.*))?")
_NAMES = "a variable has letters, digits and underscores, no digit first: rename it, and what reads it"
MAIN = "main"
_READ = frozenset(
    {"name", "image", "cpu", "memory", "memoryReservation", "essential", "command", "environment", "secrets"}
    | {"mountPoints", "linuxParameters", "logConfiguration", "dependsOn", "portMappings"}
)
_OF_THE_TASK = frozenset({"name", "host", "configuredAtLaunch", "efsVolumeConfiguration"})
_WRITABLE = "whoever mounts a volume of the task can write to it"
_LOG_OPTIONS = frozenset({"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"})
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")
Volumes = Mapping[str, Mapping[str, Any]]
"""Volume to the settings of its file system; a volume of the task has none."""


def variables(values: Mapping[str, str], todos: list[Todo], prefix: str = "environment") -> dict[str, str]:
    """Variables with values, by name; those that look like secrets are left out."""
    todos += [Todo(f"{prefix}.{name}", value, _NAMES) for name, value in values.items() if not VARIABLE.fullmatch(name)]
    todos += [Todo(f"{prefix}.{name}", CUT, "it looks like a secret") for name in hidden(values)]
    return {name: values[name] for name in values if VARIABLE.fullmatch(name) and not is_secret(name, values[name])}


def plain_values(container: Mapping[str, Any]) -> dict[str, str]:
    """A container's plain variables, by name."""
    return {str(variable["name"]): str(variable.get("value") or "") for variable in container.get("environment") or ()}


def hidden(values: Mapping[str, str]) -> list[str]:
    """The variables whose values look like secrets: no declaration shows them."""
    return [name for name, value in values.items() if VARIABLE.fullmatch(name) and is_secret(name, value)]


def secrets(container: Mapping[str, Any], place: StagePlace, todos: list[Todo]) -> dict[str, Value]:
    """Variables whose values are stored elsewhere, by name."""
    stored: dict[str, Value] = {}
    for entry in container.get("secrets") or ():
        name, source = str(entry.get("name", "")), str(entry.get("valueFrom", ""))
        secret = _secret(name, source, place) if VARIABLE.fullmatch(name) else _NAMES
        if isinstance(secret, str):
            todos.append(Todo(f"secrets.{name}", source, secret))
        else:
            stored[name] = secret
    return stored


def _secret(name: str, source: str, place: StagePlace) -> Call | str:
    """The argument of a secret; why there is none, and what to do."""
    here = f"arn:aws:secretsmanager:{place.region}:{place.account}:secret:"
    if source.startswith(_STORED) and place.region and place.account:
        source = source.replace(_STORED, here, 1)
    if manager := _MANAGER.fullmatch(source):
        key, *version = (manager["rest"] or "").split(":")
        if any(version):
            return "a version of a secret cannot be named; write Secret.secrets_manager without it"
        named = {"json_field": key} if key else {}
        return call("Secret.secrets_manager", name, StageText(manager["arn"]), **named)
    if arn := _SSM.fullmatch(source):
        if arn["account"] != (place.account or arn["account"]) or arn["region"] != (place.region or arn["region"]):
            return f"it is in another account or region than the stage {place.name}; copy it, and write Secret.existing"
        source = arn["path"]
    if not source.startswith("/"):
        return "a name without a leading slash cannot be named; copy it to a path, and write Secret.existing"
    if source == f"/{place.project}/{place.name}/shared/{name}":
        return call("Secret.shared", name)
    return call("Secret.existing", name, StageText(source))


def log_group(container: Mapping[str, Any], place: StagePlace, todos: list[Todo], prefix: str = "") -> str:
    """The log group of a container in the stage's region; what else its log is becomes a TODO."""
    logs, field = container.get("logConfiguration") or {}, f"{prefix}logConfiguration"
    elsewhere = logs.get("logDriver") not in (None, "awslogs")
    options = {} if elsewhere else {name: str(value) for name, value in (logs.get("options") or {}).items()}
    region = options.get("awslogs-region", "")
    of_another = region not in (place.region, "") and place.region
    unread = {name: text for name, text in options.items() if name not in _LOG_OPTIONS and text != "blocking"}
    todos += collect_todos(
        (elsewhere, field, as_text(logs), "logs go to CloudWatch, in a group of the batch's own"),
        (of_another, f"{field}.awslogs-region", region, "logs stay in the region"),
        *((True, f"{field}.{name}", text, "") for name, text in unread.items()),
    )
    return "" if of_another else options.get("awslogs-group", "")


def container_arguments(main: Mapping[str, Any], volumes: Volumes, todos: list[Todo]) -> dict[str, Value]:
    """The arguments of the group ``container``."""
    linux = dict(main.get("linuxParameters") or {})
    tmpfs = linux.pop("tmpfs", None) or ()
    arguments = {**_read(main, "main", todos), "volumes": _mounted(main, volumes, todos)}
    arguments["writable_paths"] = {str(mount["containerPath"]): int(mount["size"]) for mount in tmpfs}
    todos += rest(linux, {"initProcessEnabled"}, "linuxParameters.")
    return {key: arguments[key] for key in sorted(arguments) if arguments[key]}


def _texts(value: Any) -> Value:  # noqa: ANN401 - a field of ECS
    return [str(text) for text in value]


def _stop_timeout(value: Any) -> Value:  # noqa: ANN401 - as above
    return Raw(f"Duration.seconds({min(max(int(value), STOP_TIMEOUTS[0]), STOP_TIMEOUTS[-1])})")


def _ulimits(value: Any) -> Value:  # noqa: ANN401 - as above
    return {str(ulimit["name"]): Raw(f"({int(ulimit['softLimit'])}, {int(ulimit['hardLimit'])})") for ulimit in value}


def _health_check(value: Any) -> Value:  # noqa: ANN401 - as above
    keys = {"interval": "interval", "timeout": "timeout", "retries": "retries", "start_period": "startPeriod"}
    numbers = {name: int(value[key]) for name, key in keys.items() if value.get(key)}
    return call("HealthCheck", command=_texts(value.get("command") or ()), **numbers)


_FIELDS: Sequence[tuple[str, str, str, Callable[[Any], Value]]] = (
    ("any", "user", "user", str),
    ("any", "read_only_root", "readonlyRootFilesystem", is_true),
    ("any", "entry_point", "entryPoint", _texts),
    ("any", "stop_timeout", "stopTimeout", _stop_timeout),
    ("main", "ulimits", "ulimits", _ulimits),
    ("main", "working_directory", "workingDirectory", str),
    ("sidecar", "command", "command", _texts),
    ("sidecar", "health_check", "healthCheck", _health_check),
    ("sidecar", "cpu", "cpu", int),
    ("sidecar", "memory", "memory", int),
)
"""Whose field of ECS it is, the argument, the field's name, and how it is read."""


def _read(container: Mapping[str, Any], kind: str, todos: list[Todo]) -> dict[str, Value]:
    """The arguments of the fields that a container of this kind has; others become TODOs."""
    rows = {key: (argument, read) for of, argument, key, read in _FIELDS if of in ("any", kind)}
    todos += rest(container, _READ | rows.keys(), f"containerDefinitions.{container.get('name')}.")
    return {argument: read(container[key]) for key, (argument, read) in rows.items() if container.get(key)}


def sidecars(
    definition: Definition, main: Mapping[str, Any], place: StagePlace, todos: list[Todo], stored: dict[str, Value]
) -> list[Value]:
    """The other containers; their secrets are added to those that are stored."""
    volumes, others = volumes_of(definition, []), list[Value]()
    for container in (container for container in definition.containers if container is not main):
        name, own_secrets = str(container.get("name")), secrets(container, place, todos)
        for variable, secret in own_secrets.items():
            if stored.setdefault(variable, secret) != secret:
                advice = "the main container has another one"
                todos.append(Todo(f"{name}.secrets.{variable}", line(secret), advice))
        group, advice = log_group(container, place, todos, f"{name}."), "its log goes where the main container's goes"
        if group not in ("", log_group(main, place, [])):
            todos.append(Todo(f"{name}.logConfiguration.awslogs-group", group, advice))
        waits, waited = _waits(container), _waits(main).get(name, "")
        arguments: dict[str, Value] = {
            **_read(container, "sidecar", todos),
            "environment": variables(plain_values(container), todos, f"{name}.environment"),
            "secrets": list(own_secrets),
            "essential": is_true(container.get("essential", True)),
            "depends_on": {MAIN if other == main.get("name") else other: waits[other] for other in waits},
            "main_waits_for": waited if waited in _CONDITIONS else "",
            "volumes": _mounted(container, volumes, todos),
        }
        filled = {key: value for key, value in arguments.items() if value}
        others.append(call("Sidecar", name=name, image=str(container.get("image", "")), **filled))
    return others


def _waits(container: Mapping[str, Any]) -> dict[str, str]:
    """The containers for which one waits, each with the condition."""
    entries = container.get("dependsOn") or ()
    return {str(entry.get("containerName")): str(entry.get("condition")) for entry in entries}


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
        efs, read_only = volumes.get(volume, {}), is_true(mount.get("readOnly"))
        key = path if efs else near_name(volume)
        if volume not in volumes or key in mounted:
            todos.append(Todo(f"mountPoints.{volume}", path))
            continue
        if read_only and not efs:
            todos.append(Todo(f"mountPoints.{volume}.readOnly", path, _WRITABLE))
        point = (efs.get("authorizationConfig") or {}).get("accessPointId")
        named: dict[str, Value] = {"access_point": str(point or ""), "read_only": read_only}
        named = {name: value for name, value in named.items() if value}
        mounted[key] = call("Volume.efs", str(efs.get("fileSystemId", "")), **named) if efs else path
    return mounted
