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


def test_a_room_has_the_tests_that_import_it_and_those_that_start_its_verb() -> None:
    files = chosen("diff")

    assert {"tests/runner/workbench/diff/test_rules.py", "tests/terminal/test_diff.py"} <= set(files)
    assert "tests/runner/host/fargate/test_pace.py" not in files
    assert all((ROOT / file).is_file() for file in files)


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
