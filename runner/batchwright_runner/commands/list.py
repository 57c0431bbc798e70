"""``batchwright list``: shows the batches of a stage."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from batchwright_runner.commands.list_table import described, list_table, remarks
from batchwright_runner.commands.options import more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.project.assembly import Assemblies
from batchwright_runner.project.batches import read_all
from batchwright_runner.project.declared_names import declared_names
from batchwright_runner.project.project import find_project
from batchwright_runner.runs.signals import SignalWaiter
from batchwright_runner.stage.session import work_in
from batchwright_runner.terminal.console import Console
from batchwright_runner.terminal.text import table


@click.command(
    "list",
    epilog=more("docs/declaring.md", "batchwright list -s staging", "batchwright list --local --json"),
)
@stage_option
@click.option("--local", is_flag=True, help="List what the project in this folder declares.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array: all that is known of each batch.")
@quiet_option
@pass_console
def list_batches(console: Console, stage: str | None, local: bool, as_json: bool) -> None:
    """List the batches of a stage: owner, what they are for, when they are due and who starts them.

    In a project's folder, what is deployed is compared with what the project declares for that stage: a batch that was
    removed or renamed can be run until its stack is deleted.
    """
    declared = None
    if local:
        manifests, none = _declared_here(console, stage or "local")
    else:
        manifests, none, declared = _deployed(console, stage)
    if as_json:
        console.print(json.dumps([described(one, declared) for one in manifests], indent=2))
    elif manifests:
        console.print(table(*list_table(manifests, datetime.now(UTC), declared)))
    else:
        console.note(none)
    for remark in remarks(manifests, declared):
        console.note(remark)


def _declared_here(console: Console, stage: str) -> tuple[list[BatchManifest], str]:
    """The batches, and what is said where there are none."""
    project = find_project(Path.cwd())
    with SignalWaiter(console.note) as waiter:
        found = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        batches = found.read(stage, lambda assembly: read_all(assembly, stage))
    return [batch.manifest for batch in batches], "no batches yet: batchwright new BATCH makes the first one"


def _deployed(console: Console, stage: str | None) -> tuple[list[BatchManifest], str, frozenset[str] | None]:
    """The batches, what is said where there are none, and the names that the project in this folder declares."""
    with work_in(console, stage) as work:
        work.stage.check_account()
        found, target = work.stage.find_all(), work.stage.target
        if not found:
            none = f"{work.stage.no_batches()}: cdk deploy makes those that the project declares"
            return [], none, None
        declared = declared_names(
            Path.cwd(),
            target.project,
            target.stage,
            environment=os.environ,
            waiter=work.stage.waiter,
            tell=console,
        )
        return found, "", declared
