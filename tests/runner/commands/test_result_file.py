"""Where a result is written, and what happens where it cannot be."""

import json
import os
import stat
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from batchwright_runner.commands.result_file import RunResult, check_result_path, write_result
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.errors import UsageError
from tests.kit.command import COMMAND, Done, call, environment
from tests.kit.projects import declared, make_project

RESULT = RunResult(verdict=Verdict(Row.OWN, 3, "why", "ask"), batch="hello", stage="staging")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_project(tmp_path, declared("hello", "sh", "-c", "echo a line; exit 3"))


def run(root: Path, *arguments: str) -> Done:
    return call(root, "run", "hello", "--local", *arguments, env=environment())


def test_the_umask_holds_and_no_other_file_is_left(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_result(tmp_path / "result.json", RESULT)
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "result.json").stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize("target", ["real.json", "nowhere.json", "/dev/null", "pipe"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "real.json").write_text("old")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "result.json").symlink_to(target)

    check_result_path(tmp_path / "result.json")
    write_result(tmp_path / "result.json", RESULT)

    assert json.loads((tmp_path / "result.json").read_text())["code"] == 3
    assert not (tmp_path / "result.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "old"
    assert not (tmp_path / "nowhere.json").exists()


def test_a_link_to_a_folder_is_no_place_for_a_file(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "result.json").symlink_to("results")

    with pytest.raises(UsageError, match="it is a folder"):
        check_result_path(tmp_path / "result.json")


@pytest.mark.parametrize("linked", [True, False])
def test_what_only_someone_else_can_replace_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    path = tmp_path / "result.json"
    tmp_path.chmod(0o1777)
    path.symlink_to("/etc/hostname") if linked else path.write_text("mine")
    check_result_path(path)

    monkeypatch.setattr(os, "geteuid", lambda: 4321)

    with pytest.raises(UsageError, match="it is someone else's, in a folder for all"):
        check_result_path(path)
    check_result_path(tmp_path / "other.json")


def test_a_write_that_fails_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "result.json").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_result(tmp_path / "result.json" / "..", RESULT)
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    path, seen = tmp_path / "pipe", []
    os.mkfifo(path)
    reading = threading.Thread(target=lambda: seen.append(path.read_text()))
    reading.start()

    check_result_path(path)
    write_result(path, RESULT)
    reading.join()

    assert path.is_fifo()
    assert json.loads(seen[0])["code"] == 3


def test_a_text_that_is_no_unicode_is_written_all_the_same(tmp_path: Path) -> None:
    write_result(tmp_path / "result.json", replace(RESULT, verdict=replace(RESULT.verdict, why="\udcff")))

    assert json.loads((tmp_path / "result.json").read_bytes())["why"] == "\udcff"


def test_stdout_gets_it_after_the_log(root: Path) -> None:
    command = ["sh", "-c", 'exec "$0" run hello --local --result /dev/stdout >log', str(COMMAND)]
    code = subprocess.run(command, cwd=root, env=environment(), check=False, timeout=60).returncode

    text = (root / "log").read_text()
    assert code == 3
    assert text.startswith("a line\n{")
    assert json.loads(text.removeprefix("a line\n"))["code"] == 3
    assert Path("/dev/stdout").is_symlink()


def test_a_device_stays_one(root: Path) -> None:
    assert run(root, "--result", "/dev/null").code == 3
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_result_that_cannot_be_written_does_not_cost_the_code(root: Path) -> None:
    done = run(root, "--result", "/dev/full")

    assert done.code == 3
    assert "the result cannot be written to /dev/full: No space left on device. The exit code holds" in done.err
    assert done.last.startswith("batchwright: exit 3: ")


@pytest.mark.parametrize("given", ["", "."])
def test_a_folder_in_the_place_of_a_file_is_said_before_anything_starts(root: Path, given: str) -> None:
    done = run(root, "--result", given)

    assert (done.code, done.out) == (2, b"")
    assert "The exit code holds" not in done.err


@pytest.mark.parametrize(
    "wrong",
    [("-e", "=x"), ("-o", "X"), ("--timeout", "99d"), ("--nonsense",), ("--detach",), ("--backend", "none")],
    ids=" ".join,
)
def test_a_command_line_that_is_refused_is_the_result(root: Path, wrong: tuple[str, ...]) -> None:
    (root / "result.json").write_text('{"code": 0}')

    done = run(root, *wrong, "--result", "result.json")

    found = json.loads((root / "result.json").read_text())
    assert (done.code, found["code"], found["row"], found["retry"]) == (2, 2, "usage", "useless")
    assert (found["batch"], found["stage"]) == ("hello", "local")
    assert found["why"] in " ".join(done.err.split())


def test_where_its_own_place_is_what_is_wrong_nothing_is_written(root: Path) -> None:
    assert run(root, "--result").code == 2
    assert run(root, "--result", "nowhere/result.json", "--timeout", "99d").code == 2
    assert not (root / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("x" * 300, "File name too long"),
        ("/proc/self/fd/99", "no such descriptor is open"),
        ("-", "it is no file. Write /dev/stdout for stdout"),
        ("nowhere/result.json", "{root}/nowhere is not a folder"),
    ],
    ids=["long", "descriptor", "dash", "folder"],
)
def test_a_place_that_cannot_be_is_said_before_anything_starts(root: Path, name: str, why: str) -> None:
    done = run(root, "--result", name)

    assert done.code == 2
    assert f"the result cannot be written to {name}: {why.format(root=root)}" in done.err
    assert "on this machine" not in done.err


def test_a_folder_that_is_closed_is_said_too(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        return  # root may write everywhere

    with pytest.raises(UsageError, match="no permission"):
        check_result_path(closed / "result.json")
