"""The verb that a batch's container `files` runs."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.contract.files_plan import FilesPlan, FileTemplate
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.config_files import render_into, write
from tests.kit.command import COMMAND, environment
from tests.kit.fakes import Notes

ME = (os.getuid(), os.getgid())
PLAN = FilesPlan(
    (
        FileTemplate("/app/config/a.ini", "files-1", "a.ini", "a=${A}\n"),
        FileTemplate("/app/config/env/b.ini", "files-1", "env/b.ini", "b=${B}\n"),
        FileTemplate("/data/c.ini", "files-2", "c.ini", "$$\n"),
    ),
    ME,
)


def variables(plan: FilesPlan = PLAN, **values: str) -> dict[str, str]:
    return {"BATCHWRIGHT_FILES": plan.to_json(), **values}


def test_it_writes_each_file_into_its_volume(tmp_path: Path) -> None:
    told = Notes()

    render_into(tmp_path, variables(A="correct", B="horse"), told)

    written = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"files-1/a.ini": "a=correct\n", "files-1/env/b.ini": "b=horse\n", "files-2/c.ini": "$\n"}
    assert told.texts == ["wrote /app/config/a.ini", "wrote /app/config/env/b.ini", "wrote /data/c.ini"]


def test_the_owner_alone_can_read_what_it_writes_and_every_user_can_reach_it(tmp_path: Path) -> None:
    render_into(tmp_path, variables(A="", B=""), Notes())

    assert tmp_path.joinpath("files-1/env/b.ini").stat().st_mode & 0o777 == 0o400
    assert tmp_path.joinpath("files-1/env").stat().st_mode & 0o777 == 0o755


def test_without_a_known_owner_every_user_can_read_it(tmp_path: Path) -> None:
    (file,) = FilesPlan((FileTemplate("/a/b", "files-1", "b", "x"),), None).render({})

    write(tmp_path, replace(file, owner=ME))

    assert tmp_path.joinpath("b").stat().st_mode & 0o777 == 0o444


def test_a_variable_without_a_value_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(RunnerError, match=r"^/app/config/env/b.ini cannot be rendered: B has no value$"):
        render_into(tmp_path, variables(A="correct-horse"), Notes())
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_is_replaced_and_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, outside = tmp_path / "files-2", tmp_path / "outside"
    folder.mkdir()
    outside.write_text("mine")
    folder.joinpath("c.ini").symlink_to(outside)

    render_into(tmp_path, variables(A="", B=""), Notes())

    assert (outside.read_text(), folder.joinpath("c.ini").read_text()) == ("mine", "$\n")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("files-1").write_text("no folder")

    with pytest.raises(RunnerError, match=r"^/app/config/a.ini cannot be written: "):
        render_into(tmp_path, variables(A="", B=""), Notes())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "there is nothing to render: BATCHWRIGHT_FILES is not set"),
        (variables(A="correct-horse"), "/app/config/env/b.ini cannot be rendered: B has no value"),
        ({"BATCHWRIGHT_FILES": "x"}, "BATCHWRIGHT_FILES cannot be read"),
    ],
)
def test_the_command_fails_with_a_message_that_shows_no_value(given: dict[str, str], message: str) -> None:
    done = subprocess.run([COMMAND, "render-files"], env=environment(**given), capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (125, "")
    assert message in done.stderr
    assert "correct-horse" not in done.stderr
