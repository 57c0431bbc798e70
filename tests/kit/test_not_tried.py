"""The report, at the end of a run, of what a machine lacks."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.not_tried import summary

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.kit.not_tried import pytest_terminal_summary as pytest_terminal_summary
"""
TESTS = """
import pytest
from tests.kit.not_tried import unavailable

@pytest.fixture(scope="module")
def engine():
    unavailable("docker", "/run/docker.sock: nothing is there", "install docker.io and start dockerd")

@pytest.mark.parametrize("number", range(3))
def test_on_it(engine, number):
    pass

def test_podman():
    unavailable("podman", "it is not on PATH", "install podman")

def test_other():
    pass
"""


def run(folder: Path, *arguments: str, ci: str = "") -> list[str]:
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_it.py").write_text(TESTS, encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(ROOT), "CI": ci},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("arguments", [[], ["--numprocesses=2"]], ids=["alone", "with workers"])
def test_two_lines_say_what_was_not_tried(tmp_path: Path, arguments: list[str]) -> None:
    *_, what, how, end = run(tmp_path, *arguments)

    assert what == (
        "not tried here: docker (3 tests): /run/docker.sock: nothing is there; podman (1 test): it is not on PATH"
    )
    assert how == "to try it: docker: install docker.io and start dockerd; podman: install podman"
    assert "1 passed, 4 skipped" in end


def test_in_ci_they_fail(tmp_path: Path) -> None:
    printed = run(tmp_path, ci="true")

    assert "not tried here" not in "\n".join(printed)
    assert "1 passed, " in printed[-1]
    assert "skipped" not in printed[-1]


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert summary(Counter()) == []


def test_a_test_that_is_skipped_for_another_reason_is_not_forgotten() -> None:
    assert summary(Counter({"Skipped: it is a program for Linux": 2})) == [
        "skipped: 2 tests: it is a program for Linux"
    ]
