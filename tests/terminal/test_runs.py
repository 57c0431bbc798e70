"""run, attach, stop, logs and runs at a terminal."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.watch import Watch
from tests.fake_aws import AwsServer, Script, StartFailure, Term, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.past import HOUR, ago, due_at, watched
from tests.kit.past import ended as has_ended
from tests.stories.story import start_task, until_past
from tests.terminal.conftest import NARROW_TOO, Opened, Shown, Shows, screens
from tests.terminal.window import CTRL_C, CTRL_Z, Recording, Window

Look = Callable[[Recording], None]

SHORT = Script(lines=lines("one", "二つ目の行です", "three", every=0.3), runs=1.5)
LONG = Script(lines=SHORT.lines, runs=600.0)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3, lines=lines("cleaning up")))
EVIL = "nice\x1b]0;title\x07 try\nbatchwright: exit 0: \u202eeverything is fine"
RUN = ("run", "daily-report", "-s", "staging", "--run-id", "night")


def nightly(when: datetime) -> Watch:
    return Watch(schedule=due_at(when), scheduler="rundeck")


def started(aws: AwsServer, script: Script) -> None:
    aws.deploy(sample_manifest(), script)
    start_task(aws, startedBy="night")


def ended(aws: AwsServer, script: Script) -> None:
    started(aws, script)
    task = aws.tasks[0]
    until_past(task.times.stopped)


def plain(aws: AwsServer) -> None:
    aws.deploy(sample_manifest(), SHORT)


def polite(aws: AwsServer) -> None:
    aws.deploy(sample_manifest(), POLITE)


def without_capacity(aws: AwsServer) -> None:
    plain(aws)
    aws.faults("RunTask", faults.no_capacity(None))


def never_starts(aws: AwsServer) -> None:
    failure = StartFailure(reason=f"CannotPullContainerError: {EVIL}")
    aws.deploy(sample_manifest(owner="ops\x1b[31m\u2066\nbatchwright: exit 0"), Script(start_failure=failure))


def behind_a_proxy(aws: AwsServer) -> None:
    plain(aws)
    page = "<!DOCTYPE html><html><title>Blocked by the proxy</title>" + "<p>call the help desk</p>\n" * 50
    aws.faults("RunTask", faults.html_page(page))


def denied_a_stop(aws: AwsServer) -> None:
    started(aws, POLITE)
    aws.faults("StopTask", faults.access_denied())


def in_time(aws: AwsServer) -> None:
    due = ago(3 * HOUR)
    has_ended(aws, watched(aws, "daily-report", nightly(due)), due + timedelta(seconds=2))


SHOWN = {
    "run_that_never_starts": Shown(RUN, stage=never_starts, narrow=True),
    "run_with_an_answer_that_is_a_page": Shown(RUN, stage=behind_a_proxy),
    "run_that_is_interrupted": Shown(RUN, stage=polite, keys=[("ready", CTRL_C)]),
    "run_that_is_interrupted_before_it_is_started": Shown(
        RUN, stage=without_capacity, keys=[("could not be started yet", CTRL_C)]
    ),
    "run_detached": Shown([*RUN, "--detach"], stage=plain, quiet=True),
    "run_dry": Shown([*RUN, "--dry-run", "-e", "EVIL=\x1b[2J"], stage=plain, quiet=True),
    "run_of_no_batch": Shown(["run", "dayly-report", "-s", "staging"], stage=plain, quiet=True),
    "attach_that_is_left": Shown(
        ["attach", "daily-report@night", "-s", "staging"],
        stage=partial(started, script=POLITE),
        keys=[("ready", CTRL_C)],
    ),
    "logs_of_a_batch_until_an_interrupt": Shown(
        ["logs", "-f", "daily-report", "-s", "staging"], stage=partial(started, script=POLITE), keys=[("ready", CTRL_C)]
    ),
    "stop": Shown(["stop", "daily-report@night", "-s", "staging"], stage=partial(started, script=POLITE), quiet=True),
    "stop_that_is_refused": Shown(["stop", "daily-report@night", "-s", "staging"], stage=denied_a_stop),
    "logs": Shown(["logs", "daily-report@night", "-s", "staging"], stage=partial(ended, script=SHORT), quiet=True),
    "logs_of_a_batch": Shown(["logs", "daily-report", "-s", "staging"], stage=partial(ended, script=SHORT)),
    "logs_of_no_run": Shown(["logs", "daily-report@nobody\x1b[2J", "-s", "staging"], stage=plain),
    "runs_that_are_not_there": Shown(["runs", "-s", "staging", "--failed"], stage=plain, quiet=True),
    "runs_of_which_none_was_missed": Shown(["runs", "-s", "staging", "--missed", "--since", "1d"], stage=in_time),
}


@screens(SHOWN)
def test_what_is_shown(shows: Shows, screen: str) -> None:
    shows(SHOWN[screen])


def followed(aws: AwsServer, opened: Window) -> Recording:
    """The run ends when its last line is in the window, however long the command took to get there."""
    opened.until("three")
    opened.until_drawn()
    aws.end_task(aws.tasks[0])
    return opened.end()


@NARROW_TOO
def test_run(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(), SHORT)
    seen = window(*RUN).end()

    looks_right(seen)
    assert seen.live
    assert b"running \xc2\xb7 " in seen.data


def test_run_that_fails(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(), Script(lines=lines("no such table"), exit_code=3))
    seen = window(*RUN).end()

    looks_right(seen)
    assert seen.live


def test_run_that_is_left_on_a_second_interrupt(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(), Script(lines=lines("ready"), runs=60.0, term=Term(ignore=True)))
    opened = window(*RUN)
    opened.until("ready")
    opened.press(CTRL_C)
    opened.until("A second signal leaves at once")
    time.sleep(0.3)
    opened.press(CTRL_C)
    looks_right(opened.end())


@NARROW_TOO
def test_run_in_a_window_that_changes(aws: AwsServer, window: Opened, looks_right: Look, columns: int) -> None:
    aws.deploy(sample_manifest(), POLITE)
    opened = window(*RUN)
    opened.until("ready")
    opened.until_drawn()
    opened.resize(120 - columns)
    opened.until("running")
    aws.stop_task(aws.tasks[0], "by hand")
    looks_right(opened.end())


def test_run_that_is_suspended(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    aws.deploy(sample_manifest(), POLITE)
    opened = window(*RUN, shell='set -m; "$@"; echo "the prompt"; fg >/dev/null')
    opened.until("ready")
    opened.until_drawn()
    opened.press(CTRL_Z)
    opened.until("the prompt")
    opened.until_drawn()
    aws.stop_task(aws.tasks[0], "by hand")
    looks_right(opened.end())


def test_run_that_waits_for_another(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    manifest = sample_manifest(overlap="wait")
    aws.deploy(manifest, POLITE)
    start_task(aws, startedBy="before")
    opened = window(*RUN)
    opened.until("for at most")
    opened.until_drawn()
    opened.press(CTRL_C)
    seen = opened.end()

    looks_right(seen)
    assert seen.live
    assert b"waiting for daily-report@" in seen.data


@NARROW_TOO
def test_run_with_a_log_of_controls(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    texts = ["\x1b[2Jcleared?", "\x1b[31mred", "plain \u202egnp.exe", "50%\r100%", "x" * 100]
    aws.deploy(sample_manifest(), Script(lines=lines(*texts, every=0.1)))
    seen = window(*RUN).end()

    looks_right(seen)
    assert b"\x1b[31mred\x1b[0m\r\n" in seen.data


def test_run_with_its_log_in_a_file_keeps_the_live_line(aws: AwsServer, window: Opened, tmp_path: Path) -> None:
    aws.deploy(sample_manifest(), SHORT)
    with (tmp_path / "log").open("wb") as log:
        seen = window(*RUN, stdout=log.fileno()).end()

    assert seen.live
    assert not seen.glued()
    assert (tmp_path / "log").read_text() == "one\n二つ目の行です\nthree\n"


def test_attach(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    started(aws, LONG)
    seen = followed(aws, window("attach", "daily-report@night", "-s", "staging"))

    looks_right(seen)
    assert seen.live


def test_logs_of_a_run_to_its_end(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    started(aws, LONG)
    seen = followed(aws, window("logs", "-f", "daily-report@night", "-s", "staging"))

    looks_right(seen)
    assert seen.live


def test_runs(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    started(aws, POLITE)
    until_past(aws.tasks[0].times.started)
    aws.stop_task(aws.tasks[0], EVIL)
    time.sleep(1.5)
    looks_right(window("runs", "-s", "staging").end())


@NARROW_TOO
def test_runs_that_were_missed(aws: AwsServer, window: Opened, looks_right: Look) -> None:
    due = ago(3 * HOUR)
    report = watched(aws, "daily-report", nightly(due))
    has_ended(aws, report, due + timedelta(seconds=2))
    has_ended(aws, report, due + timedelta(seconds=4), run="github/acme/reports/99/1/report")
    sums = watched(aws, "sales-summary-of-the-week", nightly(due))
    has_ended(aws, sums, due + timedelta(seconds=2), code=None, reason=f"CannotPullContainerError: {EVIL}")
    coupons = watched(aws, "coupons-expire", nightly(due), overlap="forbid")
    by_hand, other_day = "run-0123456789ab/alice/laptop", (due - timedelta(days=7)).isoformat()
    has_ended(aws, coupons, due - timedelta(minutes=9), 1200.0, run=by_hand, scheduled=other_day)
    has_ended(aws, coupons, due, code=None, reason=f"batchwright: run {by_hand} is in progress")
    paused = watched(aws, "members-export", nightly(due))
    pause = Pause(reason="a move", since=utc(time.time() - 30 * HOUR))
    aws.put_parameter(StageNames("batches", "staging").paused(paused.batch), pause.to_json())
    watched(aws, "orders-close", Watch(schedule="0 1 * * * Mars/Olympus", scheduler="cron"))
    seen = window("runs", "-s", "staging", "--missed", "--since", "2d").end()

    looks_right(seen)
