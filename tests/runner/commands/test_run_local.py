"""The installed command on a small project, as a subprocess."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from batchwright_runner._version import __version__
from tests.kit.command import COMMAND, Done, call, environment, finish, popen, start
from tests.kit.projects import declared, make_project

TRAPS = "trap 'echo cleaning up; exit 0' TERM; echo ready; while :; do sleep 0.1; done"
"""A batch that answers SIGTERM with exit 0."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def run_sh(root: Path, script: str, *arguments: str) -> Done:
    make_project(root, declared("hello", "sh", "-c", script))
    return call(root, "run", "hello", "--local", *arguments)


def start_sh(root: Path, script: str, **manifest: object) -> "tuple[subprocess.Popen[bytes], bytes]":
    """A batch that has begun, and its first line."""
    make_project(root, declared("hello", "sh", "-c", script, manifest=manifest))
    process = start(root, "run", "hello", "--local")
    assert process.stdout is not None
    return process, process.stdout.readline()


@contextmanager
def full_pipe(path: Path) -> Iterator[int]:
    """A named pipe that takes nothing before it is read from."""
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    try:
        with suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * 4096)
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def wait_until_open(pid: int, path: Path) -> None:
    """Waits until a process has a file open."""
    until = time.monotonic() + 30
    while path not in [Path(os.path.realpath(descriptor)) for descriptor in Path(f"/proc/{pid}/fd").iterdir()]:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_log_is_on_stdout_and_nothing_else(root: Path) -> None:
    done = run_sh(root, "echo out; echo err >&2; printf end")

    assert (done.code, done.out) == (0, b"out\nerr\nend\n")
    assert "owner" not in done.err


def test_stderr_begins_with_where_and_ends_with_the_verdict(root: Path) -> None:
    err = run_sh(root, "exit 3").err

    assert err.startswith(f"batchwright: {__version__}: batch hello, stage local, on this machine, as a process\n")
    assert err.endswith("\nbatchwright: exit 3: the container's own code (main ended by itself)\n")
    assert "synthesizing stage local" in err
    assert "no isolation" in err


def test_a_missing_dockerfile_and_the_machine_s_own_python_are_said(root: Path) -> None:
    make_project(root, declared("hello", "python", "-c", "", manifest={"image": {"name": "hello"}}))

    missing = call(root, "run", "hello", "--local").err
    listed = call(root, "list", "--local").err
    (root / "batches/hello/Dockerfile").touch()
    present = call(root, "run", "hello", "--local").err

    line = "image hello cannot be built yet: there is no batches/hello/Dockerfile"
    assert [line in text for text in (missing, listed, present)] == [True, True, False]
    assert re.search(r"python is \S+/python, not the image's", present)


def test_an_option_reaches_the_batch_and_a_blank_one_does_not(root: Path) -> None:
    option = {"name": "DAY", "pattern": "[0-9-]+"}
    make_project(root, declared("hello", "sh", "-c", "echo day=${DAY-none}", manifest={"options": [option]}))

    assert call(root, "run", "hello", "--local", "-o", "DAY=2026-11-24").out == b"day=2026-11-24\n"
    assert call(root, "run", "hello", "--local", "-o", "DAY=").out == b"day=none\n"
    refused = call(root, "run", "hello", "--local", "-o", "DAY=today")
    assert (refused.code, refused.out) == (2, b"")
    assert "-o DAY=today is refused: allowed: what matches [0-9-]+" in refused.err


def test_a_failure_names_owner_runbook_and_the_command(root: Path) -> None:
    make_project(root, declared("hello", "false", manifest={"runbook": "https://wiki/hello"}))
    failed = call(root, "run", "hello", "--local", "-e", "A=b c", "--timeout", "1m").err

    assert "owner: platform-team" in failed
    assert "runbook: https://wiki/hello" in failed
    assert "run it again: batchwright run hello --local -e A=… --timeout 1m" in failed
    assert "b c" not in failed


@pytest.mark.parametrize(
    "words",
    [
        ("-e", "A="),
        ("-e", "PASSED"),
        ("-o", "DAY=a 'b' \"c\" $d\\", "-qe", "B="),
        ("--run-id", "once", "-o", "DAY=…"),
        ("--", "sh", "-c", "echo 'a  b'\nprintf '\\t%s' \"$DAY\"; exit 3"),
    ],
)
def test_the_command_to_run_it_again_does_the_same_in_a_shell(root: Path, words: tuple[str, ...]) -> None:
    batch = declared("hello", "sh", "-c", "echo $A $PASSED $DAY; exit 3", manifest={"options": [{"name": "DAY"}]})
    make_project(root, batch)

    variables = environment(PASSED="a  b")
    first = call(root, "run", "hello", "--local", *words, env=variables)
    (again,) = re.findall("run it again: (.*)", first.err)
    program = f"{shlex.quote(sys.executable)} -m batchwright_runner"
    pasted = subprocess.run(
        ["bash", "-c", again.replace("batchwright", program, 1)], cwd=root, env=variables, capture_output=True
    )

    assert (pasted.returncode, pasted.stdout) == (3, first.out), pasted.stderr
    assert first.code == 3


