"""What is left of a plain process whose runner was killed, and what the next run does about it."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.process.scratch import identity, sweep_processes
from batchwright_runner.workbench.local.run_lock import RunLock
from tests.kit.command import call, environment, finish, start
from tests.kit.processes import lives, wait_until
from tests.kit.projects import declared, make_project

CHILD = "(trap '' TERM; echo $HOME > child; sleep 300) & "
LIVES = f"{CHILD} echo $$; while :; do sleep 0.1; done"
LEAVES = f"{CHILD} echo $$; until [ -e go ]; do sleep 0.05; done"


def of_session(leader: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if path.read_text().rpartition(")")[2].split()[3] == str(leader):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return [pid for pid in found if lives(pid)]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "scratch").mkdir()
    return environment(TMPDIR=str(tmp_path / "scratch"), XDG_STATE_HOME=str(tmp_path / "state"))


def killed_runner(root: Path, script: str, variables: dict[str, str], *options: str) -> tuple[int, list[int]]:
    """The id of a process whose runner was killed, and all ids of its session."""
    make_project(root, declared("hello", "sh", "-c", script))
    runner = start(root, "run", "hello", "--local", *options, env=variables)
    assert runner.stdout is not None
    leader = int(runner.stdout.readline())
    assert not wait_until((root / "batches/hello/app/child").exists)
    runner.kill()
    finish(runner)
    return leader, of_session(leader)


def test_the_batch_and_its_home_go_with_the_next_run(tmp_path: Path, variables: dict[str, str]) -> None:
    _, pids = killed_runner(tmp_path, LIVES, variables, "--run-id", "night-7")
    assert len(pids) >= 2  # it, and what it started
    assert len(list((tmp_path / "scratch").iterdir())) == 1

    done = call(tmp_path, "run", "hello", "--local", "--", "echo", "next", env=variables)

    assert (done.code, done.out) == (0, b"next\n"), done.err
    assert not wait_until(lambda: not any(map(lives, pids)))
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "state/batchwright/runs").iterdir()) == []
    assert "removed what run night-7 had left behind: its runner was killed" in done.err


def test_what_the_batch_has_started_goes_too_when_the_batch_itself_has_ended(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    leader, pids = killed_runner(tmp_path, LEAVES, variables)
    (tmp_path / "batches/hello/app/go").touch()
    assert not wait_until(lambda: not lives(leader))
    assert any(map(lives, pids))

    call(tmp_path, "run", "hello", "--local", "--", "true", env=variables)

    assert not wait_until(lambda: not any(map(lives, pids)))


def test_a_live_runs_process_is_left_alone(tmp_path: Path, variables: dict[str, str]) -> None:
    make_project(tmp_path, declared("hello", "sh", "-c", LIVES))
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
        assert sweep_processes(tmp_path) == ["night"]

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_folder_that_is_not_of_the_run_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    with RunLock(tmp_path, "dead") as lock:
        lock.note({"run": "night"})
        lock.note({"folder": str(mine)})
        lock.note({"process": "no number"})
    with (tmp_path / "dead.lock").open("a") as file:
        file.write('{"process": 1')  # half a note is none

    assert sweep_processes(tmp_path) == ["night"]
    assert mine.is_dir()


def test_the_lock_of_a_run_in_containers_is_left_to_the_engines_sweep(tmp_path: Path) -> None:
    with RunLock(tmp_path, "containers"):
        pass

    assert sweep_processes(tmp_path) == []
    assert (tmp_path / "containers.lock").exists()


def test_a_process_that_has_ended_has_no_identity() -> None:
    done = subprocess.Popen(["true"])
    done.wait()

    assert identity(done.pid) == ""
    assert identity(os.getpid()) != ""
