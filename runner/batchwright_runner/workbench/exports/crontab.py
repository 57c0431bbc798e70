"""Lines of a crontab. Pure.

cronie reads a time zone from ``CRON_TZ``; Debian's cron takes such a line for a variable of the command and goes by the
host's own clock (crontab(5) of cronie 1.7.2 and of Debian's cron 3.0pl1-197, 2026-11). Where the clock changes, cronie
makes up for lines of the host's own zone only, those before the first ``CRON_TZ`` (its ``find_jobs``, 2025-12).
"""

from collections.abc import Mapping, Sequence

from batchwright_runner.contract.schedules.dialects import crontab
from batchwright_runner.contract.schedules.words import in_words
from batchwright_runner.contract.variables import BY_THE_CLOCK
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports.files import Export
from batchwright_runner.workbench.exports.job import Job, Morning, counted, heading, started_by

SCHEDULER = "cron"
DAEMONS = ("cronie", "debian")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USUAL: Mapping[str, str] = {"command": "batchwright", "path": _PATH} | dict.fromkeys(
    ("timezone", "user", "log", "mailto"), ""
)
"""What holds where neither ``[cron]`` of batchwright.toml nor the command line says it."""
_LONGEST = 998
"""Characters of a command: Debian's cron and cronie read 999 at most (``MAX_COMMAND``, 1000; 2026-11)."""


def exported(
    jobs: Sequence[Job], settings: Mapping[str, str], project: str, stage: str, look: Morning | None = None
) -> Export:
    """The crontab of a stage, with the look for missed runs where there is one.

    `settings`: what ``[cron]`` says; and ``daemon``, one of `DAEMONS`, ``timezone``, that of the host's clock, by which
    Debian's cron goes, and cronie without ``CRON_TZ``, and ``user``, that of a file in /etc/cron.d.
    """
    host = {**USUAL, **settings}
    chosen = started_by(jobs, SCHEDULER)
    lines = [f"# {heading(project, stage)}", "SHELL=/bin/sh", f"PATH={host['path']}"]
    lines += [f"MAILTO={host['mailto']}"] if host["mailto"] else []
    zone = clock = host["timezone"]
    if look is not None:  # it prints something only where there is something, so that cron mails nothing else
        if not _is(look.schedule.zone, zone):
            zone = look.schedule.zone
            lines += ["", f"CRON_TZ={zone}"]
        command = look.command(host["command"], stage, " --quiet")
        lines += ["", f"# missed runs: {in_words(look.schedule)}"]
        lines += [_fields("missed runs", crontab(look.schedule), command, host)]
    for job, schedule in sorted(chosen, key=lambda pair: (not _is(pair[1].zone, clock), pair[1].zone, pair[0].name)):
        if host["daemon"] == "debian":
            _check_zone(job.name, schedule.zone, clock)
        elif not _is(schedule.zone, zone):
            zone = schedule.zone
            lines += ["", f"CRON_TZ={zone}"]
        command = f"{job.command(host['command'])} --scheduled {BY_THE_CLOCK}"
        if host["log"]:
            command += f" >> {host['log'].replace('{batch}', job.name).replace('{stage}', job.stage)} 2>&1"
        lines += ["", f"# {job.name}, {job.owner}: {in_words(schedule)}"]
        lines += [_fields(job.name, crontab(schedule), command, host)]
    return Export(text="\n".join(lines) + "\n", files={}, mark="", summary=counted(chosen, jobs, SCHEDULER, "line"))


def _fields(name: str, fields: str, command: str, host: Mapping[str, str]) -> str:
    escaped = command.replace("%", r"\%")  # an unescaped % is a newline to cron, and begins the command's stdin
    if len(escaped) > _LONGEST:
        raise RunnerError(
            f"{name} cannot be exported: its command has {len(escaped)} characters, and cron reads 998",
            hint="Shorten cron.command in batchwright.toml, or write a systemd timer: docs/schedules.md#systemd",
        )
    return " ".join([fields, *([host["user"]] if host["user"] else []), escaped])


def _is(zone: str, clock: str) -> bool:
    """Whether two names are of one zone: timedatectl shows UTC as Etc/UTC."""
    return zone.removeprefix("Etc/") == clock.removeprefix("Etc/")


def _check_zone(name: str, zone: str, clock: str) -> None:
    if not _is(zone, clock):
        clock_words = f"the host's clock is in {clock}" if clock else "it goes by the host's own clock"
        then = f"If the host's clock is in {zone} (timedatectl), add --host-timezone {zone}"
        raise RunnerError(
            f"{name} cannot be exported: its schedule is in {zone}, which Debian's cron cannot be told; {clock_words}",
            hint=f"{then}. Else install cronie, or write a systemd timer: docs/schedules.md#systemd",
        )
