"""One story for each row of the exit-code table. Wherever a stop plays a part, the container exits 0 on SIGTERM.

The command is really started here, never by a fork (see `tests.kit.command.popen`), and so each row is held to that.
"""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from batchwright_runner.contract.verdicts import ROWS, Row
from tests.fake_aws import Interruption, Script, StartFailure, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.stages import paused
from tests.stories.story import Running, Seen, sends, start_task, story

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3, lines=lines("cleaning up")))
"""Exits 0 on SIGTERM."""
NOTHING_STARTED = "usage (nothing was started)"


Test = Callable[[Seen], None]
OF: dict[str, Row] = {}
"""The row of each test."""


def row(of: Row, *scripts: Script, **more: Any) -> Callable[[Test], Test]:  # noqa: ANN401 - those of `story`
    """A story of a row, with the command that is really started."""

    def decorate(test: Test) -> Test:
        OF[test.__name__] = of
        decorated: Test = story(*scripts, really=True, **more)(test)
        return decorated

    return decorate


@pytest.fixture(autouse=True)
def is_of_its_row(request: pytest.FixtureRequest) -> None:
    of = OF.get(request.node.originalname)
    if of is not None:
        seen: Seen = request.getfixturevalue("seen")
        assert seen.result["row"] == of.value


def signaled(number: int) -> Callable[[Test], Test]:
    return row(Row.SIGNAL, POLITE, act=sends(number))


def test_each_row_and_each_code_is_here() -> None:
    codes = {int(found[1]) for name in OF if (found := re.match(r"test_(\d+)_", name))}

    assert set(OF.values()) == set(Row) - {Row.STEP_NOT_RUN}  # the end of a workflow
    assert codes == {code for facts in ROWS.values() for code in facts.codes}


@row(Row.OWN, Script(lines=steady(20), exit_code=0))
def test_own_0(seen: Seen) -> None:
    assert (seen.code, seen.result["row"], seen.result["retry"]) == (0, "own", "ask")
    assert seen.lines == [f"line {n}" for n in range(20)]
    assert seen.last == "batchwright: exit 0: the container's own code (main ended by itself)"


@row(Row.OWN, Script(lines=steady(20), exit_code=3))
def test_own_3(seen: Seen) -> None:
    assert seen.code == 3
    assert "owner: finance-systems" in seen.err
    assert "run it again: batchwright run daily-report -s staging" in seen.err


@row(Row.USAGE, POLITE, command=("run", "dayly-report", "-s", "staging", "--result", "result.json"))
def test_2_no_such_batch(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks, seen.result["row"], seen.result["retry"]) == (2, [], "usage", "useless")
    assert "Did you mean daily-report?" in seen.err
    assert "/batches/staging/manifests/dayly-report" in seen.err
    first = next(line for line in seen.err.splitlines() if not re.search("cannot be read yet|waiting for it", line))
    assert "account 111111111111, region eu-west-1, project batches, stage staging" in first
    assert seen.last == f"batchwright: exit 2: {NOTHING_STARTED}"


@signaled(signal.SIGTERM)
def test_143_sigterm(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (143, ["ready", "cleaning up"])
    assert "main then ended with 0, which does not count" in seen.last
    notice = f"batchwright: the runner was told to stop by SIGTERM on {os.uname().nodename}"
    assert seen.aws.calls_of("StopTask")[0].body["reason"] == notice
    assert (seen.result["row"], seen.result["retry"], seen.result["container_code"]) == ("signal", "ask", 0)


@signaled(signal.SIGINT)
def test_130_sigint(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (130, 1)


@signaled(signal.SIGHUP)
def test_129_sighup(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (129, 1)


@signaled(signal.SIGQUIT)
def test_131_sigquit(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (131, 1)
    assert seen.last.endswith("stopped on SIGQUIT (main then ended with 0, which does not count)")


@row(Row.TIMEOUT, POLITE, args=["--timeout", "3s"])
def test_124_timeout(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.result["row"]) == (124, ["ready", "cleaning up"], "timeout")
    assert "the timeout of 3.0s has passed" in seen.aws.calls_of("StopTask")[0].body["reason"]


def fire_deadline(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.fire_schedules()


@row(Row.TIMEOUT, POLITE, act=fire_deadline)
def test_124_deadline(seen: Seen) -> None:
    assert seen.code == 124
    assert "deadline kept by AWS" in seen.last


@row(
    Row.ENDED_BY_AWS,
    Script(lines=lines("ready"), runs=60.0, interruption=Interruption(after=1.0), term=Term(exit_code=0)),
)
def test_75_spot(seen: Seen) -> None:
    assert (seen.code, seen.result["retry"]) == (75, "ask")
    assert "SpotInterruption" in seen.last
    assert "AWS took the Spot capacity back" in seen.err


def stop_by_hand(running: Running) -> None:
    running.until_line(b"ready")
    running.aws.stop_task(running.aws.tasks[0], "batchwright stop: wrong day")


@row(Row.STOPPED_BY_OTHERS, POLITE, act=stop_by_hand)
def test_122_somebody_else(seen: Seen) -> None:
    assert seen.code == 122
    assert "wrong day" in seen.last


@row(
    Row.NEVER_STARTED,
    Script(start_failure=StartFailure(reason="CannotPullContainerError: pull image manifest: not found")),
)
def test_126_never_started(seen: Seen) -> None:
    found = (seen.code, len(seen.aws.tasks), seen.result["row"], seen.result["retry"])
    assert found == (126, 1, "never-started", "useless")
    assert "CannotPullContainerError" in seen.last
    assert "there is no image under that tag" in seen.err
    assert seen.err.count("not found") == seen.err.count("/tasks/") == 1
    assert "batchwright verify daily-report -s staging" in seen.err
    again = "batchwright run daily-report -s staging --again daily-report@"
    assert f"run it again, once that is fixed: {again}" in seen.err
    assert "see its log" not in seen.err
    assert seen.ended_at - seen.aws.tasks[0].times.stopped < 10


@row(
    Row.OVERLAP,
    Script(lines=lines("ready"), runs=60.0, provisioning=20.0),
    manifest=sample_manifest("daily-report", overlap="forbid"),
    prepare=start_task,
)
def test_123_overlap(seen: Seen) -> None:
    assert (seen.code, seen.result["row"], seen.result["retry"]) == (123, "overlap", "safe")
    assert [task.times.desired_status(seen.ended_at) for task in seen.aws.tasks] == ["RUNNING", "STOPPED"]
    assert seen.aws.tasks[0].id in seen.last
    assert f"follow it: batchwright attach {seen.run} -s staging" in seen.err
    assert "run it again" not in seen.err


@row(Row.PAUSED, POLITE, prepare=paused)
def test_123_paused(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks, seen.result["retry"]) == (123, [], "safe")
    assert "daily-report is paused by alice since " in seen.err
    assert "a move. End it with batchwright resume daily-report -s staging, or add --even-if-paused" in seen.err
    assert seen.last == "batchwright: exit 123: not run (it is paused)"


@row(Row.NO_RESULT, Script(lines=lines("ready"), exit_code=None))
def test_125_no_code(seen: Seen) -> None:
    assert (seen.code, seen.result["row"]) == (125, "no-result")
    assert "no exit code was seen" in seen.last


@row(Row.NO_RESULT, POLITE, faults={"RunTask": [faults.access_denied()]})
def test_125_no_permission(seen: Seen) -> None:
    assert (seen.code, seen.result["retry"]) == (125, "useless")
    assert "AccessDenied" in seen.err