def test_a_value_that_is_not_shown_is_not_passed_on_as_it_is_shown(root: Path) -> None:
    refused = run_sh(root, "true", "-e", "A=…")

    assert refused.code == 2
    assert "-e A=… cannot be read: … stands for a value that is not shown. Write the value in its place" in refused.err


def test_a_variable_without_a_name_is_refused_and_its_value_not_shown(root: Path) -> None:
    refused = run_sh(root, "true", "-e", "=secret")

    assert refused.code == 2
    assert "secret" not in refused.err


def test_lines_come_as_they_are_written(root: Path) -> None:
    process, line = start_sh(root, "mkfifo fifo; echo one; read line < fifo; echo two")

    (root / "batches/hello/app/fifo").write_text("go\n")

    assert (line, finish(process).out) == (b"one\n", b"two\n")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGQUIT, 131), (signal.SIGHUP, 129)]
)
def test_a_signal_stops_a_batch_that_then_exits_0(root: Path, number: int, code: int) -> None:
    process, _ = start_sh(root, TRAPS)

    process.send_signal(number)
    done = finish(process)

    assert (done.code, done.out) == (code, b"cleaning up\n")
    assert f"exit {code}: stopped on {signal.Signals(number).name}" in done.last


def test_a_second_signal_leaves_at_once_and_leaves_nothing_running(root: Path) -> None:
    process, pid = start_sh(root, "trap '' TERM; echo $$; while :; do sleep 0.1; done", stop_timeout_seconds=120)

    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert finish(process, 30).code == 143
    of = Path("/proc", pid.decode().strip())
    assert not of.exists() or "Z" in (of / "stat").read_text()


def test_signals_that_come_once_the_end_is_known_change_nothing(root: Path) -> None:
    make_project(root, declared("hello", "true"))
    os.mkfifo(root / "result")
    with full_pipe(root / "result") as reader:
        process = start(root, "run", "hello", "--local", "--result", "result")
        wait_until_open(process.pid, root / "result")

        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        os.set_blocking(reader, True)
        while not os.read(reader, 65536).strip(b"x"):
            pass
        done = finish(process, 30)

    assert (done.code, done.last) == (0, "batchwright: exit 0: the container's own code (main ended by itself)")


def test_a_timeout_beyond_what_a_batch_may_declare_is_refused_before_anything_starts(root: Path) -> None:
    done = call(root, "run", "hello", "--local", "--timeout", "15d")

    assert done.code == 2
    assert "15d is too long: 14d at most" in done.err


@pytest.mark.parametrize("code", [0, 5])
def test_a_reader_that_goes_away_does_not_change_the_code(root: Path, code: int) -> None:
    process, _ = start_sh(root, f"seq 1 100000; touch finished; exit {code}")
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None

    assert finish(process).code == code
    assert (root / "batches/hello/app/finished").exists()


def test_a_closed_stderr_does_not_change_the_code(root: Path) -> None:
    make_project(root, declared("hello", "sh", "-c", "echo x; exit 4"))
    words = ["sh", "-c", f"'{COMMAND}' run hello --local 2>&-"]
    done = subprocess.run(words, cwd=root, env=environment(), capture_output=True, check=False)

    assert (done.returncode, done.stdout) == (4, b"x\n")


