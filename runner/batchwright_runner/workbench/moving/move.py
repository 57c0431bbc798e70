"""Moves jobs into a project: reads, joins, writes new folders, and reports what is left to do."""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from itertools import count
from operator import add
from pathlib import Path

from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.contract.workflows.file import DECLARATION
from batchwright_runner.errors import UsageError
from batchwright_runner.host.settings.project import NO_ACCOUNT, Project
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import did_you_mean, few
from batchwright_runner.workbench.moving.batches import House, WrittenBatch, declare
from batchwright_runner.workbench.moving.crontab import read_crontab
from batchwright_runner.workbench.moving.declaration import TODO, batch_source, what_it_is
from batchwright_runner.workbench.moving.hidden import as_comment, as_message
from batchwright_runner.workbench.moving.jobs import (
    Definition,
    ForeignJob,
    JobStep,
    Reading,
    SourcePlace,
    StagePlace,
    UnwritableError,
    noting,
)
from batchwright_runner.workbench.moving.join import JoinedBatch, MoveTarget, join, last_production
from batchwright_runner.workbench.moving.rundeck import TYPED, read_jobs
from batchwright_runner.workbench.moving.sources import read_file
from batchwright_runner.workbench.moving.stages import stage_in, without
from batchwright_runner.workbench.moving.task_definitions import read_definitions
from batchwright_runner.workbench.moving.workflows import Steps, in_its_stages, names_of
from batchwright_runner.workbench.scaffold.answers import NO_SUBNET
from batchwright_runner.workbench.scaffold.files import NewFile, write_new
from batchwright_runner.workbench.scaffold.names import (
    check_image,
    check_owner,
    declared_batches,
    declared_names,
    folder_name,
    near_name,
)
from batchwright_runner.workbench.scaffold.new_batch import PACKAGES
from batchwright_runner.workbench.scaffold.python import line as source_line

ORIGINS = {"rundeck": "Rundeck", "crontab": "a crontab", "task-definition": "ECS"}
"""What ``new --from`` may name, and what people call it."""
_NOTES = ("MAILTO", "RANDOM_DELAY", "notification", "nodefilters", "plugins", "loglimit", "schedules")
"""Fields of TODOs that change no run."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that was written."""

    file: str
    source: str
    batches: Sequence[WrittenBatch]


@dataclass(frozen=True, slots=True)
class MoveReport:
    """The result of moving."""

    folders: Sequence[Folder]
    unwritable: Sequence[UnwritableError]
    # What a person must know beside that
    notes: Sequence[str]


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


def read_sources(request: MoveRequest, project: Project) -> Reading:
    """Reads the files of a request; of ``-``, stdin."""
    stages = _project_stages(project)
    if request.origin == "task-definition":
        defined = read_definitions([*request.files, *request.definitions], stages)
        jobs = {definition.shared_family: _of_definition(definition) for definition in defined.definitions[::-1]}
        return defined + Reading([*reversed(jobs.values())])
    defined = read_definitions(request.definitions, stages) if request.definitions else Reading()
    read = read_crontab if request.origin == "crontab" else read_jobs
    each = (read(read_file(path), str(path), request.patterns) for path in request.files)
    return reduce(add, each, Reading()) + defined


def _of_definition(definition: Definition) -> ForeignJob:
    """A job which no scheduler starts."""
    name, step = without(definition.family, definition.stage), JobStep(family=definition.family)
    about, place = f"What runs as the task definition {name}.", SourcePlace(definition.file, 1)
    return ForeignJob(place=place, name=name, step=step, scheduler=NOBODY, description=about)


def move(project: Project, reading: Reading, request: MoveRequest) -> MoveReport:
    """Writes the batches of some jobs, and changes none that is declared."""
    stages = _project_stages(project)
    if request.stage:
        project.check_stage(request.stage, local=False)
    if request.image:
        check_image(request.image)
    check_owner(request.owner)
    read = request.stage or last_production([*stages])
    ordered, origin = [read, *(stage for stage in stages if stage != read)], ", ".join(map(str, request.definitions))
    target = MoveTarget(project=project.name, stages=ordered, definitions=reading.definitions, origin=origin)
    jobs = _renamed(reading, request.names, list(stages))
    batches, unwritable = join(jobs, target)
    names = names_of(jobs, batches)
    batches, unwritable = _only(batches, [*reading.unwritable, *unwritable], request.only, list(stages))
    shared, existing = _shared([batch.job for batch in batches]), declared_names(project)
    house = House(stages=stages, owner=request.owner, image=request.image, shared=shared)
    in_stages: dict[str, Collection[str]] = dict.fromkeys(declared_batches(project), stages)
    declared: dict[str, WrittenBatch] = {}
    # A workflow comes when its steps are known.
    for joined in sorted(batches, key=lambda batch: bool(batch.job.step.references)):
        name, job, steps = joined.name, joined.job, None
        with noting(unwritable, job.path):
            if job.step.references:
                steps = Steps(names, in_stages, [batch.name for batch in declared.values() if batch.todos])
                joined = in_its_stages(joined, steps)
            batch = declare(joined, house, steps)
            if folder := existing.get(name):  # nothing that is declared is changed
                kind = "workflow" if folder.endswith(DECLARATION) else "batch"
                hint = f"Change it there, or give another name: --name {shlex.quote(f'{job.name}=NEW')}"
                raise UnwritableError(job.place, "", f"it is the {kind} {name!r} of {folder} already", hint=hint)
            declared[name] = batch
            if steps is None:
                in_stages[name] = batch.stages or stages
    folders = _write(project.root, list(declared.values()), ORIGINS[request.origin])
    new = [batch for batch in batches if batch.name in declared]
    return MoveReport(folders, unwritable, [*_notes(new, stages, request), *reading.notes])


