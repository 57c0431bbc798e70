"""Runs one batch on this machine."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from batchwright_runner._version import __version__
from batchwright_runner.contract.batch_file import VALUES_FILE, BatchFile
from batchwright_runner.contract.workflows.file import DECLARATION
from batchwright_runner.errors import InterruptedEarlyError, StartError, UsageError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.options import option_variables
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.local.attempts import aside, follow_here, note_when_slow, process_pace, run_attempts
from batchwright_runner.workbench.local.backends import TITLES, BackendChoice, choose_backend, find_engine
from batchwright_runner.workbench.local.config_files import files_of
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.images import ImageUnavailableError
from batchwright_runner.workbench.local.containers.network import LOOPBACK
from batchwright_runner.workbench.local.containers.run import ready_in_containers
from batchwright_runner.workbench.local.credentials import (
    Deployed,
    check_stage_options,
    check_task_role,
    from_stage,
    open_deployed,
    open_task_role,
    profile_variables,
)
from batchwright_runner.workbench.local.process.plan import ProcessPlan, plan_process
from batchwright_runner.workbench.local.process.scratch import Scratch, name_left
from batchwright_runner.workbench.local.process.task import ProcessTask
from batchwright_runner.workbench.local.recording import Recorder, listening
from batchwright_runner.workbench.local.request import Attempt, LocalRun, Prepared, ReadyRun, leave_out
from batchwright_runner.workbench.local.run_lock import locks_folder
from batchwright_runner.workbench.local.stage_values import StageValues, read_stage_values
from batchwright_runner.workbench.local.values import before_writing, read_env_file, resolve
from batchwright_runner.workbench.permissions.record import RecordFile
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.image_folder import missing_dockerfiles

T = TypeVar("T")
OPEN = "is not isolated: other processes of this user could read"


@dataclass(frozen=True, slots=True)
class Here:
    """What runs on this machine need."""

    project: Project
    choice: BackendChoice
    around: Surroundings

    @classmethod
    @contextmanager
    def opened(cls, request: RunOptions, around: Surroundings) -> Iterator[Self]:
        """Chooses what runs run in, and says the first line."""
        project = find_project(around.folder)
        project.check_stage(request.stage)
        choice = choose_backend(request.backend, lambda kind: _find(kind, around))
        folder = project.root / "batches" / request.name.replace("-", "_")
        kind = "workflow" if (folder / DECLARATION).is_file() else "batch"
        title = f"{kind} {request.name}, stage {request.stage}"
        around.tell.note(f"{__version__}: {title}, on this machine, {choice.where}")
        for note in (*choice.notes, *name_left(locks_folder(around.environment))):
            around.tell.note(note)
        for option, why in only_in_containers(request).items() if choice.engine is None else ():
            raise UsageError(f"{option} cannot be combined with --local as a plain process: that {why}")
        yield cls(project, choice, around)

    def read(self, stage: str, reader: Callable[[Path], T]) -> T:
        """Reads the up-to-date assembly of a stage."""
        around = self.around
        assemblies = Assemblies.of(self.project, environment=around.environment, waiter=around.waiter, tell=around.tell)
        return assemblies.read(stage, reader)


def run_here(request: RunOptions, batch: BatchFile, siblings: Sequence[BatchFile], here: Here) -> RunEnd:
    """Runs a batch and follows it to its end. The arguments and errors are those of `prepare_run`."""
    run = prepare_run(request, batch, siblings, here)
    for note in run.notes:
        here.around.tell.note(note)
    return run.start(here.around, {})


def prepare_run(request: RunOptions, batch: BatchFile, siblings: Sequence[BatchFile], here: Here) -> ReadyRun:
    """Prepares all of a run that can be prepared before it is started."""
    engine, around = here.choice.engine, here.around
    ready = _prepare(request, batch, siblings, here)
    if engine is not None:
        try:
            return ReadyRun(_kept(ready, *ready_in_containers(ready, engine, around)))
        except ImageUnavailableError as error:
            if here.choice.named or only_in_containers(request) or files_of(batch) is not None:
                raise StartError(f"{request.name} cannot run in {engine.name}: {error}") from error
            around.tell.note(f"not in {engine.name}, but as a plain process: {error}")
    path = around.environment.get("PATH", os.defpath)
    plan = plan_process(ready.batch, ready.project, ready.values, request.command, path)
    missing = missing_dockerfiles(ready.project.root, [ready.batch], ready.siblings, around.environment)
    return ReadyRun(_kept(ready, partial(_attempt, ready, plan), LOOPBACK), [_limits(plan), *missing])


def _kept(ready: Prepared, attempt: Attempt, address: str) -> LocalRun:
    """Runs it until it is not tried again, and keeps what is recorded of it at the address; empty for none."""

    def run(around: Surroundings, more: Mapping[str, str]) -> RunEnd:
        if around.waiter.signals:
            raise InterruptedEarlyError(around.waiter.signals[0])
        recorder, role = ready.recorder, ready.role
        with listening(recorder, address) if recorder is not None and address else nullcontext(0) as port:
            end = run_attempts(lambda: attempt(around, more, port), around.waiter, around.tell)
        if role is not None and not end.succeeded and (expired := role.after(time.time())):
            around.tell.note(expired)
        if recorder is not None:
            recorder.finish(ready.batch, around.tell, as_task_role=role is not None)
        return end

    return run


def _find(kind: str, around: Surroundings) -> Engine:
    waiting = note_when_slow(f"waiting for {TITLES[kind]} to answer ...", around.waiter, around.tell)
    return aside(lambda: find_engine(kind, around.environment), around.waiter, waiting)


def _prepare(request: RunOptions, batch: BatchFile, siblings: Sequence[BatchFile], here: Here) -> Prepared:
    project, around = here.project, here.around
    batch = leave_out(batch, request.without)
    check_stage_options(request, batch)
    options = option_variables(batch.manifest, request.options, request.environment)
    overrides = {**request.variables(batch.manifest.schedule), **options}
    deployed = open_deployed(request, around) if from_stage(request) else None
    staged = _staged(deployed, batch, overrides, around.tell) if deployed is not None and request.use_values else None
    values = dict(_values(batch, overrides, here, staged))
    if request.aws_profile:
        values = {**profile_variables(request.aws_profile, batch.manifest.region), **values}
    recorder = Recorder(RecordFile(project.root, request.name)) if request.record_permissions else None
    if recorder is not None:
        recorder.check()
    role = None
    if request.use_task_role and deployed is not None:
        check_task_role(request, [*values, *(staged.of(batch.manifest.container) if staged is not None else ())])
        role = open_task_role(deployed, batch, around)
        if recorder is not None:
            recorder.until = role.until
    return Prepared(request, batch, siblings, project, values, recorder, staged, role)


def _staged(deployed: Deployed, batch: BatchFile, overrides: Mapping[str, str], tell: Tell) -> StageValues:
    """The stage's values, for all that is not given for this run."""
    staged = read_stage_values(deployed.stage, batch, deployed.manifest.task_definition, overrides)
    if not staged.problems:
        count = len({name for texts in staged.texts.values() for name in texts})
        tell.note(f"with {count} values of stage {staged.stage}, read as {deployed.caller}")
    return staged