def test_only_declared_variables_reach_the_batch(root: Path) -> None:
    data = declared(
        "hello",
        "env",
        manifest={"parameters": {"TO": ""}, "secrets": ["PASSWORD"]},
        container={"environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]},
        parameters={"TO": {"path": "/p/TO", "value": "me"}},
    )
    make_project(root, data)
    (root / "batches/hello/local.env").write_text("PASSWORD='s3cret'\n")
    done = call(root, "run", "hello", "--local", "-e", "B=2", "-e", "C=3", env=environment(AWS_PROFILE="mine"))
    found = dict(line.split("=", 1) for line in done.out.decode().splitlines())

    assert found.pop("BATCHWRIGHT_RUN_ID").startswith("run-")
    assert found.pop("HOME") != os.environ.get("HOME")
    due = {"BATCHWRIGHT_SCHEDULED_TIME": "", "BATCHWRIGHT_SCHEDULED_DATE": ""}
    declared_ones = {"A": "1", "B": "2", "C": "3", "TO": "me", "PASSWORD": "s3cret"}
    assert found == {**declared_ones, **due, "PATH": found["PATH"]}


def test_the_day_of_a_due_time_is_the_one_in_the_schedules_zone(root: Path) -> None:
    batch = declared("hello", "printenv", "BATCHWRIGHT_SCHEDULED_DATE", manifest={"schedule": "30 2 * * * Asia/Tokyo"})
    make_project(root, batch)

    assert call(root, "run", "hello", "--local", "--scheduled", "2026-11-24T17:30:00Z").out == b"2026-11-25\n"


def test_a_variable_alone_takes_this_process_own(root: Path) -> None:
    make_project(root, declared("hello", "sh", "-c", "echo $MINE"))

    assert call(root, "run", "hello", "--local", "-e", "MINE", env=environment(MINE="x")).out == b"x\n"
    assert call(root, "run", "hello", "--local", "-e", "MINE").code == 2


def test_missing_values_are_named_and_nothing_is_started(root: Path) -> None:
    make_project(root, declared("hello", "touch", "started", manifest={"secrets": ["PASSWORD"]}))
    done = call(root, "run", "hello", "--local")

    assert done.code == 125
    assert "PASSWORD (a secret) has no value on this machine (looked in batches/hello/local.env)" in done.err
    assert done.last == "batchwright: exit 125: no result (nothing was started)"
    assert not (root / "batches/hello/app/started").exists()


def test_a_batch_that_was_stopped_is_not_run_again(root: Path) -> None:
    script = "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done"
    process, _ = start_sh(root, script, retries=5, retry_on=[3, 143])

    process.send_signal(signal.SIGTERM)
    done = finish(process)

    assert (done.code, done.out) == (143, b""), "a second attempt would say that it is ready"
    assert "attempt" not in done.err


def test_a_nul_in_the_command_never_starts(root: Path) -> None:
    make_project(root, declared("hello", "echo", "a\0b"))

    assert call(root, "run", "hello", "--local").code == 126


def test_a_project_is_looked_for_before_any_engine(root: Path) -> None:
    done = call(root, "run", "hello", "--local", "--backend", "docker", env={"DOCKER_HOST": "unix:///no/docker.sock"})

    assert done.code == 2
    assert "no project here" in done.err


def test_another_stage_can_be_run_here(root: Path) -> None:
    make_project(root, declared("hello", "echo", "x"))

    assert call(root, "run", "hello", "--local", "-s", "staging").code == 0
    assert (root / "synthesized").read_text() == "staging\n"


def test_a_signal_while_synthesizing_starts_nothing(root: Path) -> None:
    make_project(root, declared("hello", "touch", "started"))
    (root / "app.py").write_text("import time; open('synthesizing', 'w'); time.sleep(300)\n")
    process = start(root, "run", "hello", "--local")
    until = time.monotonic() + 30
    while not (root / "synthesizing").exists() and time.monotonic() < until:
        time.sleep(0.02)

    process.send_signal(signal.SIGTERM)
    assert finish(process).code == 143
    assert not (root / "batches/hello/app/started").exists()


def test_the_result_of_a_process_has_the_fields_of_every_run(root: Path) -> None:
    run_sh(root, "sleep 0.7; exit 127", "--result", "result.json")
    written = json.loads((root / "result.json").read_text())

    assert written["task"].startswith("process ")
    assert (written["container_code"], written["stop_code"], written["reason"]) == (127, "EssentialContainerExited", "")
    assert written["advice"] == "127 often means: the command was not found in the image"
    assert written["phases"]["running"] >= 0.5
    assert written["times"].keys() == {"startedAt", "executionStoppedAt"}
    assert (written["log_complete"], written["backend"]) == (True, "process")


def test_the_result_of_a_process_that_was_stopped_says_why_and_when(root: Path) -> None:
    run_sh(root, "sleep 60", "--timeout", "1s", "--result", "result.json")
    written = json.loads((root / "result.json").read_text())

    assert (written["code"], written["reason"]) == (124, "batchwright: the timeout of 1.0s has passed")
    assert written["times"]["startedAt"] < written["times"]["stoppingAt"] <= written["times"]["executionStoppedAt"]


def test_a_defect_of_the_runner_is_125_and_never_pythons_1(root: Path) -> None:
    make_project(root, declared("hello", "true"))
    program = (
        "from batchwright_runner import cli; from batchwright_runner.commands.list import list_batches\n"
        "list_batches.callback = lambda **_: 1 / 0\n"
        "cli.main(['list', '--local'])"
    )
    words = [sys.executable, "-c", program]
    plain, debug = (finish(popen(words, root, environment(**more))) for more in ({}, {"BATCHWRIGHT_DEBUG": "1"}))

    assert (plain.code, debug.code) == (125, 125)
    assert "a defect in the runner: ZeroDivisionError: division by zero" in plain.err
    assert "Traceback" not in plain.err
    assert "Traceback" in debug.err


def test_an_empty_list_says_so_on_stderr(root: Path) -> None:
    make_project(root)
    done = call(root, "list", "--local")

    assert (done.code, done.out) == (0, b"")
    assert "no batches yet: batchwright new BATCH makes the first one, and a BatchApp in app.py finds it" in done.err
