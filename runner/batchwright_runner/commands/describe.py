"""``batchwright describe``: shows all that is known of a batch or of a run."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from batchwright_runner.commands.completion import complete_batch_or_run
from batchwright_runner.commands.options import json_option, more, stage_or_local_option, with_console
from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Attempt, runs_from
from batchwright_runner.contract.tasks import identity
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.errors import DeniedError, UsageError, WorkflowNamedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience, repeat
from batchwright_runner.host.fargate.executions import again_of
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.history import DAY
from batchwright_runner.host.fargate.log_view import LogView
from batchwright_runner.host.fargate.task import FargateTask
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.runs.task import RefusedError, TemporaryError
from batchwright_runner.host.settings.project import find_project
from batchwright_runner.host.stage.manifests import is_batch_name, manifest_called
from batchwright_runner.host.stage.patient import patient
from batchwright_runner.host.stage.pauses import pause_of
from batchwright_runner.host.stage.session import Stage, enter_stage
from batchwright_runner.host.terminal.console import STDOUT, Console, terminal_width
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.workflows.find import asked, find_run
from batchwright_runner.host.workflows.runs import WorkflowRuns
from batchwright_runner.host.workflows.seen import SeenRun, see_run
from batchwright_runner.workbench.page import batch_page, data, run_page, workflow_page
from batchwright_runner.workbench.page.batch import AskedRun, Batch, Unseen, declared_batch
from batchwright_runner.workbench.page.costs import of_stages
from batchwright_runner.workbench.page.document import Document
from batchwright_runner.workbench.page.look import look_at
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.page.writers.terminal import write
from batchwright_runner.workbench.project.assembly import Assemblies, read_here
from batchwright_runner.workbench.project.batches import read_one
from batchwright_runner.workbench.project.known_names import LOCAL

LAST_LINES = 10
"""Lines of its log with which a run is shown."""
SHOWN_RUNS, LAST_RUNS = 7, 10
"""Days of which a workflow's runs are shown, and how many of them at most."""
Described = Batch | AskedRun | KnownWorkflow | SeenRun
LOG_PATIENCE = Patience(5.0)
"""Seconds for which it is tried to read them."""


@click.command(
    epilog=more(
        "docs/on-call.md",
        "batchwright describe daily-report -s production",
        "batchwright describe daily-report",
        "batchwright describe daily-report@latest -s production",
        "batchwright describe daily-report@5a6b7c8d -s production --json",
    )
)
@click.argument("name", metavar="BATCH|RUN", shell_complete=complete_batch_or_run)
@stage_or_local_option
@json_option
@with_console
def describe(console: Console, name: str, stage: str | None, as_json: bool) -> None:
    """Show all that is known of BATCH, a workflow, or one RUN: what it is, when it runs, how it went, what it costs.

    RUN is what attach takes.

    Of a stage, it reads the manifest, ECS, the history and the stage's records, and changes nothing. In a project's
    folder, it adds what only the declaration knows: permissions, what is read and written, where it is declared.
    Without -s, it shows the declaration for local runs and asks AWS nothing. What may not be looked at is said. A run
    ends with the last lines of its log.
    """
    now = datetime.now(UTC)
    described = _declared_here(console, name, now) if stage is None else _in_stage(console, name, stage, now)
    content, document = _page(described, now)
    if as_json:
        console.print_json(content())
    else:
        console.print(write(document(), terminal_width(STDOUT)))


def _page(described: Described, now: datetime) -> tuple[Callable[[], dict[str, Any]], Callable[[], Document]]:
    """What makes the JSON, and the document."""
    if isinstance(described, KnownWorkflow):
        return partial(data.workflow_data, described), partial(workflow_page.document_of, described, now)
    if isinstance(described, SeenRun):
        return partial(workflow_page.data_of, described, now), partial(workflow_page.document_of, described, now)
    if isinstance(described, AskedRun):
        return partial(run_page.data_of, described, now), partial(run_page.document_of, described, now)
    return partial(data.data_of, described), partial(batch_page.document_of, described)


