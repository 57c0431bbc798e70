"""Which tests are of the tier of `make test`, and what the table at its end says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from batchwright_runner.cli import _VERBS
from tests.kit.costs import SPENT, Costs, folder, kind
from tests.kit.tiers import SCREENS, WHOLE
from tests.runner.commands.verbs import VERBS

ROOT = Path(__file__).parents[2]
CONFTEST = """
from tests.kit import costs, starts, tiers
from tests.kit.tiers import add_option as pytest_addoption
from tests.kit.tiers import pytest_ignore_collect, pytest_runtest_makereport

def pytest_configure(config):
    starts.watch()
    config.pluginmanager.register(costs.Spending(), "spending")
    config.addinivalue_line("markers", "process: starts a process")

def pytest_collection_modifyitems(config, items):
    tiers.leave_out(items, config)
"""
TESTS = """
import os
import platform
import subprocess
import pytest
from subprocess import run as started

def helper():
    return nested()

def nested():
    return subprocess.run(["true"])

class Program:
    def __enter__(self):
        helper()

@pytest.fixture
def program():
    return subprocess.Popen(["true"]).wait()

def test_by_itself(): subprocess.run(["true"])
def test_by_a_name(): started(["true"])
def test_by_a_helper(): helper()
def test_by_a_class(): Program()
def test_by_a_fixture(program): pass
def test_in_a_lambda(): (lambda: subprocess.run(["true"]))()
def test_by_a_fork(): os.fork() or os._exit(0)
@pytest.mark.process
def test_marked(): pass
def test_nothing(): platform.processor()
"""
HIDDEN = "def test_hidden(): __import__('subprocess').run(['true'])\n"


def run(folder: Path, tests: dict[str, str], *arguments: str) -> str:
    """What pytest prints of tests in a folder."""
    for name, text in {"conftest.py": CONFTEST, **tests}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--rootdir=.", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**variables, "PYTHONPATH": f"{ROOT}:."}, capture_output=True, text=True, check=False
    )
    return done.stdout


def test_what_starts_a_process_is_left_out(tmp_path: Path) -> None:
    printed = run(tmp_path, {"tests/planted/test_it.py": TESTS}, "--short", "--import-mode=importlib")

    assert re.findall(r"::(test_\w+) (\w+)", printed) == [("test_nothing", "PASSED")]


@pytest.mark.parametrize("picked", [[], ["-k", "it"], ["-p", "cacheprovider", "--last-failed"]])
def test_a_test_that_starts_one_unseen_fails_and_says_what_to_do(tmp_path: Path, picked: list[str]) -> None:
    printed = run(tmp_path, {"tests/planted/test_it.py": HIDDEN}, "--short", "--import-mode=importlib", *picked)

    assert "this test starts true. `make test` starts no process: mark it with @pytest.mark.process" in printed
    assert "1 failed" in printed


@pytest.mark.parametrize(
    "picked", [["tests/planted/test_it.py"], ["--short", "tests/planted/test_it.py"], ["--short", "-k", "it"]]
)
def test_what_is_picked_runs_in_either_tier(tmp_path: Path, picked: list[str]) -> None:
    printed = run(tmp_path, {"tests/planted/test_it.py": TESTS}, *picked, "--import-mode=importlib")

    assert "9 passed" in printed


def test_the_folders_of_the_other_tier_are_not_read(tmp_path: Path) -> None:
    tests = {"tests/stories/test_a.py": "raise AssertionError", "tests/test_b.py": "def test_b(): pass"}

    assert "1 passed" in run(tmp_path, tests, "--short", "--import-mode=importlib")
    assert not [name for name in WHOLE if not (ROOT / "tests" / name).is_dir()]


def test_each_verb_has_a_story_and_a_screen_where_it_has_any() -> None:
    assert VERBS.keys() >= _VERBS.keys()
    files = {path.stem.removesuffix("-80") for path in ROOT.joinpath("tests/terminal/screens").glob("*-80.txt")}
    assert not {*SCREENS} - files
    words = {name.split("_")[0] for name in files} & {verb.split("-")[0] for verb in _VERBS}
    assert {name.split("_")[0] for name in SCREENS} == words


def test_a_row_adds_up_the_tests_of_a_folder_and_of_a_kind() -> None:
    costs = Costs()
    for name, when, spent in (
        ("tests/library/iam/test_a.py::test_a", "call", (2.0, 1.5, [])),
        ("tests/library/iam/test_a.py::test_a", "teardown", (0.5, 0.25, [])),
        ("tests/runner/host/fargate/test_b.py::test_b", "teardown", (1.0, 0.125, ["true"])),
    ):
        costs.pytest_runtest_logreport(
            pytest.TestReport(name, ("", 0, ""), {}, "passed", None, when, user_properties=[(SPENT, spent)])  # type: ignore[arg-type]
        )

    assert [line.split() for line in costs.lines()[1:]] == [
        ["tests/library/iam", "1", "2.5", "1.8"],
        ["tests/runner/host", "1", "1.0", "0.1"],
        ["synthesis", "1", "2.5", "1.8"],
        ["processes", "1", "1.0", "0.1"],
    ]
    assert (folder("tests/test_c.py::test_c"), kind("tests/test_c.py::test_c", process=False)) == ("tests", "computing")
