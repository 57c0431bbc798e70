"""The task definition that AWS Copilot would have made of a manifest. Pure."""

import shlex
from typing import Any

from batchwright_runner.moving.arguments import OWN_IMAGE, RETENTION
from batchwright_runner.moving.found import Left
from batchwright_runner.moving.sources import Table, as_text
from batchwright_runner.moving.values import MANAGER

MAIN = "main"
_READ = frozenset(
    {
        "name",
        "type",
        "on",
        "image",
        "entrypoint",
        "command",
        "cpu",
        "memory",
        "platform",
        "retries",
        "timeout",
        "network",
    }
    | {"variables", "secrets", "storage", "sidecars", "environments", "logging", "env_file", "publish", "exec", "count"}
    | {"taskdef_overrides"}
)
_ADVICE = {
    "retries": "name the exit codes that are worth another run: retries=…, retry_on=[…]",
    "env_file": "write its variables into environment=",
    "publish": "allow it: topic.grant_publish(batch)",
    "taskdef_overrides": "they changed the task definition that Copilot made",
}


def task_definition(manifest: Table, name: str, application: str, environment: str, left: list[Left]) -> dict[str, Any]:
    """The task definition that Copilot would make, as ECS names its fields.

    Args:
        manifest: The manifest, as an environment has it.
        name: The job's name.
        application: The application's name; empty where it is not known.
        environment: The environment's name.
        left: Takes what is left to a person.
    """
    for key, advice in _ADVICE.items():
        if manifest.get(key) and manifest[key] != "0":
            left.append(Left(key, as_text(manifest[key]), advice))
    left += manifest.rest(_READ)
    storage = manifest.table("storage")
    main = {
        "name": MAIN,
        "image": _image(manifest, name, left),
        "command": _words(manifest.get("command")),
        "entryPoint": _words(manifest.get("entrypoint")),
        "environment": _variables(manifest.table("variables"), "variables", left),
        "secrets": _secrets(manifest.table("secrets"), application, environment, "secrets", left),
        "readonlyRootFilesystem": storage.get("readonly_fs"),
        "mountPoints": [],
    }
    data: dict[str, Any] = {
        "family": name,
        "cpu": manifest.get("cpu") or "256",
        "memory": manifest.get("memory") or "512",
    }
    data["volumes"] = _volumes(storage.table("volumes"), main, left)
    if storage.get("ephemeral"):
        data["ephemeralStorage"] = {"sizeInGiB": storage["ephemeral"]}
    data["runtimePlatform"] = _platform(manifest, left)
    _depends(manifest, main)
    data["containerDefinitions"] = [main, *_sidecars(manifest.table("sidecars"), application, environment, left)]
    _logging(manifest, data, left)
    return data


def _image(manifest: Table, name: str, left: list[Left]) -> str:
    image = manifest.table("image")
    left += image.rest({"build", "location", "depends_on"}, "image.")
    return image.text("location") or f"{OWN_IMAGE}{name}"


def _words(given: object) -> list[str]:
    if isinstance(given, list):
        return [str(one) for one in given]
    return shlex.split(str(given)) if given else []


def _variables(given: Table, prefix: str, left: list[Left]) -> list[dict[str, str]]:
    found = []
    for key, value in given.items():
        if isinstance(value, str):
            found.append({"name": key, "value": value})
        elif value is not None:
            left.append(Left(f"{prefix}.{key}", as_text(value), "CloudFormation exports it: write its value"))
    return found


def _secrets(given: Table, application: str, environment: str, prefix: str, left: list[Left]) -> list[dict[str, str]]:
    found = []
    for key, value in given.items():
        named = value.get("secretsmanager") if isinstance(value, Table) else value
        if isinstance(named, str):
            place = _filled(named, application, environment)
            if "${" not in place:
                found.append({"name": key, "valueFrom": place if named is value else f"{MANAGER}{place}"})
                continue
        left.append(Left(f"{prefix}.{key}", as_text(value), "write Secret.existing or Secret.secrets_manager"))
    return found