def _shared(jobs: Sequence[ForeignJob]) -> set[str]:
    """The variables of secrets that several jobs have, with one value: that of their lines, or one of a key storage."""
    values = [(name, job.hidden.get(name, origin)) for job in jobs for name, origin in job.secrets.items()]
    several = {name for name, value in values if len({other for own, other in values if own == name}) > 1}
    return {name for name, value in values if values.count((name, value)) > 1 and value != TYPED} - several


def _project_stages(project: Project) -> dict[str, StagePlace]:
    """The stages of a project's cdk.json that can be deployed."""
    zone, unknown, stages = str(project.context.get("timezone") or ""), (NO_ACCOUNT, [NO_SUBNET]), {}
    tables = {name: project.context["stages"][name] for name in project.stages}
    for name, said in tables.items():
        facts = {key: fact for key, fact in (said if isinstance(said, dict) else {}).items() if fact not in unknown}
        account, region = str(facts.get("account", "")), str(facts.get("region", ""))
        stages[name] = StagePlace(name, account, region, project=project.name, facts=facts, timezone=zone)
    if not stages:
        raise UsageError("the project has no stages: its cdk.json has none", hint="Write context.stages into it")
    return stages


def report(moved: MoveReport, request: MoveRequest) -> Iterator[str]:
    """The report: what was written, what is left to do in it, what was not written and why."""
    batches = [batch for folder in moved.folders for batch in folder.batches]
    opened = sum(bool(batch.todos) for batch in batches)
    verbs = "has a TODO and is" if opened == 1 else "have a TODO and are"
    unfinished = f"; {opened} {verbs} started by nobody until it is done" if opened else ""
    total = len(batches) + len(moved.unwritable)
    jobs = f"{total} job{'s' * (total != 1)}"
    yield f"{len(batches)} of {jobs} from {ORIGINS[request.origin]} written{unfinished}"
    for folder in moved.folders:
        yield f"{folder.file}: {few([batch.name for batch in folder.batches], 5)}"
    for folder in moved.folders:
        lines = enumerate(folder.source.splitlines(), 1)
        yield from (f"TODO in {folder.file}:{number}" for number, line in lines if TODO in line)
        yield from _of_other_stages(folder)
    yield from moved.notes
    for error in sorted(moved.unwritable, key=lambda error: error.place):
        yield f"not written: {as_message(str(error))}"
    if batches:
        yield "\n".join(["next:", f"batchwright run {batches[0].name} --local", "make check synth"])


def _of_other_stages(folder: Folder) -> Iterator[str]:
    """What other stages have differently: lines to paste, each once."""
    lines: dict[str, list[str]] = {}
    for batch in folder.batches:
        pasted = [f"{key}={source_line(value)}" for key, value in batch.chosen.items()]
        for text in (*pasted, *(f"{stage}: {todo.field}: {as_comment(todo.text)}" for stage, todo in batch.elsewhere)):
            lines.setdefault(text, []).append(batch.name)
    if lines:
        yield f"other stages differ: paste it into {folder.file}, and add them to stages:"
        yield from (f"{few(names)}: {text}" for text, names in lines.items())


def table_of(moved: MoveReport, now: datetime, zone: str) -> str:
    """A table to hold against that of the old scheduler: each job, its batch, and what is left to do about it."""
    rows = [_row(batch, now, zone) for folder in moved.folders for batch in folder.batches]
    jobs = {error: error.job or str(error.place) for error in moved.unwritable}
    rows += [(job, "not written", "-", "-", as_message(error.args[0])) for error, job in jobs.items()]
    return table(("job", "batch", "next due", "before the first run", "note"), rows)


