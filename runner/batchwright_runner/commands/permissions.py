"""``batchwright permissions``: shows what a batch may do, and which line says so."""

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import click

from batchwright_runner.commands.options import batch_argument, json_option, more, stage_or_local_option, with_console
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import UsageError, WorkflowNamedError
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import visible
from batchwright_runner.workbench.diff.read import read_assembly
from batchwright_runner.workbench.diff.statements import machine_role
from batchwright_runner.workbench.page.data import role_data
from batchwright_runner.workbench.permissions.compare import compare
from batchwright_runner.workbench.permissions.edges import edges_of
from batchwright_runner.workbench.permissions.record import RecordFile
from batchwright_runner.workbench.permissions.report import data, report
from batchwright_runner.workbench.permissions.words import describe, describe_machine
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import read_one
from batchwright_runner.workbench.project.known_names import LOCAL

T = TypeVar("T")


@click.command(
    epilog=more(
        "docs/permissions.md",
        "batchwright permissions daily-report",
        "batchwright permissions daily-report -s production --json",
    )
)
@batch_argument("name")
@stage_or_local_option
@json_option
@with_console
def permissions(console: Console, name: str, stage: str | None, as_json: bool) -> int:
    """Show what BATCH may do: its task role, its execution role, and who may run it. Of a workflow: its machine.

    It reads the project in this folder, and asks AWS nothing. Without -s it shows the declaration for local runs.

    What run --local --record-permissions has recorded is compared with the task role. If something was used that the
    role does not allow, the exit code is 1.

    Preview: its options and its output may still change.
    """
    project = find_project(Path.cwd())
    try:
        batch = _read(console, project, stage or LOCAL, lambda folder: read_one(folder, stage or LOCAL, name))
    except WorkflowNamedError as error:
        _show_workflow(console, project, error.workflow, as_json=as_json)
        return 0
    record = RecordFile(project.root, name).read()
    comparison = compare(batch.access.task, record) if record is not None else None
    if as_json:
        recorded = {} if comparison is None else {"recorded": data(comparison)}
        console.print_json({**_data(batch), **recorded})
    else:
        asked = StageNames.of(batch.manifest).machines if batch.manifest.machine else ""
        described = describe(batch.access, batch.reads, batch.writes, batch.startable, asked)
        compared = "" if comparison is None else f"\n\n{report(comparison)}"
        console.print(visible(f"{name}, stage {batch.manifest.stage}\n\n{described}{compared}"))
    return 1 if comparison is not None and comparison.missing else 0


def _read(console: Console, project: Project, stage: str, reader: Callable[[Path], T]) -> T:
    with SignalWaiter(console.note) as waiter:
        return Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console).read(stage, reader)


def _show_workflow(console: Console, project: Project, workflow: WorkflowManifest, *, as_json: bool) -> None:
    """Shows what a workflow's machine may do; its steps run with the roles of their batches."""
    role = _read(
        console, project, workflow.stage, lambda folder: machine_role(read_assembly(folder).stacks.values(), workflow)
    )
    if role is None:
        message = f"workflow {workflow.name} has no machine in stage {workflow.stage}, and so no permissions"
        raise UsageError(message, hint="Add -s STAGE, or name the batch of a step")
    if as_json:
        data = {"workflow": workflow.name, "stage": workflow.stage, "machine_role": role_data(role)}
        console.print_json(data)
        return
    names = ", ".join(dict.fromkeys(step.batch for step in workflow.all_steps))
    steps = f"Its steps have the roles of their batches, which permissions BATCH shows: {names}"
    console.print(visible(f"{workflow.name}, stage {workflow.stage}\n\n{describe_machine(role)}\n\n{steps}"))


def _data(batch: BatchFile) -> dict[str, object]:
    access = batch.access
    return {
        "batch": batch.manifest.batch,
        "stage": batch.manifest.stage,
        "task_role": role_data(access.task),
        "execution_role": role_data(access.execution),
        "edges": [edge.to_dict() for edge in edges_of(batch)],
        "callers": [asdict(caller) for caller in access.callers],
        "startable": list(batch.startable),
    }
