"""The relay is compiled again and compared, here with a compiler that a test plays: ``.ci/relay``."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = "runner/batchwright_runner/workbench/local/containers/relay"
PROGRAMS = ("relay-amd64", "relay-arm64")
COMPILER = """\
#!/bin/sh
while [ "$1" != -o ]; do shift; done
echo "made of $3 as $(basename "$2")" >"$2"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".ci").mkdir()
    (tmp_path / FOLDER).mkdir(parents=True)
    shutil.copy(ROOT / ".ci/relay", tmp_path / ".ci/relay")
    (tmp_path / "compiler").write_text(COMPILER)
    (tmp_path / "compiler").chmod(0o755)
    for program in PROGRAMS:
        (tmp_path / FOLDER / program).write_text(f"made of relay.c as {program}\n")
    return tmp_path


def compare(checkout: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([".ci/relay", "./compiler", *more], cwd=checkout, capture_output=True, text=True, check=False)


def test_programs_that_the_source_gives_are_right(checkout: Path) -> None:
    done = compare(checkout)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_with_another_byte_is_an_error_that_names_it(checkout: Path, program: str) -> None:
    (checkout / FOLDER / program).write_text(f"made of relay.c as {program}!")
    done = compare(checkout)

    assert done.returncode == 1
    assert f"relay: {program} was not made from relay.c: make relay WRITE=1" in done.stderr


def test_with_write_the_new_programs_take_the_place_of_the_old(checkout: Path) -> None:
    (checkout / FOLDER / PROGRAMS[1]).write_text("old")

    assert compare(checkout, "write").returncode == 0
    assert (checkout / FOLDER / PROGRAMS[1]).read_text() == f"made of relay.c as {PROGRAMS[1]}\n"
