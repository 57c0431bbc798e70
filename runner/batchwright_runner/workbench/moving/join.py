"""Jobs and task definitions, joined by family: which batches there are, and in which stages. Pure."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.moving.jobs import (
    Definition,
    ForeignJob,
    JobStep,
    Todo,
    UnwritableError,
)
from batchwright_runner.workbench.moving.stages import exchange, first_stage, stage_in, usual, without, words_for
from batchwright_runner.workbench.moving.task_definitions import STAGE_PLACE
from batchwright_runner.workbench.moving.words import options_in, with_option
from batchwright_runner.workbench.scaffold.names import check_batch, is_name, near_name


@dataclass(frozen=True, slots=True)
class Part:
    """A batch in one stage."""

    job: ForeignJob
    # Its task definition; ``None`` where it has none
    definition: Definition | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedBatch:
    """A batch that can be declared."""

    name: str
    job: ForeignJob
    parts: Mapping[str, Part]
    # Stage to the job's id, where a job of that stage was found
    uuids: Mapping[str, str] = field(default_factory=dict)
    everywhere: bool = True

    @property
    def family(self) -> str:
        """The family of its task definitions, with the stage's place in it; empty where it has none."""
        definition = next(iter(self.parts.values())).definition
        return definition.shared_family if definition else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTarget:
    """The project into which jobs are moved, and the task definitions of those jobs."""

    project: str
    stages: Sequence[str]
    # The stage of jobs that name none; empty for the last of the project's productions
    stage: str = ""
    definitions: Sequence[Definition] = ()
    origin: str = ""


def join(jobs: Sequence[ForeignJob], target: MoveTarget) -> tuple[list[JoinedBatch], list[UnwritableError]]:
    """Finds the batches of some jobs, and says why others cannot become one."""
    batches: list[JoinedBatch] = []
    unwritable: list[UnwritableError] = []
    by_name: dict[str, dict[str, ForeignJob]] = {}
    for job in jobs:
        try:
            for staged, stage in _of_stages(job, target):
                name = _name(staged, stage, target)
                _add(by_name.setdefault(name, {}), staged, stage, name)
        except UnwritableError as error:
            error.about = job.name
            unwritable.append(error)
    for name, of_stages in by_name.items():
        try:
            batches.append(_joined(name, of_stages, target))
        except UnwritableError as error:
            unwritable.append(error)
    return _of_shared_locks(batches), unwritable


def _of_shared_locks(batches: Sequence[JoinedBatch]) -> list[JoinedBatch]:
    """Batches with a TODO where the lock of one is that of others too."""
    users: dict[str, list[str]] = {}
    for batch in batches:
        step = batch.job.step
        for word in {step.alone, *" ".join(step.command or ()).split()}:
            users.setdefault(word, []).append(batch.name)
    found = []
    for batch in batches:
        lock, parts = batch.job.step.alone, batch.parts
        others = ", ".join(name for name in users[lock] if name != batch.name) if lock else ""
        if others:
            advice = (
                f"no run of {others} was beside its own either; overlap= refuses only a second run of the same batch"
            )
            todo = Todo("flock", lock, advice)
            jobs = {stage: replace(part.job, todos=(*part.job.todos, todo)) for stage, part in parts.items()}
            parts = {stage: replace(parts[stage], job=job) for stage, job in jobs.items()}
        found.append(replace(batch, parts=parts))
    return found


def name_of(job: ForeignJob, target: MoveTarget) -> str:
    """The batch that a job becomes, or starts already; empty where it can become none."""
    try:
        return job.step.name if job.step.moved else _name(*_of_stages(job, target)[0], target)
    except UnwritableError:
        return ""


def _of_stages(job: ForeignJob, target: MoveTarget) -> list[tuple[ForeignJob, str]]:
    """A job as it is in each stage that it is about: more than one where an option chooses the stage."""
    if job.step.moved:
        if job.step.name:
            raise UnwritableError(job.place, job.name, f"it runs the batch {job.step.name} already")
        raise UnwritableError(job.place, "", "it is the runner's own look for missed runs, which an export makes")
    called = {word for stage in target.stages for word in words_for(stage)}
    choosing = (option for option in job.options if option.values and {*map(str.lower, option.values)} <= called)
    option = next(choosing, None)
    if option is None:
        advice = "it chose where the task ran: a run is in the stage that -s names"
        places = (job.step.stage, job.step.family, job.step.cluster)
        chosen = [Todo(f"options.{name}", " ".join(filter(None, places)), advice) for name in options_in(places)]
        checked, stage = _with_family(replace(job, todos=(*job.todos, *chosen)), job.step, target)
        return [(checked, stage or _stage(checked, target))]
    by_stage, named = [], [stage_in(value, target.stages) for value in option.values]
    own = stage_in(option.default, target.stages) if option.default else ""
    own = own or target.stage or _production(named)  # the stage that keeps the old job
    for value in option.values:
        stage = stage_in(value, target.stages)
        step = _filled(job.step, option.name, value)
        rest = tuple(other for other in job.options if other is not option)
        checked, _ = _with_family(replace(job, options=rest), step, target, stage)
        if stage != own:  # the clock passes no value: it starts the default's stage alone
            checked = replace(checked, uuid="", schedule=None)
        by_stage.append((checked, stage))
    return by_stage


def _filled(step: JobStep, option: str, value: str) -> JobStep:
    def fill(text: str) -> str:
        return with_option(text, option, value)

    names = {"family": fill(step.family), "stage": fill(step.stage), "cluster": fill(step.cluster)}
    return replace(_changed(step, fill), **names)  # type: ignore[arg-type] # each is a text


