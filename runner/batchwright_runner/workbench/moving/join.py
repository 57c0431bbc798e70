"""Jobs and task definitions, joined by family: which batches there are, and in which stages. Pure."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.moving.jobs import Definition, ForeignJob, JobStep, Todo, UnwritableError, noting
from batchwright_runner.workbench.moving.stages import exchange, first_stage, stage_in, without, words_for
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
    # Stage to the batch there; the stage that is read is the first
    parts: Mapping[str, Part]
    # Stage to the job's id, where a job of that stage was found
    uuids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTarget:
    """The project into which jobs are moved, and the task definitions of those jobs."""

    project: str
    # The stage that is read is the first
    stages: Sequence[str]
    definitions: Sequence[Definition] = ()
    origin: str = ""


def join(jobs: Sequence[ForeignJob], target: MoveTarget) -> tuple[list[JoinedBatch], list[UnwritableError]]:
    """Finds the batches of some jobs, and says why others cannot become one."""
    batches: list[JoinedBatch] = []
    unwritable: list[UnwritableError] = []
    by_name: dict[str, dict[str, ForeignJob]] = {}
    for job in jobs:
        with noting(unwritable, job.name):
            staged, stage = _of_stage(job, target)
            name = _name(staged, stage, target)
            first = by_name.setdefault(name, {}).setdefault(stage or target.stages[0], staged)
            if first is not staged:
                problem = f"it would be a second batch {name}: {first.place} is the first"
                hint = f"Give one of them another name: --name {shlex.quote(f'{staged.path}=NEW')}"
                raise UnwritableError(staged.place, "name", problem, hint=hint)
    for name, of_stages in by_name.items():
        with noting(unwritable, of_stages.get(target.stages[0], next(iter(of_stages.values()))).name):
            batches.append(_joined(name, of_stages, target))
    return batches, unwritable


def _of_stage(job: ForeignJob, target: MoveTarget) -> tuple[ForeignJob, str]:
    """A job with the family that its task definition really has, and its stage; empty where nothing says which."""
    step, read, stage = job.step, target.stages[0], ""
    if step.moved:
        if step.name:
            raise UnwritableError(job.place, "", f"it runs the batch {step.name} already")
        raise UnwritableError(job.place, "", "it is the runner's own look for missed runs, which an export makes")
    places = (step.stage, step.family, step.cluster)
    for option in job.options:
        values = {stage_in(value, target.stages): value for value in option.values}
        if not values or "" in values:
            continue
        stage = read if read in values else next(iter(values))
        step = _changed(step, partial(with_option, option=option.name, value=values[stage]))
        job = replace(job, options=tuple(other for other in job.options if other is not option))
        if option.default and stage_in(option.default, target.stages) != stage:  # the clock passes no value
            job = replace(job, schedule=None, uuid="")
        break
    advice = "it chose where the task ran: a run is in the stage that -s names"
    chosen = [Todo(f"options.{name}", " ".join(filter(None, places)), advice) for name in options_in(places)]
    job = replace(job, step=step, todos=(*job.todos, *([] if stage else chosen)))
    if step.family:
        meant = _definitions_meant(step.family, stage, target.definitions)
        if not meant:
            families = {without(definition.family, definition.stage) for definition in target.definitions}
            hint = did_you_mean(step.family, families) if families else "Give them: --task-definitions DIR"
            missing = f"no task definition of family {step.family!r}{f' in {target.origin}' if target.origin else ''}"
            raise UnwritableError(job.place, "", missing, hint=hint)
        first = meant[0]
        stage = stage or (first.stage if first.family == step.family != first.shared_family else "")
        job = replace(job, step=replace(step, family=first.shared_family))
    return job, stage or _stage(job, target)


def _changed(step: JobStep, change: Callable[[str], str]) -> JobStep:
    """A step with other texts in its command, its variables and its names."""
    command = None if step.command is None else tuple(map(change, step.command))
    names = {"family": change(step.family), "stage": change(step.stage), "cluster": change(step.cluster)}
    variables = {name: change(text) for name, text in step.environment.items()}
    return replace(step, command=command, environment=variables, **names)  # type: ignore[arg-type] # each is a text


def _definitions_meant(family: str, stage: str, definitions: Sequence[Definition]) -> list[Definition]:
    """The task definitions that a command means by a family: those of the name, else those that leave a stage out."""
    if exact := [definition for definition in definitions if definition.family == family]:
        return exact
    filled = {with_option(family, option, STAGE_PLACE) for option in options_in([family])}  # the option is its stage
    names = {each.family: (each.shared_family, without(each.family, each.stage)) for each in definitions}
    matching = [definition for definition in definitions if filled == {definition.shared_family}]
    matching = matching or [definition for definition in definitions if family in names[definition.family]]
    return [definition for definition in matching if not stage or definition.stage in (stage, "")] or matching


def _stage(job: ForeignJob, target: MoveTarget) -> str:
    """The stage that a job is of; empty where nothing says so."""
    step = job.step
    of_family = {definition.stage for definition in target.definitions if definition.shared_family == step.family}
    only = next(iter(of_family)) if len(of_family) == 1 and len(target.stages) > 1 else ""
    return first_stage((step.stage, step.cluster, job.group, job.name), target.stages) or only


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


def _joined(name: str, of_stages: Mapping[str, ForeignJob], target: MoveTarget) -> JoinedBatch:
    """The batch of one name; a job that the stage that is read has not is as another stage has it, and unfinished."""
    read, only = target.stages[0], [stage for stage in target.stages if stage in of_stages]
    job, stages = of_stages[only[0]], target.stages
    if len({bool(other.step.references) for other in of_stages.values()}) > 1:
        raise UnwritableError(job.place, "", "it starts jobs in one stage, and a task in another")
    if read not in of_stages:
        stages, advice = only, f"no job of stage {read} is like it: is it to stay only there? Then leave stages= so"
        job = replace(job, todos=(*job.todos, Todo("stages", ", ".join(only), advice)))
    of_stages = {**of_stages, stages[0]: job}
    parts: dict[str, Part] = {}
    for stage in stages:
        own = of_stages.get(stage) or _elsewhere(job, stages[0], stage)
        by_stage = {found.stage: found for found in target.definitions[::-1] if found.shared_family == job.step.family}
        definition = by_stage.get(stage) or by_stage.get("")
        if definition is not None or (not job.step.family and (stage in of_stages or job.step.references)):
            parts[stage] = Part(own, definition)
    if stages[0] not in parts:
        raise UnwritableError(job.place, "", f"stage {stages[0]} has no task definition {job.step.family}")
    uuids = {stage: own.uuid for stage, own in of_stages.items() if own.uuid and stage in parts}
    return JoinedBatch(name=name, job=job, parts=parts, uuids=uuids)


def _elsewhere(job: ForeignJob, read: str, stage: str) -> ForeignJob:
    """A job as it would be in a stage that has none of its own."""
    step = _changed(job.step, lambda text: exchange(text, read, stage))
    return replace(job, step=replace(step, subnets=(), security_groups=(), public_ip=None, revision=None))


def last_production(stages: Sequence[str]) -> str:
    """The last production of some stages, else the last one."""
    return next((stage for stage in reversed(stages) if stage in words_for("production")), stages[-1])
