"""Jobs of AWS Copilot, out of their manifests. Pure.

The fields are those of Copilot's last documentation, "Scheduled Job" (aws/copilot-cli, site/content/docs/manifest, read
2026-11; its support ended in June 2026). A manifest is read as the task definition that Copilot would have made of it.
"""

import re
from collections.abc import Sequence

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.readers import from_copilot
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.workbench.moving.copilot_task import MAIN, filled, is_known, task_definition
from batchwright_runner.workbench.moving.jobs import (
    Definition,
    ForeignJob,
    JobStep,
    Reading,
    SourcePlace,
    Todo,
    UnwritableError,
)
from batchwright_runner.workbench.moving.sources import SourceTable, as_text, read_timeout, read_yaml
from batchwright_runner.workbench.moving.stages import stage_in
from batchwright_runner.workbench.moving.words import WordsError

SCHEDULER = "nobody"
"""Copilot's rule in AWS is no scheduler of the project: it goes on until ``copilot job delete``."""

TYPE = "Scheduled Job"
_EITHER = ("build", "location")
_ONE_IMAGE = "one image goes through all stages: let one Dockerfile do, or declare a batch of each image"


def read_manifest(text: str, file: str, application: str, stages: Sequence[str]) -> Reading:
    """Reads a manifest, for each stage with the overrides of the environment of that name.

    `application`: the application's name, as ``copilot/.workspace`` says it; empty where it is not known.
    Returns a job and a task definition for each stage.
    """
    try:
        return _read(_manifest(text, file), file, application, stages)
    except UnwritableError as error:
        return Reading(unwritable=[error])
    except WordsError as error:
        return Reading(unwritable=[UnwritableError(SourcePlace(file, 1), "", str(error))])


def _manifest(text: str, file: str) -> SourceTable:
    manifest = read_yaml(_quoted(text), file)
    if not isinstance(manifest, SourceTable) or manifest.get("type") is None:
        raise UnwritableError(SourcePlace(file, 1), "", "it is not a manifest of Copilot: it has no type")
    if manifest.text("type") != TYPE:
        kind = manifest.text("type")
        raise UnwritableError(manifest.at("type"), "type", f"{kind!r} was given; allowed: {TYPE}")
    if not manifest.text("name"):
        raise UnwritableError(manifest.place, "name", "the job has none")
    return manifest


def _read(manifest: SourceTable, file: str, application: str, stages: Sequence[str]) -> Reading:
    name = manifest.text("name")
    tables = manifest.table("environments")
    environments = {stage_in(key, stages): key for key in tables if stage_in(key, stages)}
    unknown = [key for key in tables if not stage_in(key, stages)]
    jobs, definitions = [], []
    built = ""
    for stage in stages:
        overridden = tables.get(environments.get(stage, ""))
        merged = _merged(manifest, overridden) if isinstance(overridden, SourceTable) else manifest
        todos: list[Todo] = []
        environment = environments.get(stage, stage)
        own = {"COPILOT_ENVIRONMENT_NAME": environment, "COPILOT_APPLICATION_NAME": application}
        merged = filled(merged, own)
        data = task_definition(merged, name, todos)
        build = merged.table("image").get("build")
        push = _build(build) if build is not None else ""
        built = built or push
        if push not in ("", built):
            todos.append(Todo(f"environments.{environment}.image.build", as_text(build), _ONE_IMAGE))
        advice = "it is not a stage of this project"
        todos += [Todo(f"environments.{key}", as_text(tables[key]), advice) for key in unknown]
        jobs.append(_job(merged, name, stage, todos))
        definitions.append(Definition(file=file, data=data, family=name, stage=stage, shared_family=name))
    notes = [f"to build: batchwright image push {name} {built}"] if built else []
    return Reading(jobs, notes=notes, definitions=definitions)


def _job(manifest: SourceTable, name: str, stage: str, todos: Sequence[Todo]) -> ForeignJob:
    network = manifest.table("network").table("vpc")
    groups = network.get("security_groups")
    own_todos: list[Todo] = [*todos]
    ids = [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []
    if isinstance(groups, SourceTable | list) and ids != groups:
        own_todos.append(Todo("network.vpc.security_groups", as_text(groups)))
    if isinstance(network.get("placement"), SourceTable):
        advice = "the stage's subnets are those of its cdk.json"
        own_todos.append(Todo("network.vpc.placement", as_text(network["placement"]), advice))
    schedule, rate = _schedule(manifest), manifest.table("on").text("schedule")
    if schedule and rate.startswith(("rate(", "@every")) and len(schedule.minutes) == 1:
        advice = "it counted from the moment at which Copilot made its rule, and begins at midnight here"
        own_todos.append(Todo("on.schedule", rate, advice))
    return ForeignJob(
        place=manifest.place,
        name=name,
        step=JobStep(
            family=name,
            stage=stage,
            name=name,
            container=MAIN,
            security_groups=tuple(filter(is_known, ids)),
            spot=isinstance(manifest.get("count"), SourceTable) and "spot" in manifest["count"],
        ),
        scheduler=SCHEDULER,
        description=f"The job {name} of Copilot.",
        schedule=schedule,
        timeout=read_timeout(manifest.text("timeout"), own_todos),
        todos=tuple(own_todos),
    )


def _schedule(manifest: SourceTable) -> CronSchedule | None:
    on = manifest.table("on")
    expression = on.text("schedule")
    if not expression:
        return None
    try:
        return from_copilot(expression)
    except ScheduleError as error:
        raise UnwritableError(on.at("schedule"), "on.schedule", f"{expression!r}: {error}") from error


def _build(build: object) -> str:
    """The arguments of ``image push`` for what Copilot built."""
    if not isinstance(build, SourceTable):
        dockerfile = str(build)
        return f"{dockerfile.rpartition('/')[0] or '.'} -f {dockerfile}"
    dockerfile = build.text("dockerfile") or "Dockerfile"
    return f"{build.text('context') or dockerfile.rpartition('/')[0] or '.'} -f {dockerfile}"


def _merged(base: SourceTable, over: SourceTable, section: str = "") -> SourceTable:
    """A mapping with an environment's overrides: mappings are merged, anything else is replaced."""
    merged = SourceTable(base.place)
    merged.update(base)
    merged.lines.update(base.lines)
    for either, replaced in (_EITHER, _EITHER[::-1]) if section == "image" else ():
        if over.get(either) is not None:
            merged.pop(replaced, None)
    for key, value in over.items():
        mine = merged.get(key)
        merged[key] = (
            _merged(mine, value, key) if isinstance(mine, SourceTable) and isinstance(value, SourceTable) else value
        )
        merged.lines[key] = over.lines[key]
    return merged


def _quoted(text: str) -> str:
    """A manifest with quotes around a macro: ``schedule: @daily`` is not YAML, and Copilot's own pages have it."""
    return re.sub(r"(?m)^(\s*schedule:\s*)(@[^\s#][^#\n]*?)(\s*(?:#.*)?)$", r'\1"\2"\3', text)