def _changed(step: JobStep, change: Callable[[str], str]) -> JobStep:
    """A step with other texts in its command and its variables."""
    command = None if step.command is None else tuple(map(change, step.command))
    return replace(step, command=command, environment={name: change(text) for name, text in step.environment.items()})


def _with_family(job: ForeignJob, step: JobStep, target: MoveTarget, stage: str = "") -> tuple[ForeignJob, str]:
    """The job with the family that its task definition really has, and the stage that is part of the family's name."""
    if not step.family:
        return replace(job, step=step), ""
    meant = _definitions_meant(step.family, stage, target.definitions)
    if not meant:
        families = {without(definition.family, definition.stage) for definition in target.definitions}
        hint = did_you_mean(step.family, families) if families else "Give them: --task-definitions DIR"
        missing = f"no task definition of family {step.family!r}{f' in {target.origin}' if target.origin else ''}"
        raise UnwritableError(job.place, job.name, missing, hint=hint)
    first = meant[0]
    own = first.stage if first.family == step.family != first.shared_family else ""
    return replace(job, step=replace(step, family=first.shared_family)), own


def _definitions_meant(family: str, stage: str, definitions: Sequence[Definition]) -> list[Definition]:
    """The task definitions that a command means by a family: those of the name, else those that leave a stage out."""
    if exact := [definition for definition in definitions if definition.family == family]:
        return exact
    filled = {with_option(family, option, STAGE_PLACE) for option in options_in([family])}  # the option is its stage
    matching = [definition for definition in definitions if filled == {definition.shared_family}] or [
        definition
        for definition in definitions
        if family in (definition.shared_family, without(definition.family, definition.stage))
    ]
    return [definition for definition in matching if not stage or definition.stage in (stage, "")] or matching


def _stage(job: ForeignJob, target: MoveTarget) -> str:
    """The stage that a job is of; empty where nothing says so."""
    step = job.step
    if step.stage and (stage := stage_in(step.stage, target.stages)):
        return stage
    if stage := first_stage((step.cluster, job.group, job.name), target.stages):
        return stage
    of_family = {definition.stage for definition in target.definitions if definition.shared_family == step.family}
    return next(iter(of_family)) if len(of_family) == 1 and len(target.stages) > 1 else ""


def _name(job: ForeignJob, stage: str, target: MoveTarget) -> str:
    """The batch's name."""
    wanted = job.step.name or without(job.name, stage)
    name = near_name(wanted)
    try:
        check_batch(name or wanted, project=target.project, stages=target.stages, known={})
    except UsageError as error:
        hint = "" if is_name(name) else f"Give it one: --name {shlex.quote(f'{job.name}=NEW')}"
        raise UnwritableError(job.place, "name", f"{job.name!r}: {error}", hint=hint) from error
    return name


def _add(of_stages: dict[str, ForeignJob], job: ForeignJob, stage: str, name: str) -> None:
    """Adds a job to those of one name."""
    first = of_stages.get(stage) or (next(iter(of_stages.values()), None) if not stage else of_stages.get(""))
    if first is not None:
        problem = f"{job.name!r} would be a second batch {name}: {first.place} is the first"
        hint = f"Give one of them another name: --name {shlex.quote(f'{job.path}=NEW')}"
        raise UnwritableError(job.place, "name", problem, hint=hint)
    of_stages[stage] = job


def _joined(name: str, of_stages: Mapping[str, ForeignJob], target: MoveTarget) -> JoinedBatch:
    own = {stage: job for stage, job in of_stages.items() if stage}
    any_job = of_stages[_production(list(of_stages))]
    if len({bool(job.step.references) for job in of_stages.values()}) > 1:
        problem = "it starts jobs in one stage, and a task in another"
        raise UnwritableError(any_job.place, any_job.name, problem, hint="Give one of them another name")
    parts: dict[str, Part] = {}
    for stage in target.stages:
        job = of_stages.get(stage) or of_stages.get("") or _as_in(stage, own)
        own_or_any = {
            definition.stage: definition
            for definition in target.definitions[::-1]
            if definition.shared_family == job.step.family
        }
        definition = own_or_any.get(stage) or own_or_any.get("")
        if definition is not None or not job.step.family:
            parts[stage] = Part(job, definition)
    if not parts:
        raise UnwritableError(any_job.place, name, f"no stage has a task definition {any_job.step.family}")
    uuids = {stage: job.uuid for stage, job in own.items() if job.uuid and stage in parts}
    if "" in of_stages and any_job.uuid:
        uuids = {target.stage if target.stage in parts else _production(list(parts)): any_job.uuid}
    return JoinedBatch(name=name, job=any_job, parts=parts, uuids=uuids, everywhere=len(parts) == len(target.stages))


def _as_in(stage: str, jobs: Mapping[str, ForeignJob]) -> ForeignJob:
    """A job as it would be in a stage that has none of its own: that of another stage, with this one's name in it."""
    source = usual(list(jobs))
    step = _changed(jobs[source].step, lambda text: exchange(text, source, stage))
    return replace(jobs[source], step=replace(step, subnets=(), security_groups=(), public_ip=None, revision=None))


def _production(stages: Sequence[str]) -> str:
    """The last production of some stages, else the last one."""
    return next((stage for stage in reversed(stages) if stage in words_for("production")), stages[-1])
