"""Which tests are those of a room."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.rooms import ROOT, chosen, reaching, rooms

IMPORTS = {
    "house.attic": frozenset({"house.stairs"}),
    "house.cellar.shelf": frozenset[str](),
    "house.stairs": frozenset({"house.cellar.shelf"}),
    "tests.test_attic": frozenset({"house.attic"}),
    "tests.test_garden": frozenset({"house.garden"}),
    "house.garden": frozenset[str](),
}


def test_a_room_is_reached_directly_and_by_others() -> None:
    assert reaching(["house.cellar"], IMPORTS) == IMPORTS.keys() - {"house.garden", "tests.test_garden"}
    assert reaching(["house.cell"], IMPORTS) == set()


def test_the_folder_that_mirrors_a_room_comes_first_then_what_imports_it() -> None:
    files = chosen("diff")

    mirrored = [file.startswith("tests/runner/workbench/diff/") for file in files]
    assert mirrored[0]
    assert mirrored == sorted(mirrored, reverse=True)
    assert "tests/terminal/test_diff.py" not in files
    assert all((ROOT / file).is_file() for file in files)


def test_deep_are_all_that_reach_a_room_and_those_that_start_its_verb() -> None:
    near, files = chosen("diff"), chosen("diff", deep=True)

    assert files[: len(near)] == near
    assert "tests/terminal/test_diff.py" in files
    assert "tests/runner/host/fargate/test_pace.py" not in files


def test_every_room_has_a_test() -> None:
    assert {"contract", "commands", "fargate", "diff", "iam"} <= rooms().keys()
    assert "tests/runner/contract/test_verdicts.py" in chosen("contract")
    assert "tests/runner/commands/test_completion.py" in chosen("commands")


@pytest.mark.parametrize("name", ["", "kitchen"])
def test_another_room_is_an_error_that_lists_them(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.kit.rooms", name], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stderr.startswith(f"make test: there is no room {name!r}. There are: ")
    assert " alerting, alerts, app, " in done.stderr
    assert Path(done.stdout) == Path()
