"""The packages that a machine lacks, by the programs that are there; and the tests that arguments pick."""

from pathlib import Path

import pytest

from tests.e2e.__main__ import TESTS, picked
from tests.e2e.packages import PROGRAMS, missing

STATIC = b"\x7fELF a program that needs nothing"
DYNAMIC = b"\x7fELF /lib64/ld-linux-x86-64.so.2"


@pytest.mark.parametrize(
    ("busybox", "gone", "packages"),
    [
        (STATIC, (), []),
        (STATIC, tuple(PROGRAMS), list(PROGRAMS.values())),
        (STATIC, ("dockerd",), ["docker.io"]),
        (DYNAMIC, (), ["busybox-static"]),
    ],
)
def test_the_packages_of_missing_programs_are_named(
    tmp_path: Path, busybox: bytes, gone: tuple[str, ...], packages: list[str]
) -> None:
    file = tmp_path / "busybox"
    file.write_bytes(busybox)

    assert missing(lambda program: None if program in gone else str(file)) == packages


@pytest.mark.parametrize(
    ("arguments", "beside"),
    [
        (["-s"], [str(TESTS)]),
        (["-k", "trial"], [str(TESTS)]),
        (["tests/e2e/test_trial.py"], []),
        (["-s", "tests/e2e/test_trial.py::test_it"], []),
    ],
)
def test_a_file_that_is_named_is_played_alone(arguments: list[str], beside: list[str]) -> None:
    assert picked(arguments) == [*beside, *arguments]
