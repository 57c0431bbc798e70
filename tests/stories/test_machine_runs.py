"""Runs that a batch's state machine has started: found, shown, followed, stopped and judged as any other."""

import getpass
import json
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.tasks import execution_arn
from tests.fake_aws import AwsServer, Script, Term, faults, lines
from tests.stories import machine_runs
from tests.stories.machine_runs import KEPT, MACHINE, NAME, begin, start_a_task
from tests.stories.story import Running, Scenario, Seen, afterwards, scenario, sends, stories, story, until_past

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
PLAIN = Script(lines=lines("ready"), exit_code=3)


def ended(aws: AwsServer) -> None:
    execution = begin(aws)
    task = aws.tasks[0]
    until_past(task.times.stopped)
    aws.world.settle()
    machine_runs.end(aws, execution, "FAILED", "Batchwright.Exit3")


def forgotten(aws: AwsServer) -> None:
    ended(aws)
    aws.forget(tasks=True)


def waiting(aws: AwsServer) -> None:
    begin(aws, task=False)


def gave_way(aws: AwsServer) -> None:
    machine_runs.end(aws, begin(aws, task=False), *GIVES_WAY)


def ends(once: bytes, *end: str) -> Callable[[Running], None]:
    """Ends its execution, once the command has said something."""

    def act(process: Running) -> None:
        process.until(lambda: once in process.out or once in (process.folder / "err").read_bytes())
        execution = [*process.aws.world.executions.values()][-1]
        machine_runs.end(process.aws, execution, *end)

    return act


GIVES_WAY = ("FAILED", "Batchwright.Overlap", "run night is in progress")
SHORT = f"daily-report@{NAME[:8]}"
ATTACH = ("attach", f"daily-report@{NAME}", "-s", "staging")
LATEST = ("attach", "daily-report@latest", "-s", "staging")
STOP = ("stop", f"daily-report@{NAME}", "-s", "staging")
WAITS = b"Waiting for it"


# found


@story(
    PLAIN,
    manifest=KEPT,
    command=LATEST,
    prepare=forgotten,
    act=afterwards("runs --json", f"logs {SHORT}"),
)
def test_one_that_ecs_has_forgotten_is_the_latest_is_shown_once_and_found_by_the_beginning_of_its_name(
    seen: Seen,
) -> None:
    listed, logs = seen.others
    (entry,) = json.loads(listed.out)

    assert (seen.code, seen.lines) == (3, ["ready"])
    assert (entry["run_id"], entry["code"], entry["row"]) == (NAME, 3, "own")
    assert (logs.code, logs.text) == (0, "ready\n")


# without a task


@story(
    PLAIN,
    manifest=KEPT,
    command=["attach", SHORT, "-s", "staging"],
    prepare=gave_way,
    act=afterwards("runs --json", f"logs daily-report@{NAME}"),
)
def test_a_run_that_gave_way_is_found_and_shown_and_has_no_log(seen: Seen) -> None:
    listed, logs = seen.others
    (entry,) = json.loads(listed.out)
    why = "run night is in progress"

    assert (seen.code, logs.code) == (123, 125)
    assert f"exit 123: not run ({why})" in seen.err
    found = [entry[key] for key in ("run_id", "code", "row", "task", "reason")]
    assert found == [NAME, 123, "overlap", "", why]
    assert "has no log: no task of it is known. See how it is: batchwright attach" in logs.err


def ended_and_waiting(aws: AwsServer) -> None:
    ended(aws)
    begin(aws, task=False, name="later")


@story(PLAIN, manifest=KEPT, command=LATEST, prepare=ended_and_waiting, act=ends(WAITS, *GIVES_WAY))
def test_one_that_waits_is_the_latest(seen: Seen) -> None:
    again = "batchwright run daily-report -s staging --again daily-report@later"
    assert seen.code == 123
    assert "ended before a task was started" in seen.err
    assert ":execution:batches-staging-daily-report:later" in seen.err
    assert seen.err.splitlines()[-2].endswith(f"run it again: {again}")


def waiting_and_started(aws: AwsServer) -> None:
    begin(aws, task=False, name="earlier")
    time.sleep(0.2)
    begin(aws)


@story(PLAIN, manifest=KEPT, command=LATEST, prepare=waiting_and_started)
def test_a_later_task_is_the_latest(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["ready"])


def it_gets_a_task(process: Running) -> None:
    process.until_said(WAITS)
    start_a_task(process.aws)


@stories(
    {
        command[0]: scenario(
            PLAIN, manifest=KEPT, command=[*command, "-s", "staging"], prepare=waiting, act=it_gets_a_task
        )
        for command in (("attach", execution_arn(MACHINE, NAME)), ("logs", f"daily-report@{NAME}", "-f"))
    }
)
def test_one_that_waits_is_followed_once_it_has_a_task(seen: Seen) -> None:
    assert seen.lines == ["ready"]
    assert "has no task now: its machine looks for other runs, or pauses before an attempt" in seen.err


def listed_and_left(process: Running) -> None:
    process.until_said(WAITS)
    process.another("runs", "-s", "staging", "--json")
    process.send(signal.SIGTERM)


