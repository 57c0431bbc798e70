"""Units of systemd: a service and a timer for each batch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.contract.schedules.dialects import systemd
from batchwright_runner.workbench.exports.chosen import counted, heading, started_by
from batchwright_runner.workbench.exports.deliver import Export
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.morning import NAME as MISSED
from batchwright_runner.workbench.exports.morning import Morning
from batchwright_runner.workbench.exports.settings import section

SCHEDULER = "systemd"
_GRACE = 60
"""Seconds that the runner has beyond the batch's own stop timeout: the log's end, and ECS's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemdHost:
    """The host that the units are for.

    Attributes:
        command: What stands in the place of ``batchwright``.
        user: The user that the services run as; empty for the manager's own.
        missed_schedule: When missed runs are looked for, as the five fields of a crontab; empty for eight in the
            morning, ``never`` for no such unit.
    """

    command: str = "batchwright"
    user: str = ""
    missed_schedule: str = ""


def host_of(said: object, stage: str, source: str) -> SystemdHost:
    """The host, as ``[systemd]`` of batchwright.toml says it.

    Raises:
        RunnerError: The section cannot be used.
    """
    return SystemdHost(**section(said, SCHEDULER, stage, source))


def exported(jobs: Sequence[Job], host: SystemdHost, project: str, stage: str, look: Morning | None = None) -> Export:
    """The units of a stage.

    Args:
        jobs: The batches.
        host: The host.
        project: The project.
        stage: The stage.
        look: The look for missed runs; none for no such units.
    """
    chosen = started_by(jobs, SCHEDULER)
    note = heading(project, stage)
    files: dict[str, str] = {}
    for job, due in chosen:
        name = f"{project}-{stage}-{job.name}"
        files[f"{name}.service"] = _service(job, host, note)
        files[f"{name}.timer"] = _timer(f"{job.name} ({job.stage})", systemd(due), note)
    if look is not None and chosen:
        files[f"{project}-{stage}-{MISSED}.service"] = _look(look, host, stage, note)
        files[f"{project}-{stage}-{MISSED}.timer"] = _timer(f"{MISSED} ({stage})", systemd(look.due), note)
    return Export(
        text="\n".join(f"# {path}\n{text}" for path, text in files.items()) or f"# {heading(project, stage)}\n",
        files=files,
        mark=note,
        summary=counted(chosen, jobs, SCHEDULER, "timer"),
    )


def _service(job: Job, host: SystemdHost, note: str) -> str:
    lines = [
        *_started(f"{job.name} ({job.stage}): {job.description}", job.runbook, note),
        *_command(f"{host.command} run {job.name} -s {job.stage}", host),
        "# A stop tells the runner alone, which stops the task and shows the log's end.",
        "KillMode=mixed",
        f"TimeoutStopSec={job.stop_timeout_seconds + _GRACE}",
    ]
    return "\n".join(lines) + "\n"


def _look(look: Morning, host: SystemdHost, stage: str, note: str) -> str:
    """The look in the morning: a unit that fails where something was missed, so that ``systemctl --failed`` has it."""
    lines = [
        *_started(f"Fails if a batch was due and did not run ({stage})", "", note),
        *_command(look.command(host.command, stage), host),
    ]
    return "\n".join(lines) + "\n"


def _started(description: str, runbook: str, note: str) -> list[str]:
    return [
        f"# {note}",
        "[Unit]",
        f"Description={_value(description)}",
        *([f"Documentation={_value(runbook)}"] if _is_address(runbook) else []),
        "Wants=network-online.target",
        "After=network-online.target",
        "",
    ]


def _command(command: str, host: SystemdHost) -> list[str]:
    escaped = command.replace("%", "%%").replace("$", "$$")
    return ["[Service]", "Type=oneshot", *([f"User={host.user}"] if host.user else []), f"ExecStart={escaped}"]


def _timer(name: str, calendar: str, note: str) -> str:
    lines = [
        f"# {note}",
        "[Unit]",
        f"Description={_value(f'When {name} is due')}",
        "",
        "[Timer]",
        f"OnCalendar={calendar}",
        "# What was missed while the host was down is run once when it is up again.",
        "Persistent=true",
        "AccuracySec=1s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def _is_address(text: str) -> bool:
    """Whether it is one address: systemd reads a list, with spaces between."""
    return text.startswith(("http://", "https://")) and len(text.split()) == 1


def _value(text: str) -> str:
    """A text in which nothing is a specifier, and no backslash at the end goes on in the next line."""
    return text.replace("%", "%%").rstrip("\\ ")
