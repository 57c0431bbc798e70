"""A crontab, read by the host's own command where there is one."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from batchwright_runner.contract.schedules.schedule import from_cron, from_text
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports import crontab
from batchwright_runner.workbench.exports.job import Job
from tests.kit.not_tried import unavailable
from tests.runner.workbench.exports.support import BY_HAND, TEXTS, job, jobs


def host(daemon: str = "cronie", **settings: str) -> dict[str, str]:
    return {"daemon": daemon, **settings}


def lines(exported: Iterable[Job], on: dict[str, str]) -> list[str]:
    text = crontab.exported(list(exported), on, "batches", "production").text
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_only_what_cron_starts_is_in_a_crontab_and_the_rest_is_named() -> None:
    export = crontab.exported(jobs("cron"), host(), "batches", "production")

    assert export.text.splitlines()[-2:] == [
        "# daily-report, finance-systems: every day at 02:30 (Asia/Tokyo)",
        "30 2 * * * batchwright run daily-report -s production --scheduled scheduled",
    ]
    assert export.summary == "1 line; not exported: by-hand (no schedule), rundecks (started by rundeck)"


def test_an_empty_export_says_what_to_do() -> None:
    export = crontab.exported([BY_HAND], host(), "batches", "production")

    assert export.summary.endswith('Say scheduler="cron" in the declaration or the stage')


def test_cronie_gets_each_zone_once() -> None:
    exported = [
        job("a", scheduler="cron"),
        job("b", scheduler="cron", schedule=from_text("0 3 * * SUN Europe/Paris")),
        job("c", scheduler="cron"),
    ]

    assert [line for line in lines(exported, host()) if "=" not in line or line.startswith("CRON_TZ")] == [
        "CRON_TZ=Asia/Tokyo",
        "30 2 * * * batchwright run a -s production --scheduled scheduled",
        "30 2 * * * batchwright run c -s production --scheduled scheduled",
        "CRON_TZ=Europe/Paris",
        "0 3 * * 0 batchwright run b -s production --scheduled scheduled",
    ]


def test_cronie_gets_no_zone_for_what_is_in_that_of_the_hosts_clock() -> None:
    exported = [job("a", scheduler="cron"), job("b", scheduler="cron", schedule=from_text("0 3 * * SUN Europe/Paris"))]

    assert lines(exported, host(timezone="Europe/Paris"))[2:] == [
        "0 3 * * 0 batchwright run b -s production --scheduled scheduled",
        "CRON_TZ=Asia/Tokyo",
        "30 2 * * * batchwright run a -s production --scheduled scheduled",
    ]


@pytest.mark.parametrize(("timezone", "hint"), [("", "it goes by the host's own clock"), ("UTC", "clock is in UTC")])
def test_debians_cron_is_refused_a_zone_with_what_to_do(timezone: str, hint: str) -> None:
    with pytest.raises(RunnerError, match=f"daily-report cannot be exported: .*Asia/Tokyo.*{hint}.*install cronie"):
        lines(jobs("cron"), host("debian", timezone=timezone))


@pytest.mark.parametrize(
    ("daemon", "zone", "clock"),
    [("debian", "Asia/Tokyo", "Asia/Tokyo"), ("debian", "UTC", "Etc/UTC"), ("cronie", "Etc/UTC", "UTC")],
)
def test_cron_goes_by_a_clock_of_the_same_zone(daemon: str, zone: str, clock: str) -> None:
    nightly = jobs("cron", schedule=from_cron("30 2 * * *", zone))
    crontab_lines = lines(nightly, host(daemon, timezone=clock))

    assert crontab_lines[-1] == "30 2 * * * batchwright run daily-report -s production --scheduled scheduled"
    assert not [line for line in crontab_lines if line.startswith("CRON_TZ")]


def test_a_percent_sign_is_no_end_of_the_command() -> None:
    settings = {
        "command": "env DAY=$(date +%F) batchwright",
        "log": "/var/log/{stage}/{batch}.log",
        "mailto": "sre@x.org",
    }

    crontab_lines = lines(jobs("cron"), host(user="batch", **settings))

    assert "MAILTO=sre@x.org" in crontab_lines
    assert crontab_lines[-1] == (
        r"30 2 * * * batch env DAY=$(date +\%F) batchwright run daily-report -s production --scheduled scheduled"
        " >> /var/log/production/daily-report.log 2>&1"
    )


def test_a_command_that_cron_would_cut_is_refused() -> None:
    with pytest.raises(RunnerError, match=r"its command has 10[0-9]{2} characters, and cron reads 998.*cron\.command"):
        lines(jobs("cron"), host(command="x" * 1000))


@pytest.mark.parametrize("schedule", ["*/15 6-18 * * MON-FRI Asia/Tokyo", "0 0 1,15 JAN,JUL * Asia/Tokyo"])
@pytest.mark.parametrize("description", TEXTS)
def test_the_hosts_own_crontab_reads_it(tmp_path: Path, schedule: str, description: str) -> None:
    command = shutil.which("crontab")
    if command is None:
        unavailable("crontab", "it is not installed", "apt-get install cron")
    exported = jobs("cron", schedule=from_text(schedule), description=description)
    cronie = "cronie" in subprocess.run([command, "-V"], capture_output=True, text=True, check=False).stderr
    on = host() if cronie else host("debian", timezone="Asia/Tokyo")
    file = tmp_path / "crontab"
    file.write_text(crontab.exported(exported, on, "batches", "production").text)
    wrong = tmp_path / "wrong"
    wrong.write_text("61 2 * * * true\n")

    assert subprocess.run([command, "-T" if cronie else "-n", file], check=False).returncode == 0
    assert subprocess.run([command, "-T" if cronie else "-n", wrong], capture_output=True, check=False).returncode == 1
