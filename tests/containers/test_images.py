"""Where the image of a run comes from."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases
from tests.kit.command import COMMAND


def built(cases: Cases) -> list[str]:
    """The images that runs have built of the folder ``built``."""
    return cases.engine.images(f"*batchwright-local/{cases.project.name}/built")


@not_as_process("image")
def test_the_image_is_built_from_the_folder_of_the_batch_and_anew_only_when_something_changed(cases: Cases) -> None:
    text = Path(cases.root, "batches/built/app/text")
    text.write_text("new\n")  # the folder as it was may have been built by another test
    try:
        first = cases.run("built")
        after_first = built(cases)
        second = cases.run("built")
        after_second = built(cases)
        text.write_text("changed\n")
        third = cases.run("built")
    finally:
        text.write_text("first\n")

    assert (first.code, first.out) == (0, b"new\nbuilt\nstep\ntext\n"), first.err
    assert "building" in first.err
    assert (second.code, second.out) == (0, first.out)
    assert "building" not in second.err
    assert after_first == after_second
    assert third.out.startswith(b"changed\n")
    assert len(built(cases)) > len(after_first)


@pytest.fixture
def elsewhere(cases: Cases, tmp_path: Path) -> Iterator[Path]:
    """A folder outside the project, which its file names for the image ``built``."""
    folder = tmp_path / "rails"
    folder.mkdir()
    settings = cases.root / "batchwright.toml"
    before = settings.read_text()
    settings.write_text(f'{before}[images.built]\ncontext = "{os.path.relpath(folder, cases.root)}"\n')
    yield folder
    settings.write_text(before)


@not_as_process("image")
def test_the_source_may_be_elsewhere_and_its_dockerfile_the_projects_own(cases: Cases, elsewhere: Path) -> None:
    own = Path(cases.root, "own.Dockerfile")
    own.write_text(f"FROM {cases.project.image}\nWORKDIR /srv\nCOPY text .\nRUN echo of the project >> text\n")
    Path(elsewhere, "text").write_text("from elsewhere\n")
    Path(elsewhere, ".dockerignore").write_text("*\n!text\n")
    Path(elsewhere, ".git").mkdir()
    settings = Path(cases.root, "batchwright.toml")
    settings.write_text(f'{settings.read_text()}dockerfile = "own.Dockerfile"\n')
    done = cases.run("borrower", "--", "cat", "text")

    assert (done.code, done.out) == (0, b"from elsewhere\nof the project\n"), done.err
    assert f"building the image from {elsewhere}" in done.err


@pytest.mark.parametrize("backend", ["docker"], indirect=True, scope="session")  # Podman's service has the limit too
def test_no_room_for_temporary_files_is_an_error_of_the_start(cases: Cases) -> None:
    text = Path(cases.root, "batches/built/app/text")
    limited = f"ulimit -f 4; exec {COMMAND} run built --local --backend {cases.backend.name}"
    text.write_text("something new, and as much as a page\n" * 1000)
    try:
        process = subprocess.run(
            ["sh", "-c", limited],
            cwd=cases.root,
            env=cases.environment(TMPDIR="/dev/shm"),  # another file system: nothing can be linked there
            capture_output=True,
            check=False,
        )
    finally:
        text.write_text("first\n")

    assert process.returncode == 126, process.stderr.decode()
    assert b"the image cannot be built from batches/built: " in process.stderr
    assert b"File too large" in process.stderr
    assert b"TMPDIR" in process.stderr
    assert b"defect" not in process.stderr


@not_as_process("image")
def test_a_build_that_fails_shows_its_last_lines(cases: Cases) -> None:
    done = cases.run("broken")

    assert (done.code, done.out) == (126, b""), done.err
    assert "no such table" in done.err
    assert "3" in done.err


@not_as_process("image")
def test_an_image_that_cannot_be_had_is_named(cases: Cases) -> None:
    done = cases.run("absent")

    assert (done.code, done.out) == (126, b""), done.err
    assert "registry.invalid/nothing/here:1" in done.err
