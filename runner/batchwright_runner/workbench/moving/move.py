"""Moves jobs into a project: reads, joins, writes new folders, and reports what is left to do."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.workflows.file import DECLARATION
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import NO_ACCOUNT, Project
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.moving.batches import WrittenBatch, declare
from batchwright_runner.workbench.moving.declaration import TODO, batch_source, listed, what_it_is
from batchwright_runner.workbench.moving.hidden import as_comment, as_message
from batchwright_runner.workbench.moving.jobs import ForeignJob, Reading, UnwritableError
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, join, last_production
from batchwright_runner.workbench.moving.rundeck_options import TYPED
from batchwright_runner.workbench.moving.stages import stage_in, without
from batchwright_runner.workbench.moving.values import StagePlace
from batchwright_runner.workbench.moving.workflows import Steps, in_its_stages, names_of
from batchwright_runner.workbench.scaffold.answers import NO_SUBNET
from batchwright_runner.workbench.scaffold.batch_files import PACKAGES
from batchwright_runner.workbench.scaffold.declared import declared_batches, declared_names
from batchwright_runner.workbench.scaffold.files import NewFile, write_new
from batchwright_runner.workbench.scaffold.names import LOCAL, check_image, check_owner, folder_name, near_name
from batchwright_runner.workbench.scaffold.python import line as source_line

ORIGINS = {"rundeck": "Rundeck", "crontab": "a crontab", "task-definition": "ECS"}
"""What ``new --from`` may name, and what people call it."""


_NOTES = ("MAILTO", "RANDOM_DELAY", "notification", "nodefilters", "plugins", "loglimit", "schedules")
"""Fields of TODOs that change no run."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was written."""

    path: str
    batches: Sequence[WrittenBatch]
    todo_lines: Sequence[int]

    @property
    def file(self) -> str:
        """What declares them."""
        return f"{self.path}/{DECLARATION if self.batches[0].is_workflow else 'batch.py'}"


@dataclass(slots=True)
class MoveReport:
    """The result of moving."""

    folders: list[Folder] = field(default_factory=list)
    unwritable: list[UnwritableError] = field(default_factory=list)
    # What a person must know beside that
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """What is to be moved, and how."""

    origin: str
    files: Sequence[Path]
    definitions: Sequence[Path] = ()
    patterns: Sequence[re.Pattern[str]] = ()
    # The team to ask where none is named
    owner: str
    # The stage that is read; empty for the last of the project's productions
    stage: str = ""
    # The batches to write; empty for all
    only: Sequence[str] = ()
    # Job name to batch name, where they differ
    names: Mapping[str, str] = field(default_factory=dict)
    # The image of commands that have no task definition; empty where it is not known yet
    image: str = ""


def move(project: Project, reading: Reading, request: MoveRequest) -> MoveReport:
    """Writes the batches of some jobs, and changes none that is declared."""
    stages = project_stages(project)
    if request.stage:
        project.check_stage(request.stage, local=False)
    if request.image:
        check_image(request.image)
    check_owner(request.owner)
    read = request.stage or last_production([*stages])
    target = MoveTarget(
        project=project.name,
        stages=[read, *(stage for stage in stages if stage != read)],
        definitions=reading.definitions,
        origin=", ".join(map(str, request.definitions)),
    )
    jobs = _renamed(reading, request.names, list(stages))
    batches, unwritable = join(jobs, target)
    names = names_of(reading.jobs, jobs, target, batches)
    batches, unwritable = _only(batches, [*reading.unwritable, *unwritable], request.only, list(stages))
    moved = MoveReport(unwritable=unwritable)
    existing = declared_names(project)
    in_stages: dict[str, Collection[str]] = dict.fromkeys(declared_batches(project), stages)
    shared = _shared([batch.job for batch in batches])
    declared: dict[str, WrittenBatch] = {}
    # A workflow comes when its steps are known.
    for joined in sorted(batches, key=lambda batch: bool(batch.job.step.references)):
        try:
            steps = None
            if joined.job.step.references:
                steps = Steps(names, in_stages, [batch.name for batch in declared.values() if batch.todos])
                joined = in_its_stages(joined, steps)
            batch = declare(joined, stages, request.owner, request.image, steps, shared)
            if joined.name in existing:
                raise _already_declared(existing[joined.name], joined.name, joined.job)
            declared[joined.name] = batch
            if steps is None:
                in_stages[joined.name] = batch.stages or stages
        except UnwritableError as error:
            error.about = joined.job.path
            moved.unwritable.append(error)
    moved.folders = _write(project.root, list(declared.values()), ORIGINS[request.origin])
    new = [batch for batch in batches if batch.name in declared]
    moved.notes += [*_notes(new, stages, request), *reading.notes]
    return moved