def by_signal(
    manifest: BatchManifest,
    prepare: Callable[[AwsServer], None],
    act: Callable[[Running], None],
    **expected: tuple[int, int],
) -> dict[str, tuple[Scenario, object]]:
    """Who attaches gets a signal: its ``--on-signal`` to the exit code, and to how often the execution is stopped."""
    more: dict[str, Any] = {"manifest": manifest, "command": ATTACH, "prepare": prepare, "act": act}
    return {how: (scenario(PLAIN, args=["--on-signal", how], **more), then) for how, then in expected.items()}


@stories(by_signal(KEPT, waiting, listed_and_left, stop=(143, 1), leave=(125, 0)))
def test_one_that_waits_is_listed_and_a_signal_stops_or_leaves_it(seen: Seen, expected: tuple[int, int]) -> None:
    (entry,) = json.loads(seen.another.out)

    assert (entry["id"], entry["task"]) == (NAME[:8], "")
    assert (seen.code, seen.calls["StopExecution"]) == expected
    goes_on = f"stop it: batchwright stop {SHORT} -s staging"
    assert (goes_on in seen.err) == (f"It goes on: {SHORT}" in seen.err) == (seen.code == 125)


def it_begins_and_gives_way(process: Running) -> None:
    process.until_said(b"looking again")
    gave_way(process.aws)


@story(PLAIN, manifest=KEPT, command=ATTACH, act=it_begins_and_gives_way)
def test_one_that_begins_while_it_is_looked_for_is_found_without_a_task(seen: Seen) -> None:
    assert seen.code == 123


# watched


def end_it_under_watch(process: Running) -> None:
    ends(b"waiting", *GIVES_WAY)(process)
    process.until_line(b"overlap")
    process.send(signal.SIGINT)


WATCH = ["runs", "-s", "staging", "--watch"]


@story(PLAIN, manifest=KEPT, command=WATCH, prepare=waiting, act=end_it_under_watch)
def test_one_that_ends_without_a_task_is_seen_to_end_by_who_watches(seen: Seen) -> None:
    last = seen.out.rpartition(b"STARTED")[2]

    assert b"overlap" in last
    assert b"waiting" not in last


def start_it_under_watch(process: Running) -> None:
    process.until_line(b"waiting")
    start_a_task(process.aws)
    process.until_line(b"exit 3")
    process.send(signal.SIGINT)


@story(PLAIN, manifest=KEPT, command=WATCH, prepare=waiting, act=start_it_under_watch)
def test_one_that_gets_a_task_is_listed_once(seen: Seen) -> None:
    last = seen.out.rpartition(b"STARTED")[2]

    assert b"exit 3" in last
    assert b"waiting" not in last


# stopped


@story(POLITE, manifest=KEPT, command=STOP, args=["--reason", "wrong input"], prepare=begin)
def test_a_stop_goes_to_the_execution(seen: Seen) -> None:
    (call,) = seen.aws.calls_of("StopExecution")
    cause = f"batchwright stop: wrong input, by {getpass.getuser()}@{socket.gethostname()}"

    assert (seen.code, seen.calls["StopTask"]) == (0, 0)
    assert (call.body["error"], call.body["cause"]) == ("Batchwright.Stopped", cause)


RETRIED = replace(KEPT, retries=2, retry_on=(3,))


