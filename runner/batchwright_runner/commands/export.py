"""``batchwright export``: what other schedulers take, made from the declarations."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from batchwright_runner.commands.group import Verbs
from batchwright_runner.commands.options import Decorator, more, pass_console, quiet_option, stage_option
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.contract.schedules.zones import check_zone
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.settings.batchwright_toml import Toml, read_toml
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.exports import crontab, rundeck
from batchwright_runner.workbench.exports.files import Destination, Export, deliver
from batchwright_runner.workbench.exports.job import KEY, Job, Morning, job_of, morning, section
from batchwright_runner.workbench.exports.rundeck_settings import SECTION, read_settings
from batchwright_runner.workbench.project.assembly import Assemblies

PAGE = "docs/schedules.md"
Said = TypeVar("Said")
_PATH = click.Path(path_type=Path)
_FILE = click.option("-o", "--output", "file", type=_PATH, metavar="FILE", help="Write one file. Default: stdout.")
_DIR = click.option("--dir", "folder", type=_PATH, metavar="DIR", help="Write one file for each job.")
_ONLY = click.option(
    "--only", multiple=True, metavar="NAME", help="Export this batch or workflow alone. Can be given several times."
)
_CHECK = click.option(
    "--check", is_flag=True, help="Compare, print what differs, exit with 1 if something does. Write nothing."
)


@dataclass(frozen=True, slots=True)
class _ExportRequest:
    """An export that was asked for."""

    project: Project
    stage: str
    toml: Toml
    only: Sequence[str]

    @classmethod
    def of(cls, stage: str | None, only: Sequence[str]) -> "_ExportRequest":
        """The request for this folder's project."""
        project = find_project(Path.cwd())
        if not stage:
            has = f"; cdk.json has {', '.join(project.stages)}" if project.stages else ""
            raise UsageError("no stage given: there is no default", hint=f"Add -s STAGE{has}")
        project.check_stage(stage, local=False)
        return cls(project, stage, read_toml(Path.cwd(), os.environ), only)

    @property
    def zone(self) -> str:
        """The project's time zone."""
        return str(self.project.context.get("timezone") or UTC_NAME)

    def section(self, scheduler: str) -> dict[str, Any]:
        """What batchwright.toml says of a scheduler's jobs in this stage."""
        return section(self.toml.settings.get(scheduler), scheduler, self.stage, self.toml.source)

    def deliver(
        self,
        console: Console,
        destination: Destination,
        scheduler: str,
        settings: Said,
        export: Callable[[Sequence[Job], Said, str, str, Morning | None], Export],
        zone: str = "",
    ) -> int:
        """Makes an export of the stage's batches, and brings it to its place."""
        with SignalWaiter(console.note) as waiter:
            assemblies = Assemblies.of(self.project, environment=os.environ, waiter=waiter, tell=console)
            batches, workflows = assemblies.declared(self.stage)
        jobs = [*map(job_of, batches), *map(job_of, workflows)]
        missed = self.section(scheduler).get(KEY, "")
        look = morning((job for job in jobs if not job.unfinished), scheduler, missed, zone or self.zone)
        made = export(self._chosen(jobs), settings, self.project.name, self.stage, None if self.only else look)
        if self.only:
            return deliver(made, replace(destination, whole=False), console)
        if unfinished := ", ".join(f"{job.name} ({job.unfinished})" for job in jobs if job.unfinished):
            kept = export(jobs, settings, self.project.name, self.stage, look).files if destination.folder else ()
            made = replace(made, summary=f"{made.summary}; not exported, as unfinished: {unfinished}", kept=kept)
        return deliver(made, destination, console)

    def _chosen(self, jobs: Sequence[Job]) -> list[Job]:
        """What is exported: all that is finished, or what --only names."""
        by_name = {job.name: job for job in jobs}
        for name in self.only:
            if name not in by_name:
                hint = did_you_mean(name, by_name)
                raise UsageError(f"stage {self.stage} has no batch or workflow {name!r}", hint=hint)
            if text := by_name[name].unfinished:
                hint = "Do it, delete unfinished= in the declaration, and export again"
                raise UsageError(f"{name} is not exported, as unfinished: {text}", hint=hint)
        return [job for job in jobs if (job.name in self.only if self.only else not job.unfinished)]


@click.group(cls=Verbs)
def export() -> None:
    """Export the schedules of a stage for what starts its batches.

    It is made from the declarations in this folder; AWS is not asked. A schedule is active only where the declaration
    names that scheduler, so that nothing starts twice.
    """


def _with(*options: Decorator) -> Decorator:
    """The options that all exports have, and some of their own."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        all_options: Sequence[Decorator] = (stage_option, *options, _ONLY, _CHECK, quiet_option, pass_console)
        for option in reversed(all_options):
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
def export_rundeck(
    console: Console, stage: str | None, file: Path | None, folder: Path | None, only: Sequence[str], check: bool
) -> int:
    """Export a job of Rundeck for each batch and workflow, and one that looks for missed runs each morning.

    A job has the schedule, owner and runbook of what it runs by one command. Importing it again changes nothing.
    batchwright.toml may have a section [rundeck].
    """
    destination = Destination(file=file, folder=folder, check=check)
    request = _ExportRequest.of(stage, only)
    settings = read_settings(request.toml.settings.get(SECTION), request.stage, request.toml.source, request.zone)
    settings = replace(settings, runner_image="") if only else settings  # which has a job of its own
    return request.deliver(console, destination, rundeck.SCHEDULER, settings, rundeck.exported)


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
    only: Sequence[str],
    check: bool,
) -> int:
    """Export a crontab: a line for each batch and workflow that says scheduler="cron".

    batchwright.toml may have a section [cron].
    """
    destination = Destination(file=file, folder=None, check=check)
    request = _ExportRequest.of(stage, only)
    if user and len(user.split()) != 1:
        raise UsageError(f"--user {user!r} is no name of a user", hint="Write one word: cron runs what follows it")
    try:
        check_zone(host_timezone or UTC_NAME)
    except ScheduleError as error:
        raise UsageError(f"--host-timezone cannot be used: {error}") from error
    options = {"daemon": daemon, "timezone": host_timezone or "", "user": user or ""}
    settings = {**request.section(crontab.SCHEDULER), **options}
    return request.deliver(console, destination, crontab.SCHEDULER, settings, crontab.exported, options["timezone"])