def _filled(text: str, application: str, environment: str) -> str:
    """A value with what Copilot fills in."""
    filled = text.replace("${COPILOT_ENVIRONMENT_NAME}", environment)
    return filled.replace("${COPILOT_APPLICATION_NAME}", application) if application else filled


def _volumes(given: Table, main: dict[str, Any], left: list[Left]) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = []
    for key, value in given.items():
        if not isinstance(value, Table):
            continue
        efs = value.get("efs")
        if efs not in (None, "false") and not (isinstance(efs, Table) and efs.get("id")):
            left.append(Left(f"storage.volumes.{key}", as_text(value), "Copilot made the file system: name its id"))
            continue
        volumes.append({"name": key, "efsVolumeConfiguration": _efs(efs)} if isinstance(efs, Table) else {"name": key})
        read_only = value.is_true("read_only", default=True) and isinstance(efs, Table)
        main["mountPoints"].append({"sourceVolume": key, "containerPath": value.text("path"), "readOnly": read_only})
    return volumes


def _efs(given: Table) -> dict[str, Any]:
    point = given.table("auth").text("access_point_id")
    return {
        "fileSystemId": given.text("id"),
        "rootDirectory": given.text("root_dir") or "/",
        "authorizationConfig": {"accessPointId": point} if point else {},
    }


def _platform(manifest: Table, left: list[Left]) -> dict[str, str]:
    given = manifest.get("platform")
    text = as_text(given).lower() if given else ""
    if "windows" in text:
        left.append(Left("platform", as_text(given), "batches run on Linux"))
    return {"cpuArchitecture": "ARM64"} if "arm64" in text else {}


def _depends(manifest: Table, main: dict[str, Any]) -> None:
    waits = _waits(manifest.table("image"))
    if waits:
        main["dependsOn"] = waits


def _waits(given: Table) -> list[dict[str, str]]:
    return [{"containerName": one, "condition": str(when).upper()} for one, when in given.table("depends_on").items()]


def _sidecars(given: Table, application: str, environment: str, left: list[Left]) -> list[dict[str, Any]]:
    found = []
    for key, value in given.items():
        if not isinstance(value, Table):
            continue
        prefix = f"sidecars.{key}"
        image = value.get("image")
        location = value.table("image").text("location") if isinstance(image, Table) else str(image or "")
        if not location:
            left.append(Left(prefix, as_text(value), "declare a Sidecar, with an image that is built elsewhere"))
            continue
        container: dict[str, Any] = {
            "name": key,
            "image": location,
            "essential": value.is_true("essential", default=True),
            "command": _words(value.get("command")),
            "entryPoint": _words(value.get("entrypoint")),
            "environment": _variables(value.table("variables"), f"{prefix}.variables", left),
            "secrets": _secrets(value.table("secrets"), application, environment, f"{prefix}.secrets", left),
            "mountPoints": [
                {"sourceVolume": one.text("source_volume"), "containerPath": one.text("path")}
                for one in value.tables("mount_points")
            ],
        }
        known = {"image", "essential", "command", "entrypoint", "variables", "secrets", "mount_points", "port"}
        left += value.rest(known | {"depends_on", "healthcheck"}, f"{prefix}.")
        if value.get("healthcheck"):
            left.append(
                Left(f"{prefix}.healthcheck", as_text(value["healthcheck"]), "write health_check=HealthCheck(…)")
            )
        container["dependsOn"] = _waits(value)
        found.append(container)
    return found


def _logging(manifest: Table, data: dict[str, Any], left: list[Left]) -> None:
    logging = manifest.table("logging")
    if logging.text("retention"):
        data[RETENTION] = logging.text("retention")
    left += [Left(one.field, one.text, "logs go to CloudWatch") for one in logging.rest({"retention"}, "logging.")]
