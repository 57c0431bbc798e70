"""What is missing on a machine, told from the programs that are there."""

from pathlib import Path

import pytest

from tests.e2e.packages import PROGRAMS, missing

STATIC = b"\x7fELF a program that needs nothing"
DYNAMIC = b"\x7fELF /lib64/ld-linux-x86-64.so.2"


@pytest.fixture
def busybox(tmp_path: Path) -> Path:
    file = tmp_path / "busybox"
    file.write_bytes(STATIC)
    return file


def test_nothing_is_missing_where_every_program_is_there(busybox: Path) -> None:
    assert missing(lambda _: str(busybox)) == []


def test_a_bare_machine_lacks_everything() -> None:
    assert missing(lambda _: None) == list(PROGRAMS.values())


def test_the_package_of_a_missing_program_is_named(busybox: Path) -> None:
    assert missing(lambda program: None if program == "dockerd" else str(busybox)) == ["docker.io"]


def test_a_busybox_that_needs_libraries_does_not_count(busybox: Path) -> None:
    busybox.write_bytes(DYNAMIC)

    assert missing(lambda _: str(busybox)) == ["busybox-static"]
