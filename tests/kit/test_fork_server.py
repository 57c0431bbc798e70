"""The command that is started by a fork is what the installed one is."""

import os
import re
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.kit.command import COMMAND, call, environment, finish, popen, start
from tests.kit.fork_server import Forked, possible
from tests.kit.projects import declared, make_project

pytestmark = pytest.mark.skipif(not possible(environment()), reason="the command cannot be started by a fork here")


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("--version",), {}),
        (("run", "--help"), {"COLUMNS": "60"}),
        (("no-such-verb",), {}),
        (("list", "-s", "staging", "--project", "é\udcff"), {}),
        (("run",), {"_BATCHWRIGHT_COMPLETE": "bash_complete", "COMP_WORDS": "batchwright ru", "COMP_CWORD": "1"}),
    ],
)
def test_it_says_the_same_and_ends_the_same(tmp_path: Path, words: tuple[str, ...], more: dict[str, str]) -> None:
    forked, installed = (call(tmp_path, *words, env=environment(**more), really=really) for really in (False, True))

    assert forked == installed


def test_it_is_a_child_of_this_process_with_what_it_was_given(tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", "sh", "-c", "echo ready; sleep 60 & wait"))
    ours, theirs = socket.socketpair()

    with ours, theirs, start(tmp_path, "run", "hello", "--local") as process:
        sockets = {f"socket:[{os.fstat(end.fileno()).st_ino}]" for end in (ours, theirs)}
        folder = Path(f"/proc/{process.pid}")
        assert process.stdout
        line = process.stdout.readline()
        status = folder.joinpath("status").read_text()
        descriptors = {os.readlink(path) for path in folder.joinpath("fd").iterdir()}  # noqa: PTH115 - they are no paths
        cwd = folder.joinpath("cwd").readlink()
        process.send_signal(signal.SIGTERM)
        done = finish(process)

    assert isinstance(process, Forked)
    assert line == b"ready\n"
    assert re.search(rf"^PPid:\t{os.getpid()}$", status, re.MULTILINE)
    assert cwd == tmp_path
    assert not sockets & descriptors
    assert done.code == 143


def test_keys_at_its_terminal_send_signals(tmp_path: Path) -> None:
    make_project(tmp_path, declared("hello", "sleep", "60"))
    main, window = os.openpty()
    process = popen(
        [COMMAND, "run", "hello", "--local"],
        tmp_path,
        environment(TERM="xterm"),
        stdin=window,
        stdout=window,
        stderr=window,
        terminal=True,
    )
    os.close(window)
    shown = b""
    while b"hello" not in shown:
        shown += os.read(main, 4096)
    time.sleep(0.5)
    os.write(main, b"\x03")

    assert process.wait(60) == 130
    assert isinstance(process, Forked)
    os.close(main)


@pytest.mark.parametrize("name", ["LANG", "LC_ALL", "PYTHONWARNINGS", "LD_PRELOAD"])
def test_what_counts_when_python_starts_is_given_to_the_installed_one(tmp_path: Path, name: str) -> None:
    assert not possible(environment(**{name: "x"}))

    process = start(tmp_path, "--version", env=environment(**{name: "C"}))

    assert not isinstance(process, Forked)
    assert finish(process).text.startswith("batchwright, version")
