"""``batchwright permissions``: shows what a batch may do, and which line says so."""

import json
import os
from pathlib import Path

import click

from batchwright_runner.commands.options import (
    batch_argument,
    json_option,
    more,
    pass_console,
    quiet_option,
    stage_option,
)
from batchwright_runner.permissions.statements import permissions_of
from batchwright_runner.permissions.words import describe
from batchwright_runner.project.assembly import Assemblies
from batchwright_runner.project.batches import DeclaredBatch, read_one
from batchwright_runner.project.project import find_project
from batchwright_runner.runs.signals import SignalWaiter
from batchwright_runner.terminal.console import Console
from batchwright_runner.terminal.text import visible


@click.command(
    epilog=more(
        "docs/permissions.md",
        "batchwright permissions daily-report",
        "batchwright permissions daily-report -s production --json",
    )
)
@batch_argument("name")
@stage_option
@json_option
@quiet_option
@pass_console
def permissions(console: Console, name: str, stage: str | None, as_json: bool) -> None:
    """Show what BATCH may do: its task role, its execution role, and who may run it.

    It reads the project in this folder, and asks AWS nothing. Without -s it shows the declaration for local runs.
    """
    batch = _declared(console, name, stage or "local")
    if as_json:
        console.print(json.dumps(_data(batch), indent=2, ensure_ascii=False))
        return
    console.print(visible(f"{name}, stage {batch.manifest.stage}\n\n{describe(batch.access)}"))


def _declared(console: Console, name: str, stage: str) -> DeclaredBatch:
    project = find_project(Path.cwd())
    with SignalWaiter() as waiter:
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
                "permissions": [one.to_dict() for one in permissions_of(role.grants)],
                "managed_policies": [{"arn": one.arn, "at": one.at} for one in role.managed],
            }
            for kind, role in (("task", access.task), ("execution", access.execution))
        },
        "callers": [one.to_dict() for one in access.callers],
    }
