"""Groups of tests that stay together, and their turns."""

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
from tests.kit.side_by_side import (
    FEW,
    STORIES,
    WAITING_WORKERS,
    Groups,
    group,
    next_group,
    pytest_xdist_auto_num_workers,
)

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("tests/library/test_names.py::test_a_name", "tests/library/test_names.py"),
        ("tests/library/test_names.py::test_a_name[docker]", "tests/library/test_names.py"),
        ("tests/stories/test_start.py::test_it_starts[story]", STORIES),
        ("tests/stories/test_rows.py::test_a_row[4-story]", STORIES),
        ("tests/stories/test_rows.py::test_of_what[history]", "tests/stories/test_rows.py"),
        ("tests/containers/test_ends.py::test_ctrl_c[docker]", "tests/containers/test_ends.py-docker"),
        ("tests/containers/test_ends.py::test_ctrl_c[2-podman]", "tests/containers/test_ends.py-podman"),
        ("tests/containers/test_ends.py::test_ctrl_c[process]", "tests/containers/test_ends.py"),
        ("tests/terminal/test_runs.py::test_run[80]", "tests/terminal/test_runs.py::test_run[80]"),
        (
            "tests/scaffold/test_moving_pages.py::test_rundeck",
            "tests/scaffold/test_moving_pages.py::test_rundeck",
        ),
        ("tests/containers/test_backends.py::TestProcess::test_one[process]", "tests/containers/test_backends.py"),
    ],
)
def test_the_group_of_a_test(test: str, expected: str) -> None:
    assert group(test) == expected


def test_a_group_of_the_kind_that_is_wanted_is_next_as_long_as_there_is_one() -> None:
    queue = [STORIES, "tests/terminal/test_runs.py::test_run[80]", "tests/stories/test_large.py", "tests/a.py"]

    assert next_group(queue, wait=True) == STORIES
    assert next_group(queue[1:], wait=True) == queue[1]
    assert next_group(queue, wait=False) == "tests/a.py"
    assert next_group(queue[:3], wait=False) == STORIES
    assert next_group(queue[3:], wait=True) == "tests/a.py"


class Node:
    """A worker, as much of it as is given tests."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, indexes: list[int]) -> None:
        self.given += indexes


def test_as_many_workers_as_there_are_cores_compute_and_the_others_wait() -> None:
    tests = ["s.py::test[story]", "tests/terminal/t.py::test", "a.py::test", "b.py::test", "c.py::test", "d.py::test"]
    nodes = [Node() for _ in range(4)]
    scheduler = Groups.__new__(Groups)
    scheduler.registered_collections = dict.fromkeys(nodes, tests)
    scheduler.assigned_work = {}
    scheduler.workqueue = OrderedDict((group(test), {test: False}) for test in tests)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side_by_side, "CORES", 2)
        for node in nodes:
            scheduler._assign_work_unit(node)
        scheduler.assigned_work[nodes[0]]["a.py"]["a.py::test"] = True
        scheduler._assign_work_unit(nodes[2])

    assert [[tests[number] for number in node.given] for node in nodes] == [
        ["a.py::test"],
        ["b.py::test"],
        ["s.py::test[story]", "c.py::test"],
        ["tests/terminal/t.py::test"],
    ]


def collected(*arguments: str) -> str:
    """What pytest says of a run in which this file's tests are left out."""
    command = [sys.executable, "-m", "pytest", "--deselect=tests", *arguments]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr
    return done.stdout


def test_a_file_has_no_workers_unless_they_are_asked_for() -> None:
    file, without_a_cache = "tests/kit/test_side_by_side.py", ("-p", "no:cacheprovider")

    assert "workers [" not in collected(file, *without_a_cache)
    assert "2 workers [" in collected(file, "--numprocesses=2")


@dataclass
class Config:
    """As much of pytest's configuration as is looked at, of a call without arguments."""

    option: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(keyword="", markexpr="", lf=False, capture="fd")
    )
    args_source: pytest.Config.ArgsSource = pytest.Config.ArgsSource.TESTPATHS
    args: list[str] = field(default_factory=list)


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