def _row(batch: WrittenBatch, now: datetime, zone: str) -> tuple[str, ...]:
    job, due, step = batch.job, batch.job.schedule, batch.job.step
    times = next_times(due if due.zone else replace(due, zone=zone), now) if due else []
    fields = dict.fromkeys(todo.field for todo in batch.todos)
    notes = [step.note, f"ran in {step.directory}" * bool(step.directory)]
    notes += ["the job only began its task: the batch waits for it" * (not step.waits)]
    notes += [field for field in fields if field in _NOTES]
    first = ", ".join(field for field in fields if field not in _NOTES)
    next_due = f"{times[0]:%Y-%m-%d %H:%M %Z}" if times else ""
    return (job.path, *(cell or "-" for cell in (batch.name, next_due, first, "; ".join(filter(None, notes)))))


def _write(root: Path, declared: Sequence[WrittenBatch], title: str) -> list[Folder]:
    """Writes the folders, one for each image, and one for each workflow; no folder that exists is changed."""
    by_image: dict[tuple[str, bool], list[WrittenBatch]] = {}
    for batch in declared:
        by_image.setdefault((batch.image or batch.name, batch.is_workflow), []).append(batch)
    files: dict[str, NewFile] = {}
    folders = []
    for (image, workflow), batches in by_image.items():
        alone = len(batches) == 1
        base = folder_name(batches[0].name if alone else near_name(image.rpartition("/")[2]) or "jobs")
        names = (f"{base}_{number}" if number > 1 else base for number in count(1))
        name = next(free for free in names if free not in files and not (root / "batches" / free).exists())
        content = f"The {what_it_is(batches[0])}" if alone else f"Batches moved here from {title}"
        files[name] = NewFile(f"batches/{name}/__init__.py", f'"""{content}."""\n')
        source = batch_source(batches, name, title)
        folders.append(Folder(f"batches/{name}/{DECLARATION if workflow else 'batch.py'}", source, batches))
    sources = [NewFile(folder.file, folder.source) for folder in folders]
    write_new(root, [PACKAGES, *files.values(), *sources] if folders else [])
    return folders


def _renamed(reading: Reading, names: Mapping[str, str], stages: Sequence[str]) -> list[ForeignJob]:
    """Jobs under the names that their batches get; the old name is in the description."""
    old_names = [name for job in reading.jobs for name in (job.path, job.name)]
    for old in names:
        if old not in [*old_names, *(error.job for error in reading.unwritable)]:
            raise UsageError(f"no job is called {old!r}", hint=_meant(old, old_names, reading.unwritable))
    renamed = []
    for job in reading.jobs:
        name, about = names.get(job.path) or names.get(job.name), ": ".join(filter(None, (job.name, job.description)))
        if name:
            step = replace(job.step, name=name, stage=job.step.stage or stage_in(job.name, stages))
            job = replace(job, name=name, step=step, description=about)
        renamed.append(job)
    return renamed


def _only(
    batches: Sequence[JoinedBatch], unwritable: Sequence[UnwritableError], only: Sequence[str], stages: Sequence[str]
) -> tuple[list[JoinedBatch], list[UnwritableError]]:
    """The batches and errors that were asked for."""
    if not only:
        return list(batches), list(unwritable)
    jobs = {error: error.job for error in unwritable}  # by any name that one may ask for
    why = {error: {job, near_name(job), near_name(without(job, stage_in(job, stages)))} for error, job in jobs.items()}
    possible = {batch.name for batch in batches}.union(*why.values())
    if missing := [name for name in only if name not in possible]:
        hint = _meant(missing[0], [batch.name for batch in batches], unwritable)
        raise UsageError(f"no job becomes a batch {missing[0]!r}", hint=hint)
    return [batch for batch in batches if batch.name in only], [error for error in unwritable if why[error] & set(only)]


def _meant(name: str, names: Sequence[str], unwritable: Sequence[UnwritableError]) -> str:
    """The names that are near; where there is none, why nothing was read."""
    return did_you_mean(name, names, none="; ".join(as_message(str(error)) for error in unwritable))


def _notes(batches: Sequence[JoinedBatch], stages: Mapping[str, StagePlace], request: MoveRequest) -> Iterator[str]:
    """What the project's own files still need."""
    unowned = [batch.name for batch in batches if not batch.job.owner]
    if unowned:
        yield f"owner {request.owner!r} where none is named: {few(unowned, 5)}; --owner TEAM names another"
    groups = sorted({batch.job.group for batch in batches if batch.job.group and batch.job.scheduler == "rundeck"})
    if groups:
        yield f"Rundeck's groups ({few(groups, 5)}) are for the export: group of [rundeck] in batchwright.toml"
    for name, stage in stages.items():
        parts = [batch.parts[name] for batch in batches if name in batch.parts]
        subnets = sorted({subnet for part in parts for subnet in part.job.step.subnets})
        if subnets and "subnets" not in stage.facts:
            yield f"cdk.json has no subnets for stage {name} yet; the jobs name {', '.join(subnets)}"
