"""What the page of schedules shows of other schedulers, read by their own checkers."""

import os
import re
import shutil
import subprocess
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from batchwright_runner.workbench.exports.job import section
from batchwright_runner.workbench.scaffold.project_files import ACTIONS
from tests.ci.linters import actionlint, schema
from tests.kit.not_tried import unavailable
from tests.kit.pages import blocks

PAGE = (Path(__file__).parents[4] / "docs/schedules.md").read_text(encoding="utf-8")


def test_the_section_of_cron_can_be_read() -> None:
    (block,) = blocks(PAGE, "toml")

    assert section(tomllib.loads(block)["cron"], "cron", "production", "")["log"].endswith("{batch}.log")


def systemd(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = shutil.which("systemd-analyze")
    if command is None:
        unavailable("systemd-analyze", "it is not installed", "apt-get install systemd")
    env = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run([command, *words], env=env, capture_output=True, text=True, check=False)


def test_systemd_reads_the_units(tmp_path: Path) -> None:
    for unit in blocks(PAGE, "ini"):
        name, _, text = unit.removeprefix("# /etc/systemd/system/").partition("\n")
        (tmp_path / name).write_text(
            text.replace("/usr/local/bin/batchwright", "/bin/true").replace("User=batch\n", "")
        )
    done = systemd("verify", "--recursive-errors=no", "--man=no", *tmp_path.iterdir())

    assert len([*tmp_path.iterdir()]) == 2
    assert (done.returncode, [line for line in done.stderr.splitlines() if str(tmp_path) in line]) == (0, [])


def test_systemd_starts_it_each_night() -> None:
    (calendar,) = re.findall(r"^OnCalendar=(.+)$", PAGE, re.MULTILINE)
    base = datetime(2026, 11, 25, tzinfo=UTC)
    done = systemd("calendar", "--iterations=2", f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC", calendar)

    times = re.findall(r"(?:Next elapse|Iteration #2): \w{3} (.+) UTC$", done.stdout, re.MULTILINE)
    assert times == [f"{base + timedelta(days=days, hours=17, minutes=30):%Y-%m-%d %H:%M:%S}" for days in (0, 1)]
    assert f"systemd-analyze calendar '{calendar}'" in PAGE


def test_github_reads_the_workflow(tmp_path: Path) -> None:
    (text,) = blocks(PAGE, "yaml")
    file = tmp_path / ".github" / "workflows" / "daily-report.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)

    assert f"uses: {ACTIONS['configure_aws']}" in text
    assert schema("github-workflows", [file]) == []
    file.write_text("".join(line for line in text.splitlines(keepends=True) if "timezone:" not in line))
    assert actionlint([file]) == []  # 1.7.7 is older than that key