def _attempt(ready: Prepared, plan: ProcessPlan, around: Surroundings, more: Mapping[str, str], port: int) -> RunEnd:
    reporting = ready.recorder.variables(LOOPBACK, port) if ready.recorder is not None else {}
    plan = replace(plan, environment={**plan.environment, **reporting, **more})
    scratch = Scratch(locks_folder(around.environment), ready.request.run.text)
    with ProcessTask(plan, clock=around.waiter.now, scratch=scratch) as task:
        end = follow_here(task, ready, around, stop_timeout=plan.stop_timeout, pace=process_pace(), backend="process")
        around.output.put(task.rest())
        return end


def only_in_containers(request: RunOptions) -> Mapping[str, str]:
    """The options given that a plain process cannot honor, each with the reason."""
    options = {
        "--cpu": (request.cpu, "has no size"),
        "--memory": (request.memory, "has no size"),
        "--image": (request.images, "has no image"),
        "--use-task-role": (request.use_task_role, f"{OPEN} the role's credentials"),
        "--use-values": (request.use_values, f"{OPEN} the stage's secrets"),
        "--network": (request.network, "shares this machine's network"),
    }
    return {option: why for option, (value, why) in options.items() if value}


def _values(
    batch: BatchFile, overrides: Mapping[str, str], here: Here, staged: StageValues | None
) -> Mapping[str, str]:
    package = batch.package or str(Path("batches", batch.manifest.batch.replace("-", "_")))
    filed_in = str(Path(package, VALUES_FILE))
    path, tell = here.project.root / filed_in, here.around.tell
    values = resolve(batch, overrides, read_env_file(path, filed_in), filed_in, lambda: before_writing(path), staged)
    if values.unknown:
        tell.note(f"{filed_in} sets {', '.join(values.unknown)}, which the batch does not declare: ignored")
    if values.unused:
        tell.note(f"{filed_in} sets {', '.join(values.unused)}: the stage's are used, and -e would win")
    return values.environment


def _limits(plan: ProcessPlan) -> str:
    limits = "a plain process has no isolation: it sees this machine's files and network, and no size limits hold"
    if plan.program:
        limits += f"\n{plan.program}, not the image's"
    if plan.ignored:
        limits += f"\ndeclared, but not honored by a plain process: {', '.join(plan.ignored)}"
    if plan.sidecars:
        limits += f"\nnot started: {', '.join(plan.sidecars)}"
    return limits
