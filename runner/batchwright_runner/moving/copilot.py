"""Manifests of AWS Copilot's scheduled jobs. Pure.

The fields are those of Copilot's last documentation, "Scheduled Job" (aws/copilot-cli, site/content/docs/manifest, read
2026-11; its support ended in June 2026). A manifest is read as the task definition that Copilot would have made of it.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.readers import from_copilot
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.moving.arguments import OWN_IMAGE, RETENTION
from batchwright_runner.moving.found import Job, Left, Network, Place, Reading, Step, UnwritableError
from batchwright_runner.moving.sources import Table, as_text, read_yaml
from batchwright_runner.moving.stages import stage_in
from batchwright_runner.moving.task_definitions import Definition
from batchwright_runner.moving.values import MANAGER

SCHEDULER = "nobody"
"""Copilot's rule in AWS is no scheduler of the project: it goes on until ``copilot job delete``."""

TYPE = "Scheduled Job"
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
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(slots=True)
class Manifests:
    """What came of reading manifests: jobs, and what stands for their task definitions."""

    jobs: list[Job] = field(default_factory=list)
    definitions: list[Definition] = field(default_factory=list)
    unwritable: list[UnwritableError] = field(default_factory=list)
    builds: dict[str, str] = field(default_factory=dict)

    @property
    def reading(self) -> Reading:
        """The jobs."""
        return Reading(self.jobs, self.unwritable)


def read_manifest(text: str, file: str, application: str, stages: Sequence[str], into: Manifests) -> None:
    """Reads a manifest, in each stage as the environment of that name has it.

    Args:
        text: Its content.
        file: Its name, for messages.
        application: The application's name, as ``copilot/.workspace`` says it; empty where it is not known.
        stages: The project's stages.
        into: Gets what was found.
    """
    try:
        _read(_manifest(text, file), file, application, stages, into)
    except UnwritableError as error:
        into.unwritable.append(error)


def _manifest(text: str, file: str) -> Table:
    manifest = read_yaml(_quoted(text), file)
    if not isinstance(manifest, Table) or manifest.get("type") is None:
        raise UnwritableError(Place(file, 1), "", "it is not a manifest of Copilot: it has no type")
    if manifest.text("type") != TYPE:
        given = manifest.text("type")
        raise UnwritableError(manifest.at("type"), "type", f"{given!r} was given; allowed: {TYPE}")
    if not manifest.text("name"):
        raise UnwritableError(manifest.place, "name", "the job has none")
    return manifest


def _read(manifest: Table, file: str, application: str, stages: Sequence[str], into: Manifests) -> None:
    name = manifest.text("name")
    environments = {stage_in(key, stages): key for key in manifest.table("environments") if stage_in(key, stages)}
    unknown = [key for key in manifest.table("environments") if not stage_in(key, stages)]
    jobs, definitions = [], []
    for stage in stages:
        overridden = manifest.table("environments").get(environments.get(stage, ""))
        merged = _merged(manifest, overridden) if isinstance(overridden, Table) else manifest
        left: list[Left] = []
        data = _task_definition(merged, name, application, environments.get(stage, stage), left)
        left += [
            Left(
                f"environments.{key}", as_text(manifest.table("environments")[key]), "it is not a stage of this project"
            )
            for key in unknown
        ]
        jobs.append(_job(merged, name, stage, left))
        shared = f"{name}"
        definitions.append(Definition(file=file, data=data, family=name, stage=stage, shared_family=shared))
    into.jobs += jobs
    into.definitions += definitions
    build = manifest.table("image").get("build") if isinstance(manifest.get("image"), Table) else None
    if build is not None:
        into.builds[name] = _build(build)


def _job(manifest: Table, name: str, stage: str, left: Sequence[Left]) -> Job:
    network = manifest.table("network").table("vpc")
    groups = network.get("security_groups")
    found: list[Left] = [*left]
    if isinstance(groups, Table):
        found.append(Left("network.vpc.security_groups", as_text(groups)))
    if isinstance(network.get("placement"), Table):
        advice = "the stage's subnets are those of its cdk.json"
        found.append(Left("network.vpc.placement", as_text(network["placement"]), advice))
    return Job(
        place=manifest.place,
        name=name,
        step=Step(
            family=name,
            stage=stage,
            name=name,
            network=Network(security_groups=tuple(map(str, groups)) if isinstance(groups, list) else ()),
            spot=isinstance(manifest.get("count"), Table) and "spot" in manifest["count"],
        ),
        scheduler=SCHEDULER,
        description=f"The job {name} of Copilot.",
        schedule=_schedule(manifest),
        timeout=_timeout(manifest, found),
        left=tuple(found),
    )


def _schedule(manifest: Table) -> CronSchedule | None:
    on = manifest.table("on")
    expression = on.text("schedule")
    if not expression:
        return None
    try:
        return from_copilot(expression)
    except ScheduleError as error:
        raise UnwritableError(on.at("schedule"), "on.schedule", f"{expression!r}: {error}") from error


def _timeout(manifest: Table, left: list[Left]) -> int | None:
    text = manifest.text("timeout")
    match = _DURATION.fullmatch(text)
    if not text:
        return None
    if match is None or not any(match.groups()):
        left.append(Left("timeout", text, "write timeout=Duration…"))
        return None
    hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _task_definition(
    manifest: Table, name: str, application: str, environment: str, left: list[Left]
) -> dict[str, Any]:
    """The task definition that Copilot would make, as ECS names its fields."""
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


def _build(build: object) -> str:
    """The arguments of ``image push`` for what Copilot built."""
    if not isinstance(build, Table):
        folder = str(build).rpartition("/")[0] or "."
        return f"{folder} -f {build}"
    dockerfile = build.text("dockerfile") or "Dockerfile"
    return f"{build.text('context') or dockerfile.rpartition('/')[0] or '.'} -f {dockerfile}"


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
    waits = manifest.table("image").table("depends_on")
    if waits:
        main["dependsOn"] = [{"containerName": key, "condition": str(value).upper()} for key, value in waits.items()]


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
        depends: Mapping[str, Any] = value.table("depends_on")
        container["dependsOn"] = [
            {"containerName": one, "condition": str(when).upper()} for one, when in depends.items()
        ]
        found.append(container)
    return found


def _logging(manifest: Table, data: dict[str, Any], left: list[Left]) -> None:
    logging = manifest.table("logging")
    if logging.text("retention"):
        data[RETENTION] = logging.text("retention")
    left += [Left(one.field, one.text, "logs go to CloudWatch") for one in logging.rest({"retention"}, "logging.")]


def _merged(base: Table, over: Table) -> Table:
    """A mapping with what an environment says otherwise: mappings are merged, all else is taken whole."""
    merged = Table(base.place)
    merged.update(base)
    merged.lines.update(base.lines)
    for key, value in over.items():
        mine = merged.get(key)
        merged[key] = _merged(mine, value) if isinstance(mine, Table) and isinstance(value, Table) else value
        merged.lines[key] = over.lines[key]
    return merged


def _quoted(text: str) -> str:
    """A manifest with quotes around a macro: ``schedule: @daily`` is not YAML, and Copilot's own pages have it."""
    return re.sub(r"(?m)^(\s*schedule:\s*)(@[^\s#][^#\n]*?)(\s*(?:#.*)?)$", r'\1"\2"\3', text)
