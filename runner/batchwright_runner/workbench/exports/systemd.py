"""Units of systemd: a service and a timer for each batch. Pure."""

import re
from collections.abc import Mapping, Sequence

from batchwright_runner.contract.schedules.dialects import systemd
from batchwright_runner.workbench.exports.files import Export, in_files
from batchwright_runner.workbench.exports.job import Job, counted, heading, started_by
from batchwright_runner.workbench.exports.morning import NAME as MISSED
from batchwright_runner.workbench.exports.morning import Morning

SCHEDULER = "systemd"
USUAL: Mapping[str, str] = {"command": "batchwright", "user": ""}
"""What holds where ``[systemd]`` of batchwright.toml does not say it."""
_GRACE = 60
"""Seconds that the runner has beyond the batch's own stop timeout: the log's end, and ECS's answer."""
_RUN = """/bin/sh -c 'exec "$$@" $${TRIGGER_UNIT:+--scheduled scheduled}' sh"""
"""Runs what follows it; a run that the timer started, and not a person, learns that it was due. systemd names what
triggered a service since version 252 (systemd.exec(5), "Environment Variables Set or Propagated", 2026-11)."""


def exported(
    jobs: Sequence[Job], settings: Mapping[str, str], project: str, stage: str, look: Morning | None = None
) -> Export:
    """The units of a stage, with those of the look for missed runs where there is one."""
    host = {**USUAL, **settings}
    chosen = started_by(jobs, SCHEDULER)
    note = heading(project, stage)
    files: dict[str, str] = {}
    for job, due in chosen:
        name = f"{project}-{stage}-{job.name}"
        files[f"{name}.service"] = _service(
            f"{job.name} ({job.stage}): {job.description}",
            [f"Documentation={_value(job.runbook)}"] if re.fullmatch(r"https?://\S+", job.runbook) else [],
            f"{_RUN} {_escaped(job.command(host['command']))}",
            host,
            note,
            "# A stop tells the runner alone, which stops the task and shows the log's end.",
            "KillMode=mixed",
            f"TimeoutStopSec={job.stop_timeout_seconds + _GRACE}",
        )
        files[f"{name}.timer"] = _timer(f"{job.name} ({job.stage})", systemd(due), note)
    if look is not None and chosen:  # it fails where something was missed, so that systemctl --failed has it
        about = f"Fails if a batch was due and did not run ({stage})"
        command = _escaped(look.command(host["command"], stage))
        files[f"{project}-{stage}-{MISSED}.service"] = _service(about, [], command, host, note)
        files[f"{project}-{stage}-{MISSED}.timer"] = _timer(f"{MISSED} ({stage})", systemd(look.due), note)
    return in_files(files, note, counted(chosen, jobs, SCHEDULER, "timer"))


def _service(about: str, page: Sequence[str], command: str, host: Mapping[str, str], note: str, *ending: str) -> str:
    lines = [
        f"# {note}",
        "[Unit]",
        f"Description={_value(about)}",
        *page,
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        *([f"User={host['user']}"] if host["user"] else []),
        f"ExecStart={command}",
        *ending,
    ]
    return "\n".join(lines) + "\n"


def _escaped(command: str) -> str:
    """A command in which systemd fills nothing in."""
    return command.replace("%", "%%").replace("$", "$$")


def _timer(name: str, calendar: str, note: str) -> str:
    return f"""# {note}
[Unit]
Description={_value(f"When {name} is due")}

[Timer]
OnCalendar={calendar}
# What was missed while the host was down is run once when it is up again.
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def _value(text: str) -> str:
    """A text in which nothing is a specifier, and no backslash at the end goes on in the next line."""
    return text.replace("%", "%%").rstrip("\\ ")
