"""Units of systemd: a service and a timer for each batch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.contract.schedules.dialects import systemd
from batchwright_runner.exports.chosen import counted, heading, started_by
from batchwright_runner.exports.deliver import Export
from batchwright_runner.exports.job import Job
from batchwright_runner.exports.settings import section

SCHEDULER = "systemd"
_GRACE = 60
"""Seconds that the runner has beyond the batch's own stop timeout: the log's end, and ECS's answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The host that the units are for.

    Attributes:
        command: What stands in the place of ``batchwright``.
        user: The user that the services run as; empty for the manager's own.
    """

    command: str = "batchwright"
    user: str = ""


def host_of(said: object, stage: str, source: str) -> Host:
    """The host, as ``[systemd]`` of batchwright.toml says it.

    Raises:
        RunnerError: The section cannot be used.
    """
    return Host(**section(said, SCHEDULER, stage, source))


def exported(jobs: Sequence[Job], host: Host, project: str, stage: str) -> Export:
    """The units of a stage."""
    chosen = started_by(jobs, SCHEDULER)
    files: dict[str, str] = {}
    for job, due in chosen:
        name = f"{project}-{stage}-{job.name}"
        note = heading(project, stage)
        files[f"{name}.service"] = _service(job, host, note)
        files[f"{name}.timer"] = _timer(job, systemd(due), note)
    return Export(
        text="\n".join(f"# {path}\n{text}" for path, text in files.items()) or f"# {heading(project, stage)}\n",
        files=files,
        mark=heading(project, stage),
        summary=counted(chosen, jobs, SCHEDULER, "timer"),
    )


def _service(job: Job, host: Host, note: str) -> str:
    command = f"{host.command} run {job.name} -s {job.stage}".replace("%", "%%").replace("$", "$$")
    lines = [
        f"# {note}",
        "[Unit]",
        f"Description={_value(f'{job.name} ({job.stage}): {job.description}')}",
        *([f"Documentation={_value(job.runbook)}"] if _is_address(job.runbook) else []),
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        *([f"User={host.user}"] if host.user else []),
        f"ExecStart={command}",
        "# A stop tells the runner alone, which stops the task and shows the log's end.",
        "KillMode=mixed",
        f"TimeoutStopSec={job.stop_timeout_seconds + _GRACE}",
    ]
    return "\n".join(lines) + "\n"


def _timer(job: Job, calendar: str, note: str) -> str:
    lines = [
        f"# {note}",
        "[Unit]",
        f"Description={_value(f'When {job.name} ({job.stage}) is due')}",
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
