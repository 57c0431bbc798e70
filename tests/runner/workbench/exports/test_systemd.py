"""Units, read by systemd's own checker."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.workbench.exports import systemd
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.morning import morning
from tests.kit.not_tried import unavailable
from tests.runner.workbench.exports.support import TEXTS, jobs


def units(exported: list[Job], command: str = "batchwright") -> dict[str, str]:
    look = morning(exported, systemd.SCHEDULER, "", "Asia/Tokyo")
    return dict(systemd.exported(exported, {"command": command}, "batches", "production", look).files)


def test_a_batch_is_a_service_and_a_timer_that_catches_up() -> None:
    files = units(jobs("systemd", stop_timeout_seconds=120))

    assert sorted(files) == [
        f"batches-production-{name}.{kind}" for name in ("daily-report", "missed_runs") for kind in ("service", "timer")
    ]
    timer = files["batches-production-daily-report.timer"].splitlines()
    service = files["batches-production-daily-report.service"].splitlines()
    assert {"OnCalendar=*-*-* 02:30:00 Asia/Tokyo", "Persistent=true"} <= set(timer)
    assert {"Type=oneshot", "KillMode=mixed", "TimeoutStopSec=180"} <= set(service)


@pytest.mark.parametrize(
    ("triggered", "due"), [({"TRIGGER_UNIT": "a.timer"}, "--scheduled scheduled"), ({}, "")], ids=["timer", "by hand"]
)
def test_what_the_timer_starts_knows_that_it_was_due(triggered: dict[str, str], due: str) -> None:
    service = units(jobs("systemd"), "/bin/echo '$a  b' 100%")["batches-production-daily-report.service"]
    (line,) = (line for line in service.splitlines() if line.startswith("ExecStart="))
    assert "'$$a  b' 100%%" in line  # systemd fills nothing in
    words = shlex.split(line.removeprefix("ExecStart=").replace("$$", "$").replace("%%", "%"))
    done = subprocess.run(words, env=triggered, capture_output=True, text=True, check=True)

    assert done.stdout == f"$a  b 100% run daily-report -s production {due}".rstrip() + "\n"


@pytest.mark.parametrize("schedule", ["*/15 6-18 * * MON-FRI Asia/Tokyo", "0 0 1,15 JAN,JUL * UTC"])
@pytest.mark.parametrize("description", TEXTS)
def test_systemds_own_checker_finds_nothing(tmp_path: Path, schedule: str, description: str) -> None:
    exported = jobs(
        "systemd", schedule=CronSchedule.from_text(schedule), description=description, runbook="https://wiki/a%20b"
    )

    assert verify(tmp_path, units(exported, "/bin/true 100% $HOME")) == []


def test_systemds_checker_finds_a_planted_fault(tmp_path: Path) -> None:
    files = units(jobs("systemd"), "/bin/true")

    assert verify(tmp_path, {name: text.replace("02:30:00", "25:30:00") for name, text in files.items()}) != []


def verify(folder: Path, files: Mapping[str, str]) -> list[str]:
    """What systemd-analyze says of the units."""
    command = shutil.which("systemd-analyze")
    if command is None:
        unavailable("systemd-analyze", "it is not installed", "apt-get install systemd")
    for name, text in files.items():
        (folder / name).write_text(text)
    done = subprocess.run(
        [command, "verify", "--recursive-errors=no", "--man=no", *folder.iterdir()],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if str(folder) in line]
    return complaints or [done.stderr] * (done.returncode != 0)
