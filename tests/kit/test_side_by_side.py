"""Parts of modules that workers take, and their turns."""

import os
import subprocess
import sys
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.kit import side_by_side
from tests.kit.side_by_side import FEW, WAITING_WORKERS, Parts, next_part, parts, pytest_xdist_auto_num_workers

ROOT = Path(__file__).parents[2]
CONFTEST = """
import pytest
from tests.kit import side_by_side
from tests.kit.side_by_side import *

def pytest_configure(config):
    side_by_side.open_late(config)
"""


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("tests/library/test_names.py", ["0of1"]),
        ("tests/terminal/test_runs.py", ["0of3", "1of3", "2of3"]),
        ("tests/containers/test_ends.py", ["process", "docker", "podman"]),
    ],
)
def test_the_parts_of_a_module(module: str, expected: list[str]) -> None:
    assert parts(module) == expected


def test_a_part_of_the_kind_that_is_wanted_is_next_as_long_as_there_is_one() -> None:
    queue = ["tests/terminal/test_runs.py::0of3", "tests/stories/test_large.py::0of1", "tests/a.py::0of1"]

    assert next_part(queue, wait=True) == queue[0]
    assert next_part(queue, wait=False) == queue[2]
    assert next_part(queue[:2], wait=False) == queue[0]
    assert next_part(queue[2:], wait=True) == queue[2]


def test_the_long_modules_exist() -> None:
    assert not [name for name in (*side_by_side.LONG, *side_by_side.SPLIT) if not (ROOT / name).exists()]


class Node:
    """A worker, as much of it as is given tests."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, indexes: list[int]) -> None:
        self.given += indexes


def test_as_many_workers_as_there_are_cores_compute_and_the_others_wait() -> None:
    tests = ["tests/stories/s.py::0of1", "tests/terminal/t.py::0of3", "a.py::0of1", "b.py::0of1", "c.py::0of1", "d.py"]
    nodes = [Node() for _ in range(4)]
    scheduler = Parts.__new__(Parts)
    scheduler.registered_collections = dict.fromkeys(nodes, tests)
    scheduler.assigned_work = {}
    scheduler.workqueue = OrderedDict((test, {test: False}) for test in tests)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "CORES", 2)
        for node in nodes:
            scheduler._assign_work_unit(node)
        scheduler.assigned_work[nodes[0]]["a.py::0of1"]["a.py::0of1"] = True
        scheduler._assign_work_unit(nodes[2])

    assert [[tests[number] for number in node.given] for node in nodes] == [
        ["a.py::0of1"],
        ["b.py::0of1"],
        ["tests/stories/s.py::0of1", "c.py::0of1"],
        ["tests/terminal/t.py::0of3"],
    ]


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs pytest in a folder of modules, with two workers that open them late."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--numprocesses=2", *arguments]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [*command, "--import-mode=importlib", "--dist=loadscope"],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_worker_imports_only_the_modules_that_it_runs(tmp_path: Path) -> None:
    for number in range(8):
        text = f"print('', file=open('read-{number}', 'a'))\ndef test_a(): pass\ndef test_b(): pass\n"
        (tmp_path / f"test_{number}.py").write_text(text, encoding="utf-8")

    done = pytest_in(tmp_path)

    assert "16 passed" in done.stdout, done.stdout + done.stderr
    assert {file.read_text() for file in tmp_path.glob("read-*")} == {"\n"}, "each was imported once"


def test_a_module_that_cannot_be_imported_is_an_error_and_the_others_run(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    (tmp_path / "test_good.py").write_text("def test_a(): pass\ndef test_b(): assert False\n", encoding="utf-8")

    done = pytest_in(tmp_path)

    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed, 1 passed, 1 error" in done.stdout
    assert "ModuleNotFoundError: No module named 'nothing_of_this_name'" in done.stdout


def test_fixtures_of_modules_and_of_the_session_end_when_they_should(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(
        "import pytest\n"
        "@pytest.fixture(scope='module')\n"
        "def opened():\n    yield\n    print('', file=open('closed', 'a'))\n"
        "def test_a(opened): pass\n"
        "def test_b(opened): pass\n",
        encoding="utf-8",
    )

    done = pytest_in(tmp_path)

    assert "2 passed" in done.stdout
    assert (tmp_path / "closed").read_text() == "\n"


def test_what_is_picked_is_collected_by_every_worker(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("def test_a(): pass\ndef test_b(): pass\n", encoding="utf-8")

    assert "1 passed" in pytest_in(tmp_path, "-k", "test_b").stdout
    assert "1 passed" in pytest_in(tmp_path, "test_a.py::test_a").stdout


@dataclass
class Config:
    """As much of pytest's configuration as is looked at, of a call without arguments."""

    option: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(keyword="", markexpr="", lf=False, capture="fd")
    )
    args_source: pytest.Config.ArgsSource = pytest.Config.ArgsSource.TESTPATHS
    args: list[str] = field(default_factory=list)

    def getoption(self, name: str, *, default: bool) -> bool:
        return bool(getattr(self.option, name, default))


@pytest.mark.parametrize(
    ("option", "value"), [("keyword", "verdict"), ("lf", True), ("markexpr", "x"), ("capture", "no")]
)
def test_the_suite_has_workers_and_what_is_picked_or_watched_has_none(option: str, value: object) -> None:
    config = Config()
    suite = pytest_xdist_auto_num_workers(cast("pytest.Config", config))
    setattr(config.option, option, value)

    assert suite > WAITING_WORKERS
    assert pytest_xdist_auto_num_workers(cast("pytest.Config", config)) == 0


def test_many_files_have_workers_and_few_have_none() -> None:
    few, many = (
        Config(args_source=pytest.Config.ArgsSource.ARGS, args=["tests/test_a.py"] * count) for count in (FEW - 1, FEW)
    )
    folder = Config(args_source=pytest.Config.ArgsSource.ARGS, args=["tests/runner"])

    assert pytest_xdist_auto_num_workers(cast("pytest.Config", few)) == 0
    assert pytest_xdist_auto_num_workers(cast("pytest.Config", folder)) > WAITING_WORKERS
    assert pytest_xdist_auto_num_workers(cast("pytest.Config", many)) > WAITING_WORKERS
