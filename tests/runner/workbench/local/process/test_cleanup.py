"""What is left of a plain process whose runner was killed, and what the next run does about it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.process.scratch import identity, name_left
from batchwright_runner.workbench.local.run_lock import RunLock
from tests.kit.command import call, environment, finish, start
from tests.kit.processes import lives, wait_until
from tests.kit.projects import declared, make_project

WAITS = "echo $$; until [ -e go ]; do sleep 0.05; done"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "scratch").mkdir()
    return environment(TMPDIR=str(tmp_path / "scratch"), XDG_STATE_HOME=str(tmp_path / "state"))


def killed_runner(root: Path, variables: dict[str, str]) -> int:
    """The id of a process whose runner was killed."""
    make_project(root, declared("hello", "sh", "-c", WAITS))
    runner = start(root, "run", "hello", "--local", "--run-id", "night-7", env=variables)
    assert runner.stdout is not None
    leader = int(runner.stdout.readline())
    runner.kill()
    finish(runner)
    return leader


def test_what_still_runs_is_named_with_its_start_and_never_killed(tmp_path: Path, variables: dict[str, str]) -> None:
    leader = killed_runner(tmp_path, variables)

    done = [call(tmp_path, "run", "hello", "--local", "--", "echo", "next", env=variables) for _ in range(2)][1]

    assert (done.code, done.out) == (0, b"next\n"), done.err
    assert re.search(rf"process {leader}, since \d{{4}}-.*, of run night-7 still runs: its runner was killed", done.err)
    assert f"end it: kill -- -{leader}" in done.err
    assert lives(leader)
    assert len(list((tmp_path / "scratch").iterdir())) == 1

    (tmp_path / "batches/hello/app/go").touch()
    assert not wait_until(lambda: not lives(leader))
    last = call(tmp_path, "run", "hello", "--local", "--", "true", env=variables)
    assert re.search(r"removed what run night-7 had left: \S+/batchwright-home-\w+: its runner was killed", last.err)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "state/batchwright/runs").iterdir()) == []


def test_a_live_runs_process_is_left_alone(tmp_path: Path, variables: dict[str, str]) -> None:
    make_project(tmp_path, declared("hello", "sh", "-c", WAITS))
    runner = start(tmp_path, "run", "hello", "--local", env=variables)
    assert runner.stdout is not None
    leader = int(runner.stdout.readline())

    call(tmp_path, "run", "hello", "--local", "--", "true", env=variables)

    assert lives(leader)
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    runner.send_signal(signal.SIGTERM)
    finish(runner)
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.fixture
def stranger() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "300"], start_new_session=True)


def test_another_process_that_has_got_the_same_id_is_left_alone(
    tmp_path: Path, stranger: "subprocess.Popen[bytes]"
) -> None:
    with RunLock(tmp_path, "dead") as lock:
        lock.note({"run": "night", "home": "/nowhere"})
        lock.note({"process": stranger.pid, "identity": f"{identity(stranger.pid)}0", "home": "/nowhere"})
    try:
        assert name_left(tmp_path) == ["removed what run night had left: /nowhere: its runner was killed"]

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_folder_that_is_not_of_the_run_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    with RunLock(tmp_path, "dead") as lock:
        lock.note({"run": "night"})
        lock.note({"home": str(mine)})
        lock.note({"process": "no number"})
    with (tmp_path / "dead.lock").open("a") as file:
        file.write('{"process": 1')  # half a note is none

    assert len(name_left(tmp_path)) == 1
    assert mine.is_dir()


def test_the_lock_of_a_run_in_containers_is_left_to_the_engines_sweep(tmp_path: Path) -> None:
    with RunLock(tmp_path, "containers"):
        pass

    assert name_left(tmp_path) == []
    assert (tmp_path / "containers.lock").exists()


def test_a_process_that_has_ended_has_no_identity() -> None:
    done = subprocess.Popen(["true"])
    done.wait()

    assert identity(done.pid) == ""
    assert identity(os.getpid()) != ""