def _declared_here(console: Console, name: str, now: datetime) -> Batch | KnownWorkflow:
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        assemblies = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        try:
            declared = assemblies.read(LOCAL, lambda assembly: read_one(assembly, LOCAL, name))
            priced = of_stages(project.context.get("stages"), declared.manifest.region)
            return declared_batch(declared, now, priced=priced)
        except WorkflowNamedError as error:
            return KnownWorkflow(record=error.workflow, now=now)
        except UsageError as error:
            hint = error.hint if is_batch_name(name) else "A run is in a stage: add -s STAGE"
            raise UsageError(str(error.args[0]), hint=hint) from error


def _in_stage(console: Console, name: str, stage: str, now: datetime) -> Described:
    with enter_stage(console, stage) as at, doing(console, f"reading what is known of {name}"):
        at.check_account()
        try:
            found = manifest_called(at.aws, at.target, name, at.waiter)
        except DeniedError as error:
            return _without_manifest(at, name, now, error)
        match found.manifest if found is not None else None:
            case BatchManifest() as manifest:
                return look_at(at, manifest, _declaration(at, name))
            case WorkflowManifest() as workflow:
                return _of_workflow(at, workflow, now)
        declared = _declaration(at, name) if is_batch_name(name) else None
        if declared is not None:
            at.tell.note(f"{name} is declared here and not deployed in stage {at.target.stage}: cdk deploy makes it")
            return declared_batch(declared, now, stage=at.target.stage)
        return _run(at, name)


def _of_workflow(at: Stage, workflow: WorkflowManifest, now: datetime) -> KnownWorkflow:
    with patient(at, f"the runs of {workflow.name} cannot be seen") as aws:
        runs, _ = WorkflowRuns(aws, [workflow], lambda: time.time() - SHOWN_RUNS * DAY, at.waiter.now).join([])
    return KnownWorkflow(record=workflow, now=now, pause=pause_of(at, workflow.name), runs=runs[:LAST_RUNS])


def _without_manifest(at: Stage, name: str, now: datetime, error: DeniedError) -> Batch:
    """What the declaration says, where the stage may not be asked."""
    declared = _declaration(at, name)
    if declared is None:
        raise error
    unseen = [Unseen("whether it is deployed", str(error.args[0]))]
    return declared_batch(declared, now, unseen, stage=at.target.stage)


def _run(at: Stage, name: str) -> AskedRun | SeenRun:
    """A run of that name, with its attempts, or its steps."""
    asked(at, name)  # a bare name that is no batch's is refused
    attempt = find_run(at, name)
    if isinstance(attempt, StepsRun):
        return see_run(at, attempt.workflow, attempt.whole)
    try:
        run = Runs(at, [attempt.manifest]).whole(attempt)
    except (ApiError, DeniedError) as error:
        at.tell.note(f"whether it had other attempts cannot be seen: {error}")
        (run,) = runs_from([attempt])
    named = identity(attempt.arn).startswith(identity(name.partition("@")[2] or name))
    attempt = next(task for task in run.attempts if task.arn == attempt.arn) if named else run.last
    return AskedRun(attempt, run, _last_lines(at, attempt), again_of(at.aws, run))


def _last_lines(at: Stage, attempt: Attempt) -> tuple[str, ...]:
    """The last lines of an attempt's log; none, with a note, where it cannot be read."""
    if not (attempt.has_task and attempt.state.began):
        return ()
    view = LogView(tail=LAST_LINES)
    task = FargateTask(at.aws, attempt.manifest, attempt.arn, clock=at.waiter.now, view=view)
    try:
        page = repeat(lambda: task.read_log(attempt.manifest.container, ""), at.waiter, LOG_PATIENCE)
    except (RefusedError, TemporaryError) as error:
        at.tell.note(f"its last lines cannot be read: {error}")
        return ()
    return tuple(line.text.decode("utf-8", "replace") for line in page.lines)[-LAST_LINES:]


def _declaration(at: Stage, name: str) -> BatchFile | None:
    """The batch as the project in this folder declares it; none where it does not."""
    stage = at.target.stage
    return read_here(
        at, lambda assembly: read_one(assembly, stage, name) if name in batch_file.paths(assembly, stage) else None
    )
