"""``batchwright permissions``: shows what a batch may do, and which line says so."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from batchwright_runner.commands.options import (
    batch_argument,
    json_option,
    more,
    pass_console,
    quiet_option,
    stage_or_local_option,
)
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import visible
from batchwright_runner.workbench.permissions.compare import compare
from batchwright_runner.workbench.permissions.edges import edges_of
from batchwright_runner.workbench.permissions.record import RecordFile
from batchwright_runner.workbench.permissions.report import data, report
from batchwright_runner.workbench.permissions.statements import permissions_of
from batchwright_runner.workbench.permissions.words import describe
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_one


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
@quiet_option
@pass_console
def permissions(console: Console, name: str, stage: str | None, as_json: bool) -> int:
    """Show what BATCH may do: its task role, its execution role, and who may run it.

    It reads the project in this folder, and asks AWS nothing. Without -s it shows the declaration for local runs.

    What run --local --record-permissions has recorded is compared with the task role. If something was used that the
    role does not allow, the exit code is 1.
    """
    project = find_project(Path.cwd())
    batch = _declared(console, project, name, stage or "local")
    record = RecordFile(project.root, name).read()
    found = compare(batch.access.task, record) if record is not None else None
    if as_json:
        recorded = {} if found is None else {"recorded": data(found)}
        console.print(json.dumps({**_data(batch), **recorded}, indent=2, ensure_ascii=False))
    else:
        described = describe(batch.access, batch.reads, batch.writes)
        compared = "" if found is None else f"\n\n{report(found)}"
        console.print(visible(f"{name}, stage {batch.manifest.stage}\n\n{described}{compared}"))
    return 1 if found is not None and found.missing else 0


def _declared(console: Console, project: Project, name: str, stage: str) -> DeclaredBatch:
    with SignalWaiter(console.note) as waiter:
        found = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        return found.read(stage, lambda assembly: read_one(assembly, stage, name))


def _data(batch: DeclaredBatch) -> dict[str, object]:
    access = batch.access
    return {
        "batch": batch.manifest.batch,
        "stage": batch.manifest.stage,
        **{
            f"{kind}_role": {
                "arn": role.arn,
                "adopted": role.adopted,
                "permissions": [permission.to_dict() for permission in permissions_of(role.grants)],
                "managed_policies": [{"arn": one.arn, "at": one.at} for one in role.managed],
            }
            for kind, role in (("task", access.task), ("execution", access.execution))
        },
        "edges": [edge.to_dict() for edge in edges_of(batch)],
        "callers": [asdict(caller) for caller in access.callers],
    }
