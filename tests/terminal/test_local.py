"""Runs on this machine at a terminal."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.kit.projects import declared, declared_workflow, make_project
from tests.terminal.conftest import NARROW_TOO, Opened, Shown, Shows, screens
from tests.terminal.window import CTRL_C, Recording

Look = Callable[[Recording], None]

SLOW = "import time; print('one', flush=True); time.sleep(2.5); print('\\x1b[31m二', flush=True); raise SystemExit({})"
WAITING = "import time; print('ready', flush=True); time.sleep(60)"


def project(folder: Path, program: str) -> None:
    make_project(folder, declared("hello", sys.executable, "-c", program))


plain = partial(project, program=WAITING)


def test_run_here(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, SLOW.format(0))
    seen = window("run", "hello", "--local").end()

    looks_right(seen)
    assert b"\rrunning \xc2\xb7 " in seen.data


def test_run_here_that_is_interrupted(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    opened = window("run", "hello", "--local")
    opened.until("ready")
    opened.press(CTRL_C)
    looks_right(opened.end())


def nightly(folder: Path, load: str) -> None:
    batches = {"extract": "print('2 files')", "orders-load": load, "report": "pass", "summary": "print('told')"}
    declarations = [declared(name, sys.executable, "-c", program) for name, program in batches.items()]
    steps = ("extract", "orders-load", "report")
    make_project(folder, *declarations, workflows=[declared_workflow("nightly", *steps, always=["summary"])])


@NARROW_TOO
def test_run_workflow_here_that_fails(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    nightly(tmp_path, SLOW.format(3))
    seen = window("run", "nightly", "--local").end()

    looks_right(seen)
    assert b"\rorders-load  running \xc2\xb7 " in seen.data


def test_run_workflow_here_that_is_interrupted(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    nightly(tmp_path, WAITING)
    opened = window("run", "nightly", "--local", "--scheduled", "2026-01-02T03:04:05+00:00")
    opened.until("ready")
    opened.press(CTRL_C)
    looks_right(opened.end())


def test_run_here_on_a_dumb_terminal_has_no_live_line(window: Opened, tmp_path: Path) -> None:
    project(tmp_path, SLOW.format(0))
    seen = window("run", "hello", "--local", env={"TERM": "dumb"}).end()

    assert "running" not in seen.data.decode()
    assert not seen.live


def due(folder: Path) -> None:
    manifest = {"stage": "production", "schedule": "30 2 * * * Asia/Tokyo", "scheduler": "rundeck"}
    make_project(folder, declared("hello", manifest=manifest), stages={"production": {}})


def exported_before(folder: Path) -> None:
    make_project(folder, declared("hello", manifest={"stage": "production"}), stages={"production": {}})
    (folder / "jobs.yaml").write_text("- name: hello\n")


def with_a_wiki(folder: Path) -> None:
    plain(folder)
    (folder / "wiki").mkdir()
    (folder / "wiki" / "index.html").write_text("mine")


SHOWN = {
    "run_here_that_fails": Shown(["run", "hello", "--local"], folder=partial(project, program=SLOW.format(3))),
    "run_here_of_no_batch": Shown(["run", "helo", "--local"], folder=plain, quiet=True),
    "export_for_rundeck": Shown(["export", "rundeck", "-s", "production"], folder=due),
    "export_that_is_not_up_to_date": Shown(
        ["export", "rundeck", "-s", "production", "-o", "jobs.yaml", "--check"], folder=exported_before
    ),
    "list_here": Shown(["list", "--local"], folder=plain),
    "catalog": Shown(["catalog", "-o", "site"], folder=plain),
    "catalog_into_a_folder_of_other_things": Shown(["catalog", "-o", "wiki"], folder=with_a_wiki),
}


@screens(SHOWN)
def test_what_is_shown(shows: Shows, screen: str) -> None:
    shows(SHOWN[screen])
