"""``batchwright export``: what other schedulers take, made from the declarations."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import Decorator, more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.batchwright_toml import read_toml
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.workbench.exports import crontab, github_actions, rundeck, systemd
from batchwright_runner.workbench.exports.deliver import Destination, deliver
from batchwright_runner.workbench.exports.job import Job, job_of, job_of_workflow
from batchwright_runner.workbench.exports.morning import morning
from batchwright_runner.workbench.exports.rundeck_settings import SECTION, read_settings
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import read_all
from batchwright_runner.workbench.project.workflows import read_workflows
from batchwright_runner.workbench.scaffold.origin import installed

PAGE = "docs/schedules.md"
_PATH = click.Path(path_type=Path)
_FILE = click.option("-o", "--output", "file", type=_PATH, metavar="FILE", help="Write one file. Default: stdout.")
_DIR = click.option("--dir", "folder", type=_PATH, metavar="DIR", help="Write one file for each job.")
_UNITS = click.option("--dir", "folder", type=_PATH, metavar="DIR", help="Write the files. Default: stdout.")
_CHECK = click.option(
    "--check", is_flag=True, help="Compare, print what differs, exit with 1 if something does. Write nothing."
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a person asked for.

    Attributes:
        project: The project.
        stage: The stage, which the project has.
        section: The section of batchwright.toml for the scheduler; ``None`` for none.
        source: The file that has it.
    """

    project: Project
    stage: str
    section: object
    source: str

    @property
    def zone(self) -> str:
        """The project's time zone."""
        return str(self.project.context.get("timezone") or UTC_NAME)


@click.group(cls=Verbs)
def export() -> None:
    """Export the schedules of a stage for what starts its batches.

    It is made from the declarations in this folder; AWS is not asked. A schedule is active only where the declaration
    names that scheduler, so that nothing starts twice.
    """


