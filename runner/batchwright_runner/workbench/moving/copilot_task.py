"""The task definition that AWS Copilot would have made of a manifest. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from batchwright_runner.workbench.moving.arguments import OWN_IMAGE, RETENTION
from batchwright_runner.workbench.moving.jobs import Todo
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, rest
from batchwright_runner.workbench.moving.values import MANAGER
from batchwright_runner.workbench.moving.words import split

MAIN = "main"
_NAME = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)\}")
"""What Copilot fills in. Two names are its own, and all others are variables of the shell that deployed
(aws/copilot-cli, internal/pkg/manifest/interpolate.go, 2026-11)."""
_OF_THE_SHELL = "Copilot took it from the shell that deployed: write its value"
_READ = frozenset(
    {"name", "type", "on", "image", "entrypoint", "command", "cpu", "memory", "platform", "retries"}
    | {"timeout", "network", "variables", "secrets", "storage", "sidecars", "environments", "logging"}
    | {"env_file", "publish", "exec", "count", "taskdef_overrides"}
)
_ADVICE = {
    "retries": "name the exit codes that are worth another run: retry=Retry(times=…, on=[…])",
    "env_file": "write its variables into environment=",
    "publish": "allow it: topic.grant_publish(batch)",
    "taskdef_overrides": "they changed the task definition that Copilot made",
}


def filled(value: Any, own: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever a manifest holds
    """A value of a manifest with Copilot's own names filled in; a text that asks for others too stays as it is."""
    if isinstance(value, SourceTable):
        table = SourceTable(value.place)
        table.lines.update(value.lines)
        table.update((key, filled(inner, own)) for key, inner in value.items())
        return table
    if isinstance(value, list):
        return [filled(inner, own) for inner in value]
    whole = _NAME.sub(lambda match: own.get(match["name"]) or match[0], value or "")
    return whole if value and is_known(whole) else value


def is_known(text: str) -> bool:
    """Whether a text holds no name that is still to be filled in."""
    return _NAME.search(text) is None


def unknown(value: object, field: str) -> Iterator[Todo]:
    """A TODO for each text below a field that holds an unknown name; a list counts as one text."""
    if isinstance(value, SourceTable):
        for key, inner in value.items():
            yield from unknown(inner, f"{field}.{key}")
    elif not is_known(as_text(value)):
        yield Todo(field, as_text(value), _OF_THE_SHELL)


def task_definition(manifest: SourceTable, name: str, todos: list[Todo]) -> dict[str, Any]:
    """The task definition that Copilot would make, as ECS names its fields."""
    for key, advice in _ADVICE.items():
        if manifest.get(key) and manifest[key] != "0":
            todos.append(Todo(key, as_text(manifest[key]), advice))
    todos += rest(manifest, _READ)
    storage = manifest.table("storage")
    main = {
        "name": MAIN,
        "image": _image(manifest, name, todos),
        **_container(manifest, "", todos),
        "readonlyRootFilesystem": storage.get("readonly_fs"),
        "mountPoints": [],
    }
    data: dict[str, Any] = {
        "family": name,
        "cpu": manifest.get("cpu") or "256",
        "memory": manifest.get("memory") or "512",
    }
    data["volumes"] = _volumes(storage.table("volumes"), main, todos)
    if storage.get("ephemeral"):
        data["ephemeralStorage"] = {"sizeInGiB": storage["ephemeral"]}
    platform = as_text(manifest.get("platform") or "")
    if "windows" in platform.lower():
        todos.append(Todo("platform", platform, "batches run on Linux"))
    data["runtimePlatform"] = {"cpuArchitecture": "ARM64"} if "arm64" in platform.lower() else {}
    if waits := _waits(manifest.table("image")):
        main["dependsOn"] = waits
    data["containerDefinitions"] = [main, *_sidecars(manifest.table("sidecars"), data["volumes"], todos)]
    logging = manifest.table("logging")
    if logging.text("retention"):
        data[RETENTION] = logging.text("retention")
    todos += [replace(todo, advice="logs go to CloudWatch") for todo in rest(logging, {"retention"}, "logging.")]
    todos += _unknown(manifest, [todo.field for todo in todos])
    return data


def _unknown(manifest: SourceTable, listed: Sequence[str]) -> Iterator[Todo]:
    """What Copilot would have taken from a shell, but for fields that are among the TODOs already."""
    for key in [key for key in manifest if key in _READ - {"on", "timeout", "environments"}]:
        for todo in unknown(manifest[key], key):
            if not any(todo.field == field or todo.field.startswith(f"{field}.") for field in listed):
                yield todo