def _already_declared(folder: str, name: str, job: ForeignJob) -> UnwritableError:
    """The error about a batch that is declared already: nothing that is declared is changed."""
    kind = "workflow" if folder.endswith(DECLARATION) else "batch"
    hint = f"Change it there, or give another name: --name {shlex.quote(f'{job.name}=NEW')}"
    return UnwritableError(job.place, "", f"{job.name!r} is the {kind} {name!r} of {folder} already", hint=hint)


def _shared(jobs: Sequence[ForeignJob]) -> set[str]:
    """The variables of secrets that several jobs have, with one value: that of their lines, or one of a key storage."""
    values: dict[str, list[str]] = {}
    for job in jobs:
        for variable, origin in job.secrets.items():
            values.setdefault(variable, []).append(job.hidden.get(variable, origin))
    same = {variable for variable, all_ in values.items() if len(all_) > 1 and len(set(all_)) == 1}
    return same - {variable for variable, (value, *_) in values.items() if value == TYPED}


def stage_tables(project: Project) -> dict[str, dict[str, Any]]:
    """The stages of a project's cdk.json that can be deployed."""
    stages = project.context.get("stages")
    tables = stages.items() if isinstance(stages, dict) else ()
    return {name: facts for name, facts in tables if name != LOCAL and isinstance(facts, dict)}


def project_stages(project: Project) -> dict[str, StagePlace]:
    """The stages of a project that can be deployed."""
    tables = stage_tables(project)
    if not tables:
        raise UsageError("the project has no stages: its cdk.json has none", hint="Write context.stages into it")
    timezone = project.context.get("timezone")
    return {
        stage: StagePlace(
            name=stage,
            account=_fact(facts, "account", NO_ACCOUNT),
            region=_fact(facts, "region", ""),
            project=project.name,
            facts={key: value for key, value in facts.items() if NO_SUBNET not in (value, *_items(value))},
            timezone=timezone if isinstance(timezone, str) else "",
        )
        for stage, facts in tables.items()
    }


def report(moved: MoveReport, request: MoveRequest) -> Iterator[str]:
    """The report: what was written, what is left to do in it, what was not written and why."""
    written = sum(len(folder.batches) for folder in moved.folders)
    total = written + len(moved.unwritable)
    opened = sum(1 for folder in moved.folders for batch in folder.batches if batch.todos)
    verbs = "has a TODO and is" if opened == 1 else "have a TODO and are"
    unfinished = f"; {opened} {verbs} started by nobody until it is done" if opened else ""
    yield f"{written} of {_counted(total, 'job')} from {ORIGINS[request.origin]} written{unfinished}"
    for folder in moved.folders:
        yield f"{folder.file}: {listed([batch.name for batch in folder.batches], 5)}"
    for folder in moved.folders:
        for line in folder.todo_lines:
            yield f"TODO in {folder.file}:{line}"
    for folder in moved.folders:
        yield from _of_other_stages(folder)
    yield from moved.notes
    for error in sorted(moved.unwritable, key=lambda error: error.place):
        yield f"not written: {as_message(str(error))}"
    if moved.folders:
        first = moved.folders[0].batches[0].name
        yield "\n".join(["next:", f"batchwright run {first} --local", "make check synth"])


def _of_other_stages(folder: Folder) -> Iterator[str]:
    """What other stages have differently: lines to paste, each once."""
    lines: dict[str, list[str]] = {}
    for batch in folder.batches:
        pasted = [f"{key}={source_line(value)}" for key, value in batch.chosen.items()]
        for text in (*pasted, *(f"{stage}: {todo.field}: {as_comment(todo.text)}" for stage, todo in batch.elsewhere)):
            lines.setdefault(text, []).append(batch.name)
    if lines:
        yield f"other stages differ: paste it into {folder.file}, and add them to stages:"
        yield from (f"{listed(names)}: {text}" for text, names in lines.items())


def table_of(moved: MoveReport, now: datetime, zone: str) -> str:
    """A table to hold against that of the old scheduler: each job, its batch, and what is left to do about it."""
    rows = [_row(batch, now, zone) for folder in moved.folders for batch in folder.batches]
    rows += [
        (error.job or error.about or str(error.place), "not written", "-", "-", as_message(error.args[0]))
        for error in moved.unwritable
    ]
    return table(("job", "batch", "next due", "before the first run", "note"), rows)


def _row(batch: WrittenBatch, now: datetime, zone: str) -> tuple[str, ...]:
    job, due = batch.job, batch.job.schedule
    times = next_times(due if due.zone else replace(due, zone=zone), now) if due else []
    fields = dict.fromkeys(todo.field for todo in batch.todos)
    notes = [*filter(None, (job.step.note, f"ran in {job.step.directory}" * bool(job.step.directory)))]
    notes += [] if job.step.waits else ["the job only began its task: the batch waits for it"]
    notes += [field for field in fields if field in _NOTES]
    first = ", ".join(field for field in fields if field not in _NOTES)
    return (
        job.path,
        batch.name,
        f"{times[0]:%Y-%m-%d %H:%M %Z}" if times else "-",
        first or "-",
        "; ".join(notes) or "-",
    )


