"""attach, stop, logs, runs and list on AWS, and where a stage lies."""

import getpass
import json
import signal
import socket
import time
from dataclasses import replace

from tests.fake_aws import AwsServer, Script, StartFailure, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.processes import wait_until
from tests.stories.story import (
    ATTACH,
    LONGEST,
    Running,
    Seen,
    afterwards,
    at_night,
    ended_at_night,
    sends,
    start_task,
    story,
    until_past,
)

POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))
PLAIN = Script(lines=steady(10), exit_code=3)
WHOLE = [f"line {n}" for n in range(10)]


# attach


LEAVE = sends(signal.SIGINT)


@story(POLITE, command=ATTACH, prepare=at_night, act=LEAVE)
def test_a_signal_ends_attach_and_not_the_run(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (125, 0)


@story(POLITE, command=ATTACH, args=["--on-signal", "stop"], prepare=at_night, act=LEAVE)
def test_attach_can_stop_on_a_signal(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (130, 1)


@story(POLITE, command=["stop", "daily-report@nihgt", "-s", "staging"], prepare=at_night, act=afterwards("stop night"))
def test_a_mistyped_run_id_and_a_bare_one_are_near_to_the_run_that_was_meant(seen: Seen) -> None:
    assert (seen.code, seen.another.code, seen.calls["StopTask"]) == (2, 2, 0)
    assert "no such run 'daily-report@nihgt'" in seen.err
    assert "Did you mean daily-report@night?" in seen.err
    assert "'night' is a run and names no batch. Write daily-report@night" in seen.another.err


YOUNG = replace(POLITE, missing=LONGEST, unlisted=LONGEST)


def young(aws: AwsServer) -> None:
    """A run that ECS does not show yet, beside one of nearly the same id that has ended."""
    start_task(aws, startedBy="night-1")
    time.sleep(max(0.0, aws.tasks[0].times.stopped - time.time()))
    start_task(aws, startedBy="night-2")


def show_it_late(running: Running) -> None:
    """Has ECS show it once it has been said that it is not there; and leaves it where it is followed."""
    running.until_said(b"run daily-report@night-2 is not there")
    running.aws.tasks[1].script = replace(YOUNG, missing=0.0, unlisted=0.0)
    LEAVE(running)


@story(PLAIN, YOUNG, command=["stop", "daily-report@night-2", "-s", "staging"], prepare=young, act=show_it_late)
def test_a_run_that_ecs_does_not_show_yet_is_looked_for_again_and_stopped(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[1].times.stop_code) == (0, "UserInitiated")
    assert "run daily-report@night-2 is not there. ECS may show one some seconds after its start" in seen.err


@story(PLAIN, YOUNG, command=["attach", "daily-report@night-2", "-s", "staging"], prepare=young, act=show_it_late)
def test_a_run_that_ecs_does_not_show_yet_is_looked_for_again_and_followed(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (125, ["ready"])


@story(PLAIN, command=["attach", "daily-report@nobody", "-s", "staging"])
def test_attach_to_no_run(seen: Seen) -> None:
    assert seen.code == 2
    assert "no such run 'daily-report@nobody'" in seen.err
    assert seen.calls["FilterLogEvents"] <= 4  # a look at the history, which is not repeated


# stop


@story(POLITE, command=["stop", "daily-report@night", "-s", "staging", "--reason", "wrong day"], prepare=at_night)
def test_stop(seen: Seen) -> None:
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    assert seen.aws.calls_of("StopTask")[0].body["reason"] == f"batchwright stop: wrong day, by {who}"
    assert (seen.code, seen.aws.tasks[0].times.desired_status(time.time())) == (0, "STOPPED")


def of_others(aws: AwsServer) -> None:
    aws.deploy(sample_manifest("theirs"), POLITE)
    start_task(aws, "theirs", startedBy="theirs")
    del aws.world.parameters[sample_manifest("theirs").path]


@story(POLITE, command=["stop", "daily-report@theirs", "-s", "staging"], prepare=of_others)
def test_a_task_that_is_not_this_projects_is_never_stopped(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (2, 0)


# logs


def two_ended(aws: AwsServer) -> None:
    start_task(aws, startedBy="first")
    ended_at_night(aws)


@story(PLAIN, command=["logs", "daily-report", "-s", "staging", "--since", "10m"], prepare=two_ended)
def test_logs_of_a_batch_are_marked_with_their_task(seen: Seen) -> None:
    assert sorted(seen.lines) == sorted(f"{task.id[:8]} | {line}" for task in seen.aws.tasks for line in WHOLE)


@story(
    PLAIN,
    command=["logs", "daily-report@night", "-s", "staging"],
    prepare=ended_at_night,
    faults={"GetLogEvents": [faults.throttled(2), faults.empty_page(2), faults.cut(1)]},
)
def test_logs_in_trouble(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (0, WHOLE)


# runs and list


def several(aws: AwsServer) -> None:
    """A run that ECS has forgotten, and one that has written a line and goes on."""
    ended_at_night(aws)
    aws.forget(tasks=True)
    aws.script(sample_manifest("daily-report"), POLITE)
    start_task(aws, startedBy="day")
    assert wait_until(lambda: aws.tasks[0].times.started + 0.3 < time.time()) == ""


def by_what_runs_shows(running: Running) -> None:
    running.process.wait(LONGEST)
    current, past = (line.split()[0] for line in running.out.decode().splitlines()[1:])
    for words in (("logs", current), ("logs", past), ("attach", past), ("runs", "--limit", "1"), ("stop", current)):
        running.another(*words, "-s", "staging")
    running.another("runs", "daily-report", "-s", "staging", "--failed", "--json")


def ended_half_an_hour_ago(aws: AwsServer) -> None:
    """A run that ECS still shows, beside one that goes on since then."""
    now = aws.world.clock
    aws.world.clock = lambda: now() - 1800
    at_night(aws)
    start_task(aws, startedBy="day")
    aws.world.clock = now


@story(
    PLAIN,
    replace(POLITE, runs=7200.0),
    command=["runs", "-s", "staging", "--since", "10m", "--json"],
    prepare=ended_half_an_hour_ago,
    act=afterwards("runs --since 1h --json"),
)
def test_since_holds_also_for_what_ecs_still_shows(seen: Seen) -> None:
    lately, further = ([run["run_id"] for run in json.loads(out)] for out in (seen.out, seen.another.out))

    assert (lately, further) == (["day"], ["day", "night"])
    assert "run it again" not in seen.err


@story(PLAIN, command=["runs", "-s", "staging"], prepare=several, act=by_what_runs_shows)
def test_runs_shows_those_in_progress_and_past_ones_by_ids_that_each_verb_takes(seen: Seen) -> None:
    logs, logs_of_past, attached, newest, stopped, failed = seen.others

    assert len(seen.aws.tasks) == 1
    heading, current, past = (line.split() for line in seen.lines)
    assert (seen.code, heading) == (0, ["RUN", "STARTED", "(UTC)", "TOOK", "BY", "RESULT"])
    assert (current[0], current[-2], past[-3:]) == (seen.run, "day", ["night", "exit", "3"])
    shown = [(done.code, done.lines) for done in (logs, logs_of_past, attached)]
    assert shown == [(0, ["ready"]), (0, WHOLE), (3, WHOLE)]
    assert [line.split()[0] for line in newest.lines[1:]] == [seen.run]
    assert (stopped.code, f"stopping: {seen.run}" in stopped.err) == (0, True)
    (entry,) = [run for run in json.loads(failed.text) if run["run_id"] == "night"]
    assert (entry["code"], entry["row"], entry["word"]) == (3, "own", "exit 3")
    assert entry["result"] == "the container's own code (main ended by itself)"


def one_that_runs(aws: AwsServer) -> None:
    at_night(aws)
    until_past(aws.tasks[0].times.started)


def forgotten_under_watch(running: Running) -> None:
    running.until_line(b"running")
    task = running.aws.tasks[0]
    running.aws.faults("ListTasks", faults.server_error(None))
    until_past(task.times.stopped)
    running.aws.forget(tasks=True)
    running.aws.faults("ListTasks")
    running.until_line(b"exit 3")
    running.send(signal.SIGINT)


@story(
    Script(lines=lines("ready"), runs=10.0, exit_code=3),
    command=["runs", "-s", "staging", "--watch"],
    prepare=one_that_runs,
    act=forgotten_under_watch,
)
def test_a_run_that_ecs_forgets_in_an_outage_is_seen_to_end_by_who_watches(seen: Seen) -> None:
    last = seen.out.rpartition(b"STARTED")[2]

    assert b"exit 3" in last
    assert b"running" not in last


MISTAKES = (
    (("attach", 'arn:"'), "is the ARN of neither a task nor an execution"),
    (("attach", "arn:a:execution:b"), "no such batch 'b'"),
    (("stop", " "), "names no run. A run is named BATCH@ID, such as daily-report@1a2b3c4d, or BATCH@latest"),
    *((("stop", text), f"'{text}' names no run. A run is named BATCH@ID") for text in ("a@", "@night", "a@b@c")),
    (("attach", "elsewhere@night"), "no such batch 'elsewhere'"),
    (("runs", "daily-reprot"), "Did you mean daily-report?"),
    (("runs", "--watch", "--json"), "--watch"),
)


def make_mistakes(running: Running) -> None:
    for words, _ in MISTAKES:
        running.another(*words, "-s", "staging")


@story(PLAIN, command=["list", "-s", "staging"], prepare=at_night, act=make_mistakes)
def test_what_is_no_arn_of_a_task_or_no_batch_is_not_found_and_an_array_is_not_watched(seen: Seen) -> None:
    for done, (_, said) in zip(seen.others, MISTAKES, strict=True):
        assert (done.code, said in done.err) == (2, True)


def watched(running: Running) -> None:
    running.until_line(b"running")
    running.aws.stop_task(running.aws.tasks[0])
    running.until_line(b"stopped")
    running.send(signal.SIGINT)


@story(POLITE, command=["runs", "-s", "staging", "--watch"], prepare=at_night, act=watched)
def test_runs_are_watched_until_ctrl_c(seen: Seen) -> None:
    assert seen.code == 0
    assert "stopped: Task stopped by user" in seen.lines[-1]


@story(
    Script(start_failure=StartFailure(reason="CannotPullContainerError: not found")),
    command=["runs", "-s", "staging"],
    prepare=ended_at_night,
)
def test_runs_says_why_a_run_did_not_end_by_itself(seen: Seen) -> None:
    assert "never started: there is no image under that tag" in seen.lines[1]
    assert seen.lines[1].endswith("or restore an older one")  # in a pipe nothing is cut


# where


def config(account: str) -> str:
    return f'[stages.staging]\naccount = "{account}"\nregion = "ap-northeast-1"\n'


@story(PLAIN, files={"batchwright.toml": config("111111111111")})
def test_the_account_is_checked_before_any_other_call(seen: Seen) -> None:
    assert (seen.code, seen.aws.calls[0].operation) == (3, "GetCallerIdentity")


@story(PLAIN, files={".config/batchwright/batchwright.toml": config("222222222222")})
def test_credentials_of_another_account_are_refused(seen: Seen) -> None:
    assert (seen.code, [call.operation for call in seen.aws.calls]) == (125, ["GetCallerIdentity"])
    assert "is account 222222222222, and the credentials are of account 111111111111" in seen.err


HEXADECIMAL = "0123456789abcdef" * 2


def asked_by_its_id(running: Running) -> None:
    running.until_line(b"ready")
    for verb in ("attach", "logs", "stop"):
        running.another(verb, f"daily-report@{HEXADECIMAL}", "-s", "staging")


@story(Script(lines=lines("ready"), runs=4.0, exit_code=4), args=["--run-id", HEXADECIMAL], act=asked_by_its_id)
def test_a_run_id_may_look_like_a_task_id(seen: Seen) -> None:
    attached, logged, stopped = seen.others

    assert (attached.code, logged.code, stopped.code) == (4, 0, 0), stopped.err