def _with(*options: Decorator) -> Decorator:
    """The options that all exports have, and some of their own."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        given: Sequence[Decorator] = (stage_option, *options, _CHECK, quiet_option, pass_console)
        for option in reversed(given):
            command = option(command)
        return command

    return decorate


@export.command(
    "rundeck",
    short_help="Jobs for Rundeck",
    epilog=more(
        "docs/rundeck.md",
        "batchwright export rundeck -s production -o rundeck.yaml",
        "batchwright export rundeck -s production -o rundeck.yaml --check",
    ),
)
@_with(_FILE, _DIR)
def export_rundeck(console: Console, stage: str | None, file: Path | None, folder: Path | None, check: bool) -> int:
    """Export a job of Rundeck for each batch and workflow, and one that looks for missed runs each morning.

    A job has the schedule, owner and runbook of what it runs by one command. Importing it again changes nothing.
    batchwright.toml may have a section [rundeck].
    """
    destination = Destination(file=file, folder=folder, check=check)
    asked = _asked(stage, SECTION)
    found = read_settings(asked.section, asked.stage, asked.source)
    declared = _declared(console, asked)
    jobs = rundeck.rundeck_jobs(declared, found)
    look = morning(declared, rundeck.SCHEDULER, found.missed_schedule, asked.zone)
    if look is not None:
        jobs.append(rundeck.missed_job(found, look, asked.project.name, asked.stage))
    if found.runner_image:
        jobs.append(rundeck.runner_job(found, asked.project.name, asked.stage, asked.zone))
    return deliver(rundeck.exported(jobs, asked.project.name, asked.stage), destination, console)


@export.command(
    "crontab",
    short_help="Lines for cron",
    epilog=more(
        PAGE,
        "batchwright export crontab -s production --cron cronie -o batches.cron",
        "batchwright export crontab -s production --cron debian --host-timezone UTC",
    ),
)
@_with(
    click.option(
        "--cron",
        "daemon",
        type=click.Choice(crontab.DAEMONS),
        required=True,
        help="The host's cron: debian, or cronie, which knows time zones and answers crontab -V.",
    ),
    click.option("--host-timezone", metavar="ZONE", help="The zone of the host's clock, as timedatectl shows it."),
    click.option("--user", metavar="USER", help="The user column of a file in /etc/cron.d."),
    _FILE,
)
def export_crontab(
    console: Console,
    stage: str | None,
    daemon: str,
    host_timezone: str | None,
    user: str | None,
    file: Path | None,
    check: bool,
) -> int:
    """Export a crontab: a line for each batch and workflow that says scheduler="cron".

    batchwright.toml may have a section [cron].
    """
    destination = Destination(file=file, folder=None, check=check)
    asked = _asked(stage, crontab.SCHEDULER)
    host = crontab.host_of(
        asked.section,
        asked.stage,
        asked.source,
        daemon=daemon,
        timezone=host_timezone or "",
        user=user or "",
    )
    declared = _declared(console, asked)
    zone = host.timezone if daemon == "debian" else asked.zone
    look = morning(declared, crontab.SCHEDULER, host.missed_schedule, zone or asked.zone)
    made = crontab.exported(declared, host, asked.project.name, asked.stage, look)
    return deliver(made, destination, console)


@export.command(
    "systemd",
    short_help="Services and timers for systemd",
    epilog=more(PAGE, "batchwright export systemd -s production --dir /etc/systemd/system"),
)
@_with(_UNITS)
def export_systemd(console: Console, stage: str | None, folder: Path | None, check: bool) -> int:
    """Export a service and a timer for each batch and workflow that says scheduler="systemd".

    batchwright.toml may have a section [systemd].
    """
    destination = Destination(file=None, folder=folder, check=check)
    asked = _asked(stage, systemd.SCHEDULER)
    host = systemd.host_of(asked.section, asked.stage, asked.source)
    declared = _declared(console, asked)
    look = morning(declared, systemd.SCHEDULER, host.missed_schedule, asked.zone)
    made = systemd.exported(declared, host, asked.project.name, asked.stage, look)
    return deliver(made, destination, console)


@export.command(
    "github-actions",
    short_help="Scheduled workflows for GitHub Actions",
    epilog=more(PAGE, "batchwright export github-actions -s production --dir .github/workflows"),
)
@_with(_UNITS)
def export_github_actions(console: Console, stage: str | None, folder: Path | None, check: bool) -> int:
    """Export a workflow of GitHub's for each batch and workflow that says scheduler="github-actions".

    batchwright.toml has the role that they assume, in a section [github-actions].
    """
    destination = Destination(file=None, folder=folder, check=check)
    asked = _asked(stage, github_actions.SCHEDULER)
    found = installed()
    host = github_actions.host_of(asked.section, asked.stage, asked.source, runner=found.runner)
    if found.wheels and found.runner in host.install:
        unlike = f"the workflows install {found.runner} from PyPI; this one is from {found.checkout or found.wheels}"
        console.note(f"{unlike}. If that version is not released, set install in [github-actions] of batchwright.toml")
    declared = _declared(console, asked)
    look = morning(declared, github_actions.SCHEDULER, host.missed_schedule, asked.zone)
    made = github_actions.exported(declared, host, asked.project.name, asked.stage, look)
    return deliver(made, destination, console)


def _asked(stage: str | None, section: str) -> _Asked:
    project = find_project(Path.cwd())
    known = _known(project, stage)
    toml = read_toml(Path.cwd(), os.environ)
    return _Asked(project, known, toml.settings.get(section), toml.source)


def _declared(console: Console, asked: _Asked) -> list[Job]:
    with SignalWaiter(console.note) as waiter:
        found = Assemblies.of(asked.project, environment=os.environ, waiter=waiter, tell=console)
        batches, workflows = found.read(
            asked.stage, lambda assembly: (read_all(assembly, asked.stage), read_workflows(assembly, asked.stage))
        )
    jobs = {batch.manifest.batch: job_of(batch) for batch in batches}
    return [*jobs.values(), *(job_of_workflow(workflow, jobs) for workflow in workflows)]


def _known(project: Project, stage: str | None) -> str:
    """The stage that was asked for, if the project has it."""
    if not stage:
        has = f"; cdk.json has {', '.join(project.stages)}" if project.stages else ""
        raise UsageError("no stage given: there is no default", hint=f"Add -s STAGE{has}")
    project.check_stage(stage, local=False)
    return stage
