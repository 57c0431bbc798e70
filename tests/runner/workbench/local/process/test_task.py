"""The process backend on real processes, followed by the real loop."""

import os
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from batchwright_runner.contract.judgment.verdict import Ending, verdict
from batchwright_runner.host.runs.follow import Follower, Limits
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.workbench.local.attempts import process_pace
from batchwright_runner.workbench.local.process.plan import ProcessPlan
from batchwright_runner.workbench.local.process.task import ProcessTask
from tests.kit.fakes import ListSink, Notes
from tests.kit.processes import lives, wait_until

pytestmark = pytest.mark.process


def plan(folder: Path, command: Sequence[str], *, stop_timeout: int = 30, **variables: str) -> ProcessPlan:
    environment = {"PATH": os.environ["PATH"], **variables}
    return ProcessPlan(tuple(command), folder, environment, stop_timeout, (), ())


def python(text: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(text)]


def run(plan: ProcessPlan, timeout: float = 60) -> tuple[Ending, list[bytes]]:
    sink = ListSink()
    with SignalWaiter() as waiter, ProcessTask(plan) as task:
        limits = Limits(deadline=waiter.now() + timeout, timeout=timeout, stop_timeout=plan.stop_timeout)
        follower = Follower(task, limits, pace=process_pace(), waiter=waiter, output=sink, watcher=Notes())
        ending = follower.run()
        sink.put(task.rest())
    return ending, sink.lines


def test_a_death_by_signal_is_128_and_its_number(tmp_path: Path) -> None:
    assert run(plan(tmp_path, ["sh", "-c", "kill -SEGV $$"]))[0].exit_code == 139


def test_it_runs_in_its_folder_with_its_variables_and_a_home_of_its_own(tmp_path: Path) -> None:
    program = "import os; print(os.getcwd()); print(sorted(os.environ)); print(os.listdir(os.environ['HOME']))"
    _, lines = run(plan(tmp_path, python(program), GREETING="hi"))
    names = eval(lines[1])

    assert lines[0].decode() == str(tmp_path)
    assert set(names) - {"LC_CTYPE"} == {"GREETING", "HOME", "PATH"}
    assert lines[2] == b"[]"


def test_it_has_no_standard_input(tmp_path: Path) -> None:
    assert run(plan(tmp_path, ["cat"]))[0].exit_code == 0


@pytest.mark.parametrize(
    ("command", "why"),
    [(["no-such-command"], "no such command"), (["./script"], "not executable"), (["./empty"], "Exec format error")],
)
def test_a_command_that_cannot_be_started_never_started(tmp_path: Path, command: list[str], why: str) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "empty").write_text("")
    (tmp_path / "empty").chmod(0o755)

    ending, _ = run(plan(tmp_path, command))

    assert verdict(ending).code == 126
    assert ending.reason == f"CannotStartContainerError: {command[0]}: {why}"


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    _, lines = run(plan(tmp_path, ["sh", "-c", "sleep 300 & echo $!; exit 0"]))

    assert not wait_until(lambda: not lives(int(lines[0])))


def test_what_left_its_group_and_holds_the_log_open_is_not_waited_for(tmp_path: Path) -> None:
    begun = time.monotonic()
    leaves = f"setsid sh -c 'echo $$; touch {tmp_path}/left; exec sleep 30' &"
    waits = f"while [ ! -e {tmp_path}/left ]; do sleep 0.05; done"
    _, lines = run(plan(tmp_path, ["sh", "-c", f"{leaves} {waits}; printf unfinished"]))

    assert time.monotonic() - begun < 20
    assert lines[1] == b"unfinished"
    os.kill(int(lines[0]), 9)


def test_only_itself_is_told_to_stop_as_by_an_engine(tmp_path: Path) -> None:
    child = "trap 'echo child' TERM; touch up; while :; do sleep 0.05; done"
    script = (
        'trap "sleep 0.5; echo told; exit 0" TERM; sh -c "$0" & until [ -e up ]; do sleep 0.05; done; echo up; wait'
    )
    with ProcessTask(plan(tmp_path, ["sh", "-c", script, child])) as task:
        assert not wait_until(lambda: task.read_log("main", "").lines)
        task.stop("a test")
        assert not wait_until(lambda: task.describe().ended)
        lines = [line.text for line in task.read_log("main", "").lines] + [line.text for line in task.rest()]

    assert lines == [b"told"]


def test_a_process_that_takes_no_signal_from_this_user_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(process: int, number: int) -> None:
        raise PermissionError(process, number)

    with ProcessTask(plan(tmp_path, ["sleep", "300"])) as task:
        monkeypatch.setattr(os, "kill", refuse)
        task.stop("a test")

        assert not task.describe().ended


def test_leaving_kills_what_still_runs(tmp_path: Path) -> None:
    with ProcessTask(plan(tmp_path, ["sleep", "300"])) as task:
        pid = int(task.name.removeprefix("process "))
        assert lives(pid)

    assert not wait_until(lambda: not lives(pid))
