"""What another user may have put where we look."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.run_lock import (
    NotOwnError,
    RunLock,
    is_dead,
    locks_folder,
    make_own_folder,
    noted,
    open_own,
)

ME = os.geteuid()
Plant = Callable[[Path], None]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Makes a file or folder another user's than the one who looks then.

    Only root can make a stranger's. Else this process's user becomes one to whom all files are a stranger's.
    """

    def made(path: Path) -> None:
        if ME == 0:
            os.lchown(path, 4242, 4242)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: ME + 4242)

    return made


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder in which anyone can write, as ``/tmp``."""
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    return tmp_path / "tmp"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_folder_is_made_for_this_user_alone(shared: Path) -> None:
    make_own_folder(shared / "mine")

    assert mode(shared / "mine") == 0o700


def test_one_that_others_can_write_to_is_closed(shared: Path) -> None:
    (shared / "mine").mkdir()
    (shared / "mine").chmod(0o777)

    make_own_folder(shared / "mine")

    assert mode(shared / "mine") == 0o700


@pytest.mark.parametrize("inside", ["planted", "planted/batchwright/runs"])
def test_one_that_another_user_has_put_there_is_an_error_that_names_it(shared: Path, plant: Plant, inside: str) -> None:
    (shared / "planted").mkdir()
    plant(shared / "planted")

    with pytest.raises(StartError) as caught:
        RunLock(shared / inside, "night").__enter__()

    named = "it" if inside == "planted" else str(shared / "planted")
    assert f"no lock of this run can be made in {shared / inside}: {named} belongs to " in str(caught.value)
    assert str(caught.value).endswith("Set XDG_STATE_HOME to a folder of your own")


def test_a_link_of_another_users_is_refused_though_it_leads_to_an_own_folder(
    shared: Path, tmp_path: Path, plant: Plant
) -> None:
    (tmp_path / "own").mkdir()
    (shared / "planted").symlink_to(tmp_path / "own")
    plant(shared / "planted")

    with pytest.raises(NotOwnError):
        make_own_folder(shared / "planted")


def test_a_strangers_lock_is_no_dead_runs_and_its_notes_do_not_count(tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "night.lock").write_text('{"process": 1}\n')
    assert is_dead(tmp_path, "night")
    assert noted(tmp_path, "night") == [{"process": 1}]

    plant(tmp_path / "night.lock")

    assert not is_dead(tmp_path, "night")
    assert noted(tmp_path, "night") == []


def test_a_link_or_a_pipe_in_a_locks_place_is_not_followed_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").write_text('{"process": 1}\n')
    (tmp_path / "link.lock").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe.lock")

    for name in ("link", "pipe"):
        assert not is_dead(tmp_path, name)
        assert noted(tmp_path, name) == []


def test_no_descriptor_of_what_is_refused_stays_open(tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "planted").write_text("")
    plant(tmp_path / "planted")
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(NotOwnError, match="planted is not a file of "):
        open_own(tmp_path / "planted", os.O_RDONLY)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_locks_lie_in_the_users_state_folder_else_in_the_sessions_which_no_one_else_has(tmp_path: Path) -> None:
    nowhere = {"HOME": "/proc/1/nowhere"}

    assert locks_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "batchwright/runs"
    assert locks_folder({"HOME": str(tmp_path)}) == tmp_path / ".local/state/batchwright/runs"
    assert locks_folder({**nowhere, "XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "batchwright/runs"
    assert str(os.getuid()) in locks_folder({}).name


def test_a_lock_that_cannot_be_made_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, where a folder should be")

    with pytest.raises(
        StartError, match=r"no lock of this run can be made in .*: Not a directory\. Set XDG_STATE_HOME"
    ):
        RunLock(tmp_path / "state/runs", "night").__enter__()
