"""``batchwright export``: what other schedulers take, made from the declarations."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import more, pass_console, quiet_option, stage_option
from batchwright_runner.errors import UsageError
from batchwright_runner.exports import rundeck
from batchwright_runner.exports.deliver import Destination, deliver
from batchwright_runner.exports.job import Job, job_of
from batchwright_runner.exports.rundeck_settings import SECTION, read_settings
from batchwright_runner.project.assembly import Assemblies
from batchwright_runner.project.batches import read_all
from batchwright_runner.project.known_names import LOCAL
from batchwright_runner.project.project import Project, find_project
from batchwright_runner.runs.signals import SignalWaiter
from batchwright_runner.settings.batchwright_toml import read_toml
from batchwright_runner.terminal.console import Console
from batchwright_runner.terminal.text import did_you_mean

_PATH = click.Path(path_type=Path)


def _destination(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say where an export goes."""
    for option in (
        click.option("--check", is_flag=True, help="Compare, print what differs, exit with 1 if something does."),
        click.option("--dir", "folder", type=_PATH, metavar="DIR", help="Write one file for each batch."),
        click.option("-o", "--output", "file", type=_PATH, metavar="FILE", help="Write one file. Default: stdout."),
    ):
        command = option(command)
    return command


@click.group(cls=Verbs)
def export() -> None:
    """Export the schedules of a stage for what starts its batches.

    It is made from the declarations in this folder; AWS is not asked. A schedule is active only where the declaration
    names that scheduler, so that nothing starts twice.
    """


@export.command(
    "rundeck",
    epilog=more(
        "docs/rundeck.md",
        "batchwright export rundeck -s production -o rundeck/production.yaml",
        "batchwright export rundeck -s production -o rundeck/production.yaml --check",
    ),
)
@stage_option
@_destination
@quiet_option
@pass_console
def export_rundeck(console: Console, stage: str | None, file: Path | None, folder: Path | None, check: bool) -> int:
    """Export a job of Rundeck for each batch.

    It has the batch's schedule, owner and runbook, and runs it by one command. Importing it again changes nothing.
    batchwright.toml may have a section [rundeck].
    """
    destination = Destination(file=file, folder=folder, check=check)
    project = find_project(Path.cwd())
    stage = _known(project, stage)
    toml = read_toml(Path.cwd(), Path.home(), os.environ)
    found = read_settings(toml.settings.get(SECTION), stage, toml.source)
    jobs = rundeck.rundeck_jobs(_declared(console, project, stage), found)
    return deliver(rundeck.exported(jobs, project.name, stage), destination, console)


def _declared(console: Console, project: Project, stage: str) -> list[Job]:
    with SignalWaiter() as waiter:
        found = Assemblies.of(project, environment=os.environ, waiter=waiter, tell=console)
        batches = found.read(stage, lambda assembly: read_all(assembly, stage))
    return [job_of(batch) for batch in batches]


def _known(project: Project, stage: str | None) -> str:
    """The stage that was asked for, if the project has it."""
    said = project.context.get("stages")
    stages = [name for name in said if name != LOCAL] if isinstance(said, dict) else []
    if not stage:
        has = f"; cdk.json has {', '.join(stages)}" if stages else ""
        raise UsageError("no stage given: there is no default", hint=f"Add -s STAGE{has}")
    if stages and stage not in stages:
        raise UsageError(f"no stage is called {stage!r}: cdk.json does not have it", hint=did_you_mean(stage, stages))
    return stage
