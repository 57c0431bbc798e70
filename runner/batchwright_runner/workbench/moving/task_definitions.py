"""Task definitions, as ``aws ecs describe-task-definition`` prints them. Pure but for reading the files.

ecspresso's ``ecs-task-def.json`` and a file for ``register-task-definition`` have the same keys.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from batchwright_runner.contract.json_text import parsed
from batchwright_runner.errors import UsageError
from batchwright_runner.workbench.moving.jobs import (
    Definition,
    Reading,
    SourcePlace,
    StagePlace,
    UnwritableError,
    noting,
)
from batchwright_runner.workbench.moving.sources import NUMBER, TEXT, problem, read_file, read_yaml
from batchwright_runner.workbench.moving.stages import first_stage, stage_in, without

STAGE_PLACE = "{stage}"
"""What stands for the stage in the name of a family that each stage has its own of."""

_ARN = re.compile(r"arn:[a-z-]+:ecs:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):task-definition/")
_SUFFIXES = (".json", ".yaml", ".yml")
_CONTAINER: Mapping[str, Any] = {
    **dict.fromkeys(("name", "image"), TEXT),
    "command": [TEXT],
    "entryPoint": [TEXT],
    **dict.fromkeys(("cpu", "memory", "stopTimeout"), NUMBER),
    "environment": [{"name!": TEXT, "value": TEXT}],
    "secrets": [{"name!": TEXT, "valueFrom!": TEXT}],
    "mountPoints": [{"sourceVolume": TEXT, "containerPath": TEXT}],
    "dependsOn": [{"containerName": TEXT, "condition": TEXT}],
    "logConfiguration": {"logDriver": TEXT, "options": {}},
    "linuxParameters": {"tmpfs": [{"containerPath!": TEXT, "size!": NUMBER}]},
    "ulimits": [{"name!": TEXT, "softLimit!": NUMBER, "hardLimit!": NUMBER}],
    "healthCheck": {"command": [TEXT], **dict.fromkeys(("interval", "timeout", "retries", "startPeriod"), NUMBER)},
}
_DEFINITION: Mapping[str, Any] = {
    "family": TEXT,
    "revision": NUMBER,
    "containerDefinitions": [_CONTAINER],
    "requiresCompatibilities": [TEXT],
    "volumes": [{"efsVolumeConfiguration": {"authorizationConfig": {}}}],
    "tags": [{}],
    "runtimePlatform": {},
    "ephemeralStorage": {},
}
"""What is read of a task definition (ECS API reference, RegisterTaskDefinition, 2026-11)."""


def read_definitions(paths: Sequence[Path], stages: Mapping[str, StagePlace]) -> Reading:
    """The task definitions of some files and folders, and what was not read of them."""
    newest: dict[tuple[str, str], Definition] = {}
    unread: list[UnwritableError] = []
    for path, shown in (pair for named in paths for pair in _files(named)):
        with noting(unread):
            for data, tags in _tables(path):
                family, stage = str(data["family"]), _stage(data, tags, shown, stages)
                shared = without(family, stage_in(family, [stage]) if stage else "", STAGE_PLACE)
                own = Definition(file=str(path), data=data, family=family, stage=stage, shared_family=shared, tags=tags)
                before = newest.get((family, stage))
                if before is None or own.revision > before.revision:
                    newest[family, stage] = own
    if not newest:
        why = f": not read: {unread[0]}" if unread else ""
        hint = "Save each: aws ecs describe-task-definition --task-definition FAMILY > DIR/FAMILY.json"
        raise UsageError(f"no task definition in {', '.join(map(str, paths))}{why}", hint=hint)
    return Reading(definitions=list(newest.values()), notes=[f"not read: {error}" for error in unread])


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """The files, each with its path below the folder that was named."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file == path or (file.is_file() and file.suffix in _SUFFIXES):
            yield file, path.name if file == path else file.relative_to(path).as_posix()


def _tables(path: Path) -> Iterator[tuple[Mapping[str, Any], Mapping[str, str]]]:
    text = read_file(path)
    try:
        read = parsed(text) if path.suffix == ".json" else read_yaml(text, str(path))
    except ValueError as error:
        place = SourcePlace(str(path), getattr(error, "lineno", 1))
        raise UnwritableError(place, "", f"it is not JSON: {error}") from error
    for entry in read if isinstance(read, list) else [read]:
        data: Any = entry.get("taskDefinition", entry) if isinstance(entry, dict) else {}
        whole = isinstance(data, dict) and data.get("containerDefinitions") and data.get("family")
        tagged = problem(entry, {"tags": [{}]}) if whole else "no family, no containerDefinitions"
        if wrong := tagged or problem(data, _DEFINITION):
            raise UnwritableError(SourcePlace(str(path), 1), "", f"it is not a task definition: {wrong}")
        tags = [tag for tag in entry.get("tags") or data.get("tags") or [] if "key" in tag]
        yield data, {str(tag["key"]): str(tag.get("value", "")) for tag in tags}


def _stage(data: Mapping[str, Any], tags: Mapping[str, str], shown: str, stages: Mapping[str, StagePlace]) -> str:
    """The stage that a definition is of, by the first of these that names one alone."""
    folders, _, name = shown.rpartition("/")
    from_tags = (tags.get(key, "") for key in ("Stage", "stage", "Environment", "Env", "env"))
    if stage := first_stage((folders, str(data["family"]), name, *from_tags), list(stages)):
        return stage
    arn = _ARN.match(str(data.get("taskDefinitionArn", "")))
    in_account = [stage for stage, place in stages.items() if arn and place.account == arn["account"]]
    return in_account[0] if len(in_account) == 1 else ""