def _image(manifest: SourceTable, name: str, todos: list[Todo]) -> str:
    """The image; one of the project's own where Copilot built it, or where it is unknown which it was."""
    image = manifest.table("image")
    todos += rest(image, {"build", "location", "depends_on"}, "image.")
    build = image.get("build")
    if isinstance(build, SourceTable):
        advice = "image push has no such option: write it into the Dockerfile"
        todos += [replace(todo, advice=advice) for todo in rest(build, {"dockerfile", "context"}, "image.build.")]
    location = image.text("location")
    return location if location and is_known(location) else f"{OWN_IMAGE}{name}"


def _container(container: SourceTable, prefix: str, todos: list[Todo]) -> dict[str, Any]:
    """The fields that any container has, the main one too."""
    return {
        "command": _words(container.get("command")),
        "entryPoint": _words(container.get("entrypoint")),
        "environment": _variables(container.table("variables"), f"{prefix}variables", todos),
        "secrets": _secrets(container.table("secrets"), f"{prefix}secrets", todos),
    }


def _words(command: object) -> list[str]:
    if isinstance(command, list):
        return list(map(str, command))
    return split(str(command)) if command else []


def _variables(table: SourceTable, prefix: str, todos: list[Todo]) -> list[dict[str, str]]:
    entries = []
    for key, value in table.items():
        if not isinstance(value, str | None):
            todos.append(Todo(f"{prefix}.{key}", as_text(value), "CloudFormation exports it: write its value"))
        elif value is not None and is_known(value):
            entries.append({"name": key, "value": value})
    return entries


def _secrets(table: SourceTable, prefix: str, todos: list[Todo]) -> list[dict[str, str]]:
    entries = []
    for key, value in table.items():
        named = value.get("secretsmanager") if isinstance(value, SourceTable) else value
        if isinstance(named, str) and is_known(named):
            entries.append({"name": key, "valueFrom": named if named is value else f"{MANAGER}{named}"})
        else:
            todos.append(Todo(f"{prefix}.{key}", as_text(value), "write Secret.existing or Secret.secrets_manager"))
    return entries


def _volumes(table: SourceTable, main: dict[str, Any], todos: list[Todo]) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = []
    for key, value in table.items():
        if not isinstance(value, SourceTable):
            continue
        efs = value.get("efs")
        if efs not in (None, "false") and not (isinstance(efs, SourceTable) and efs.get("id")):
            todos.append(Todo(f"storage.volumes.{key}", as_text(value), "Copilot made the file system: name its id"))
            continue
        configuration = {"efsVolumeConfiguration": _efs(efs)} if isinstance(efs, SourceTable) else {}
        volumes.append({"name": key, **configuration})
        # Copilot's default is to mount read-only; a volume of the task to which nothing writes would be of no use.
        read_only = value.is_true("read_only", default=bool(configuration))
        main["mountPoints"].append({"sourceVolume": key, "containerPath": value.text("path"), "readOnly": read_only})
    return volumes


def _efs(table: SourceTable) -> dict[str, Any]:
    point = table.table("auth").text("access_point_id")
    return {
        "fileSystemId": table.text("id"),
        "rootDirectory": table.text("root_dir") or "/",
        "authorizationConfig": {"accessPointId": point} if point else {},
    }


def _waits(table: SourceTable) -> list[dict[str, str]]:
    return [{"containerName": key, "condition": str(when).upper()} for key, when in table.table("depends_on").items()]


def _sidecars(tables: SourceTable, volumes: Sequence[dict[str, Any]], todos: list[Todo]) -> list[dict[str, Any]]:
    shared = {volume["name"] for volume in volumes if "efsVolumeConfiguration" in volume}
    sidecars = []
    for key, value in tables.items():
        if not isinstance(value, SourceTable):
            continue
        prefix = f"sidecars.{key}"
        image = value.get("image")
        location = value.table("image").text("location") if isinstance(image, SourceTable) else str(image or "")
        if not location or not is_known(location):
            todos.append(Todo(prefix, as_text(value), "declare a Sidecar, with an image that is built elsewhere"))
            continue
        container: dict[str, Any] = {
            "name": key,
            "image": location,
            "essential": value.is_true("essential", default=True),
            **_container(value, f"{prefix}.", todos),
            "dependsOn": _waits(value),
            "mountPoints": [
                {
                    "sourceVolume": table.text("source_volume"),
                    "containerPath": table.text("path"),
                    "readOnly": table.is_true("read_only", default=table.text("source_volume") in shared),
                }
                for table in value.tables("mount_points")
            ],
        }
        read = {"image", "essential", "command", "entrypoint", "variables", "secrets", "mount_points", "port"}
        todos += rest(value, read | {"depends_on", "healthcheck"}, f"{prefix}.")
        if value.get("healthcheck"):
            check = as_text(value["healthcheck"])
            todos.append(Todo(f"{prefix}.healthcheck", check, "write health_check=HealthCheck(…)"))
        sidecars.append(container)
    return sidecars
