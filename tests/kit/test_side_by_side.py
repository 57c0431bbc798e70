"""Groups of tests that stay together, and their turns."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.side_by_side import STORIES, group, turn

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
        ("tests/containers/test_backends.py::TestProcess::test_one[process]", "tests/containers/test_backends.py"),
    ],
)
def test_the_group_of_a_test(test: str, expected: str) -> None:
    assert group(test) == expected


def test_stories_come_first_then_engines_then_the_others() -> None:
    tests = ["tests/a.py::test_a", "tests/containers/b.py::test_b[docker]", "tests/stories/c.py::test_c[story]"]

    assert sorted(tests, key=turn) == tests[::-1]


def collected(*arguments: str) -> str:
    """What pytest says of a run of no test, in this checkout."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--deselect=tests", *arguments]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout


def test_a_single_test_has_no_workers() -> None:
    file = "tests/kit/test_side_by_side.py"

    assert "workers [" not in collected(file)
    assert "workers [" in collected(file, "--numprocesses=2")