def _write(root: Path, declared: Sequence[WrittenBatch], title: str) -> list[Folder]:
    """Writes the folders, one for each image, and one for each workflow; no folder that exists is changed."""
    by_image: dict[str, list[WrittenBatch]] = {}
    for batch in declared:
        by_image.setdefault(f"{batch.name} workflow" if batch.is_workflow else batch.image or batch.name, []).append(
            batch
        )
    by_folder: dict[str, list[WrittenBatch]] = {}
    for image, batches in by_image.items():
        name = batches[0].name if len(batches) == 1 else near_name(image.rpartition("/")[2]) or "jobs"
        by_folder[_free(root, folder_name(name), by_folder)] = batches
    files, folders = [PACKAGES] if by_folder else [], []
    for name, batches in by_folder.items():
        source = batch_source(batches, name, title)
        content = f"the {what_it_is(batches[0])}" if len(batches) == 1 else f"batches moved here from {title}"
        folder = Folder(f"batches/{name}", batches, _todo_lines(source))
        files.append(NewFile(f"{folder.path}/__init__.py", f'"""{content[0].upper()}{content[1:]}."""\n'))
        files.append(NewFile(folder.file, source))
        folders.append(folder)
    write_new(root, files)
    return folders


def _todo_lines(source: str) -> list[int]:
    return [number for number, line in enumerate(source.splitlines(), 1) if TODO in line]


def _free(root: Path, name: str, taken: Collection[str]) -> str:
    """The name of a folder that is not there yet, and not taken: ``shop``, else ``shop_2``."""
    names = (f"{name}_{number}" if number > 1 else name for number in count(1))
    return next(free for free in names if free not in taken and not (root / "batches" / free).exists())


def _renamed(reading: Reading, names: Mapping[str, str], stages: Sequence[str]) -> list[ForeignJob]:
    """Jobs under the names that their batches get; the old name is in the description."""
    old_names = [name for job in reading.jobs for name in (job.path, job.name)]
    for old in names:
        if old not in [*old_names, *(error.job for error in reading.unwritable)]:
            raise UsageError(f"no job is called {old!r}", hint=_meant(old, old_names, reading.unwritable))
    renamed = []
    for job in reading.jobs:
        if name := names.get(job.path) or names.get(job.name):
            step = replace(job.step, name=name, stage=job.step.stage or stage_in(job.name, stages))
            job = replace(job, name=name, step=step, description=": ".join(filter(None, (job.name, job.description))))
        renamed.append(job)
    return renamed


def _only(
    batches: Sequence[JoinedBatch], unwritable: Sequence[UnwritableError], only: Sequence[str], stages: Sequence[str]
) -> tuple[list[JoinedBatch], list[UnwritableError]]:
    """The batches and errors that were asked for."""
    if not only:
        return list(batches), list(unwritable)
    why = {error: _names_of(error.job or error.about, stages) & set(only) for error in unwritable}
    possible = {batch.name for batch in batches}.union(*why.values())
    if missing := [name for name in only if name not in possible]:
        hint = _meant(missing[0], [batch.name for batch in batches], unwritable)
        raise UsageError(f"no job becomes a batch {missing[0]!r}", hint=hint)
    return [batch for batch in batches if batch.name in only], [error for error in unwritable if why[error]]


def _meant(name: str, names: Sequence[str], unwritable: Sequence[UnwritableError]) -> str:
    """The names that are near; where there is none, why nothing was read."""
    return did_you_mean(name, names, none="; ".join(as_message(str(error)) for error in unwritable))


def _names_of(job: str, stages: Sequence[str]) -> set[str]:
    """The names by which the batch of a job can be asked for."""
    return {job, near_name(job), near_name(without(job, stage_in(job, stages)))}


def _notes(batches: Sequence[JoinedBatch], stages: Mapping[str, StagePlace], request: MoveRequest) -> Iterator[str]:
    """What the project's own files still need."""
    unowned = [batch.name for batch in batches if not batch.job.owner]
    if unowned:
        yield f"owner {request.owner!r} where none is named: {listed(unowned, 5)}; --owner TEAM names another"
    groups = sorted({batch.job.group for batch in batches if batch.job.group and batch.job.scheduler == "rundeck"})
    if groups:
        yield f"Rundeck's groups ({listed(groups, 5)}) are for the export: group of [rundeck] in batchwright.toml"
    for name, stage in stages.items():
        parts = [batch.parts[name] for batch in batches if name in batch.parts]
        subnets = sorted({subnet for part in parts for subnet in part.job.step.subnets})
        if subnets and "subnets" not in stage.facts:
            yield f"cdk.json has no subnets for stage {name} yet; the jobs name {', '.join(subnets)}"


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _fact(facts: Mapping[str, Any], key: str, placeholder: str) -> str:
    value = facts.get(key)
    return value if isinstance(value, str) and value != placeholder else ""


def _counted(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"
