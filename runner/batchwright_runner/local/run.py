"""Runs one batch on this machine."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner._version import __version__
from batchwright_runner.console import Tell
from batchwright_runner.engine import TaskState
from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.follow import Follower, Terms
from batchwright_runner.interrupts import Waiter
from batchwright_runner.local.assembly import Assemblies
from batchwright_runner.local.declared import DeclaredBatch, read_one
from batchwright_runner.local.env_file import read_env_file
from batchwright_runner.local.inputs import fingerprint, installed_library
from batchwright_runner.local.process import ProcessPace, ProcessTask
from batchwright_runner.local.process_plan import ProcessPlan, plan_process
from batchwright_runner.local.project import Project, find_project
from batchwright_runner.local.synth import synthesize
from batchwright_runner.local.values import resolve
from batchwright_runner.report import succeeded, tell_failure, tell_verdict
from batchwright_runner.surroundings import Surroundings
from batchwright_runner.verdict import Verdict, verdict

VALUES_FILE = "local.env"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRequest:
    """What was asked for.

    Attributes:
        name: The batch.
        stage: The stage whose declaration is run.
        given: Variables of this run only.
        command: What replaces the declared command; empty for the declared one.
        timeout: Seconds that replace the declared timeout.
        arguments: The command line, to say it again.
    """

    name: str
    stage: str
    given: Mapping[str, str]
    command: Sequence[str]
    timeout: int | None
    arguments: Sequence[str]


def run_here(request: LocalRequest, around: Surroundings) -> Verdict:
    """Runs a batch and follows it to its end.

    Raises:
        RunnerError: It could not be run; nothing was started.
    """
    tell = around.tell
    tell.note(f"{__version__}: batch {request.name}, stage {request.stage}, on this machine, as a process")
    project = find_project(around.folder)
    batch = assemblies(project, around.environment, around.waiter, tell).read(
        request.stage, lambda assembly: read_one(assembly, request.stage, request.name)
    )
    plan = _plan(request, batch, project, around)
    _tell_limits(plan, tell)
    if around.waiter.signals:
        raise InterruptedEarlyError(around.waiter.signals[0])
    found = _follow(plan, batch, request, around)
    if not succeeded(found):
        tell_failure(tell, batch.manifest, request.arguments)
    tell_verdict(tell, found)
    return found


def assemblies(project: Project, environment: Mapping[str, str], waiter: Waiter, tell: Tell) -> Assemblies:
    """The assemblies of a project, made by its own app."""
    library = installed_library()

    def made_from(stage: str) -> str:
        return fingerprint(project.root, stage, library)

    def write(stage: str, target: Path) -> None:
        synthesize(project, stage, target, waiter=waiter, environment=environment)

    return Assemblies(project, fingerprint=made_from, synthesize=write, waiter=waiter, tell=tell)


def _plan(request: LocalRequest, batch: DeclaredBatch, project: Project, around: Surroundings) -> ProcessPlan:
    package = batch.package or str(Path("batches", request.name.replace("-", "_")))
    filed_in = str(Path(package, VALUES_FILE))
    filed = read_env_file(project.root / filed_in, filed_in)
    values = resolve(batch, request.given, filed, filed_in)
    if values.unknown:
        around.tell.note(f"{filed_in} sets {', '.join(values.unknown)}, which the batch does not declare: ignored")
    path = around.environment.get("PATH", os.defpath)
    return plan_process(batch, project, values.environment, request.command, path)


def _tell_limits(plan: ProcessPlan, tell: Tell) -> None:
    limits = "a plain process has no isolation: it sees this machine's files and network, and no size limits hold"
    if plan.ignored:
        limits += f"\ndeclared, but not honoured by a plain process: {', '.join(plan.ignored)}"
    if plan.sidecars:
        limits += f"\nnot started: {', '.join(plan.sidecars)}"
    tell.note(limits)


def _follow(plan: ProcessPlan, batch: DeclaredBatch, request: LocalRequest, around: Surroundings) -> Verdict:
    waiter, output = around.waiter, around.output
    timeout = request.timeout or batch.manifest.timeout_seconds
    terms = Terms(
        deadline=waiter.now() + timeout,
        timeout=timeout,
        stop_timeout=plan.stop_timeout,
        container=batch.manifest.container,
    )
    with ProcessTask(plan, clock=waiter.now) as task:
        watcher = _Notes(around.tell)
        follower = Follower(task, terms, pace=ProcessPace(), waiter=waiter, output=output, watcher=watcher)
        ending = follower.run()
        output.put(task.rest())
        return verdict(ending)


class _Notes:
    """Passes notes on; a process has no phases to tell of."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def note(self, text: str) -> None:
        self._tell.note(text)

    def state(self, state: TaskState) -> None:
        """Says nothing: it runs from its start to its end."""

    def tick(self) -> float:
        """Shows nothing that changes."""
        return float("inf")