@story(
    POLITE,
    manifest=KEPT,
    command=["stop", "daily-report@latest", "-s", "staging"],
    prepare=begin,
    faults={"ListExecutions": [faults.reset(None)]},
)
def test_one_in_progress_is_stopped_also_where_its_machine_cannot_be_asked_for_newer_ones(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"] + seen.calls["StopExecution"]) == (0, 1)
    assert "whether a newer run waits cannot be seen: " in seen.err


def in_its_pause(aws: AwsServer) -> None:
    begin(aws)
    until_past(aws.tasks[0].times.stopped)


@story(PLAIN, manifest=RETRIED, command=STOP, args=["--json"], prepare=in_its_pause)
def test_one_whose_machine_pauses_between_two_attempts_is_stopped(seen: Seen) -> None:
    assert (seen.code, json.loads(seen.out)["stopping"], seen.calls["StopExecution"]) == (0, True, 1)
    assert "ended already" not in seen.err


@story(
    PLAIN,
    manifest=RETRIED,
    command=STOP,
    prepare=in_its_pause,
    faults={"DescribeExecution": [faults.access_denied(times=None)]},
)
def test_where_its_machine_may_not_be_seen_it_is_said_that_it_may_go_on(seen: Seen) -> None:
    assert seen.code == 0
    assert "its machine may make another attempt, which this does not stop" in seen.err


@story(PLAIN, manifest=RETRIED, command=ATTACH, prepare=ended, act=afterwards(f"stop daily-report@{NAME} --json"))
def test_one_whose_machine_has_ended_is_run_again_and_not_stopped(seen: Seen) -> None:
    assert "run it again: batchwright run daily-report -s staging" in seen.err
    assert (seen.another.code, json.loads(seen.another.out)["stopping"]) == (0, False)
    assert "it has ended already" in seen.another.err
    assert "another attempt" not in seen.another.err


def start_again_and_end(process: Running) -> None:
    """Makes another attempt, and ends the execution with that."""
    process.until_said(b"its machine may make another attempt: waiting for it")
    process.aws.script(KEPT, Script(lines=lines("again")))
    start_a_task(process.aws)
    (execution,) = process.aws.world.executions.values()
    process.until(lambda: process.aws.tasks[1].times.stopped < time.time())
    machine_runs.end(process.aws, execution, "SUCCEEDED")


@stories(
    {
        name: scenario(script, manifest=RETRIED, command=ATTACH, prepare=prepare, act=start_again_and_end)
        for name, script, prepare in (
            ("from its first attempt on", replace(PLAIN, runs=2.0), begin),
            ("from the pause on", PLAIN, in_its_pause),
        )
    }
)
def test_who_attaches_follows_its_further_attempts(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, ["ready", "again"])
    assert "goes on with another attempt" in seen.err
    assert "run it again" not in seen.err


GIVES_UP = ends(b"waiting for it", "FAILED", "Batchwright.Exit3")


@story(PLAIN, manifest=RETRIED, command=ATTACH, prepare=in_its_pause, act=GIVES_UP)
def test_when_its_machine_makes_none_the_last_one_counts(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["ready"])
    assert "run it again: batchwright run daily-report -s staging" in seen.err


LEAVE = sends(signal.SIGINT, said=b"waiting for it")


@stories(by_signal(RETRIED, in_its_pause, LEAVE, stop=(130, 1), leave=(3, 0)))
def test_a_signal_in_its_pause_stops_it_or_leaves_it_and_says_how_to_come_back(
    seen: Seen, expected: tuple[int, int]
) -> None:
    again = f"its machine may make another attempt, which this follows: batchwright attach {SHORT} -s staging"
    assert (seen.code, seen.calls["StopExecution"]) == expected
    assert (again in seen.err) == (seen.code == 3)


def end_it(aws: AwsServer) -> None:
    begin(aws).status = "ABORTED"


@story(POLITE, manifest=KEPT, command=STOP, prepare=end_it)
def test_where_the_execution_has_ended_the_task_is_stopped(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (0, 1)


@story(POLITE, manifest=KEPT, command=ATTACH, args=["--on-signal", "stop"], prepare=begin, act=sends(signal.SIGINT))
def test_a_signal_that_stops_goes_to_the_execution(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopExecution"], seen.calls["StopTask"]) == (130, 1, 0)


# judged


JUDGED = {
    name: (scenario(POLITE, manifest=KEPT, command=ATTACH, prepare=begin, act=ends(b"ready", *end)), expected)
    for name, end, expected in (
        ("stopped", ("ABORTED",), (122, "stopped")),
        (
            "its state took too long",
            ("FAILED", "Batchwright.Timeout", "the timeout of 1800 s"),
            (124, "at the timeout, by its machine (main then ended with 0, which does not count)"),
        ),
    )
}


@stories(JUDGED)
def test_one_that_was_stopped_or_took_too_long_is_no_success(seen: Seen, expected: tuple[int, str]) -> None:
    code, why = expected

    assert seen.code == code
    assert why in seen.err


TAKES_TOO_LONG = ends(b"ready", "TIMED_OUT")
UNKNOWN_KEY = faults.error("UnrecognizedClientException", "The security token included in the request is invalid.")


def refused_meanwhile(process: Running) -> None:
    process.until_line(b"ready")
    process.aws.faults("DescribeExecution", faults.lasting(6.0, replace(UNKNOWN_KEY, times=None)))
    TAKES_TOO_LONG(process)


@story(POLITE, manifest=KEPT, command=ATTACH, prepare=begin, act=refused_meanwhile)
def test_a_look_at_the_execution_that_fails_for_a_while_is_waited_out(seen: Seen) -> None:
    assert seen.code == 124
    assert seen.calls["DescribeExecution"] > 2


@story(
    POLITE,
    manifest=KEPT,
    command=ATTACH,
    faults={"DescribeExecution": [faults.access_denied(times=None)]},
    prepare=begin,
    act=TAKES_TOO_LONG,
)
def test_where_the_execution_cannot_be_seen_someone_has_stopped_it(seen: Seen) -> None:
    assert seen.code == 122


# overlap

FORBID = replace(KEPT, overlap="forbid")


@story(replace(PLAIN, provisioning=12.0), manifest=FORBID, prepare=waiting)
def test_a_run_gives_way_to_an_execution_that_has_no_task_yet(seen: Seen) -> None:
    assert seen.code == 123
    assert NAME in seen.err


def begun_later(process: Running) -> None:
    process.until_task()
    time.sleep(0.2)
    begin(process.aws, task=False)


@story(PLAIN, manifest=FORBID, act=begun_later)
def test_a_run_does_not_give_way_to_a_later_execution(seen: Seen) -> None:
    assert seen.code == 3
