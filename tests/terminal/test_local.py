"""Runs on this machine at a terminal."""

import sys
from collections.abc import Callable
from pathlib import Path

from tests.kit.projects import declared, declared_workflow, make_project
from tests.terminal.conftest import Opened
from tests.terminal.window import CTRL_C, Recording

Look = Callable[[Recording], None]

SLOW = "import time; print('one', flush=True); time.sleep(2.5); print('\\x1b[31m二', flush=True); raise SystemExit({})"
WAITING = "import time; print('ready', flush=True); time.sleep(60)"


def project(folder: Path, program: str) -> None:
    make_project(folder, declared("hello", sys.executable, "-c", program))


def test_run_here(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, SLOW.format(0))
    seen = window("run", "hello", "--local").end()

    looks_right(seen)
    assert b"\rrunning \xc2\xb7 " in seen.data


def test_run_here_that_fails(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, SLOW.format(3))
    looks_right(window("run", "hello", "--local").end())


def test_run_here_that_is_interrupted(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    opened = window("run", "hello", "--local")
    opened.until("ready")
    opened.press(CTRL_C)
    looks_right(opened.end())


def nightly(folder: Path, load: str) -> None:
    batches = {"extract": "print('2 files')", "orders-load": load, "report": "pass", "summary": "print('told')"}
    made = [declared(name, sys.executable, "-c", program) for name, program in batches.items()]
    steps = ("extract", "orders-load", "report")
    make_project(folder, *made, workflows=[declared_workflow("nightly", *steps, always=["summary"])])


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


def test_run_here_of_no_batch(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    seen = window("run", "helo", "--local").end()

    looks_right(seen)
    assert not seen.live


def test_run_here_on_a_dumb_terminal_has_no_live_line(window: Opened, tmp_path: Path) -> None:
    project(tmp_path, SLOW.format(0))
    seen = window("run", "hello", "--local", env={"TERM": "dumb"}).end()

    assert "running" not in seen.data.decode()
    assert not seen.live


def test_export_for_rundeck(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    due = {"stage": "production", "schedule": "30 2 * * * Asia/Tokyo", "scheduler": "rundeck"}
    make_project(tmp_path, declared("hello", manifest=due), stages={"production": {}})
    looks_right(window("export", "rundeck", "-s", "production").end())


def test_export_that_is_not_up_to_date(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", manifest={"stage": "production"}), stages={"production": {}})
    (tmp_path / "jobs.yaml").write_text("- name: hello\n")
    looks_right(window("export", "rundeck", "-s", "production", "-o", "jobs.yaml", "--check").end())


def test_list_here(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    looks_right(window("list", "--local").end())


def test_catalog(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    looks_right(window("catalog", "-o", "site").end())


def test_catalog_into_a_folder_of_other_things(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    project(tmp_path, WAITING)
    (tmp_path / "wiki").mkdir()
    (tmp_path / "wiki" / "index.html").write_text("mine")
    looks_right(window("catalog", "-o", "wiki").end())


def test_catalog_for_mermaid(window: Opened, looks_right: Look, tmp_path: Path) -> None:
    first = declared("hello", reads=["mysql:shop.orders"], writes=["s3:sales"])
    make_project(tmp_path, first, declared("report", reads=["s3:sales"]))
    looks_right(window("catalog", "--format", "mermaid").end())
