"""How a run begins: ids, joining, what is sent, stale revisions, overlap, retries, the deadline."""

import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from batchwright_runner.contract.options import RunOption
from tests.fake_aws import AwsServer, Script, Sidecar, StartFailure, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import (
    ATTACH,
    LONGEST,
    Running,
    Scenario,
    Seen,
    at_night,
    scenario,
    sends,
    start_task,
    stories,
    story,
    until_past,
)

PLAIN = Script(lines=steady(10), exit_code=3)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
SLOW = Script(lines=lines("ready"), runs=4.0, provisioning=6.0, exit_code=3)
WHOLE = [f"line {n}" for n in range(10)]
DAY = RunOption(name="DAY", pattern="[0-9-]+")
DUE = "2026-11-25T02:30:00+09:00"
FORBID = sample_manifest("daily-report", overlap="forbid")
NIGHT = ("--run-id", "night")
JOIN = ("run", "daily-report", "-s", "staging", *NIGHT)


def variables(run: str, due: str = "", day: str = "", **own: str) -> list[dict[str, str]]:
    """The variables of a first attempt, in order."""
    said = {"RUN_ID": run, "SCHEDULED_TIME": due, "SCHEDULED_DATE": day}
    given = {**{f"BATCHWRIGHT_{name}": value for name, value in said.items()}, **own, "BATCHWRIGHT_ATTEMPT": "1"}
    return [{"name": name, "value": value} for name, value in given.items()]


@story(
    PLAIN,
    args=["-e", "A=1", "-e", "B=x=y", "--cpu", "1024", "--memory", "2048", "--", "python", "-m", "x", "-v"],
    env={"RD_JOB_EXECID": "4711", "RD_JOB_SERVERURL": "https://rundeck.example.com/"},
)
def test_what_is_sent(seen: Seen) -> None:
    assert seen.err.splitlines()[-2].strip() == (
        "run it again: batchwright run daily-report -s staging --result result.json -e A=… -e B=… --cpu 1024 "
        "--memory 2048 -- python -m x -v"
    )
    body = seen.aws.calls_of("RunTask")[0].body
    manifest = sample_manifest("daily-report")

    assert (body["cluster"], body["taskDefinition"]) == (manifest.cluster, manifest.task_definition)
    assert (body["launchType"], body["count"]) == ("FARGATE", 1)
    assert body["networkConfiguration"]["awsvpcConfiguration"] == {
        "subnets": list(manifest.subnets),
        "securityGroups": list(manifest.security_groups),
        "assignPublicIp": "DISABLED",
    }
    main = {"name": "main", "command": ["python", "-m", "x", "-v"]}
    assert body["overrides"] == {
        "cpu": "1024",
        "memory": "2048",
        "containerOverrides": [{**main, "environment": variables(body["startedBy"], A="1", B="x=y")}],
    }
    assert "tags" not in body  # those of the task definition reach the task
    assert seen.result["run_id"] == body["startedBy"] == "rundeck/rundeck-example-com/4711"
    assert "ListTasks" not in seen.calls  # such an id joins nothing


@story(
    PLAIN,
    args=["--dry-run", "-o", "DAY=2026-11-24", "-o", "SHOP=", "-e", "A=1", "--run-id", "night", "--scheduled", DUE],
    manifest=sample_manifest("daily-report", options=(DAY, RunOption(name="SHOP"))),
)
def test_a_dry_run_prints_the_very_request_and_starts_nothing(seen: Seen) -> None:
    request = json.loads(seen.out)

    (main,) = request["overrides"]["containerOverrides"]
    assert (seen.code, request["startedBy"]) == (0, "night")
    assert main["environment"] == variables("night", DUE, "2026-11-25", A="1", DAY="2026-11-24")
    assert set(seen.calls) == {"GetParameter"}
    assert (seen.result["code"], seen.result["why"]) == (0, "nothing was started (--dry-run)")


# Run ids.


def second_run(running: Running) -> None:
    running.until_line(b"ready")
    running.another(*JOIN, "--result", "second.json")


@story(Script(lines=lines("ready"), runs=3.0, exit_code=5), args=NIGHT, act=second_run)
def test_a_given_id_follows_the_run_that_is_in_progress(seen: Seen) -> None:
    assert (seen.code, seen.another.code, seen.another.out, len(seen.aws.tasks)) == (5, 5, b"ready\n", 1)
    assert json.loads(seen.files["second.json"])["task"] == seen.result["task"]


def another_one(running: Running) -> None:
    running.until_line(b"ready")
    second = (*JOIN, "-e", "A=2", "-e", "C=x")
    running.another(*second)
    task = running.aws.tasks[0]
    task.script = replace(task.script, unlisted=LONGEST)
    running.another(*second)
    task.script = replace(task.script, unlisted=0.0)
    running.process.wait(LONGEST)
    running.another(*second)
    until_past(task.times.stopped)
    running.aws.forget(tasks=True)
    running.another(*second)


@story(
    Script(lines=lines("ready"), runs=6.0, exit_code=5), args=[*NIGHT, "-e", "A=1", "-e", "B=secret"], act=another_one
)
def test_a_given_id_joins_nothing_that_was_started_otherwise(seen: Seen) -> None:
    """It is in progress, not listed yet, has ended, and is forgotten."""
    assert (seen.code, [done.code for done in seen.others], len(seen.aws.tasks)) == (5, [2, 2, 2, 2], 0)
    for done in seen.others:
        assert "run daily-report@night cannot be joined: it was started at 20" in done.err
        assert "with other values of -e A, -e B, -e C. Follow it with batchwright attach" in done.err
        assert "secret" not in done.err


@story(PLAIN, args=NIGHT, faults={"ListTasks": [faults.access_denied()]})
def test_without_the_look_nothing_is_started(seen: Seen) -> None:
    assert (seen.code, seen.calls["RunTask"]) == (125, 0)


@story(
    PLAIN,
    args=NIGHT,
    faults={"ListTasks": [faults.access_denied(lasts=5)], "FilterLogEvents": [faults.access_denied(1)]},
)
def test_a_look_that_is_not_permitted_yet_is_repeated(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, WHOLE)
    assert "whether run daily-report@night was started before cannot be seen yet: AccessDenied" in seen.err
    assert re.search(r"trying again for 1[0-9]s at most", seen.err)


# Overlap. The other run outlives every start of ours, however slow this machine is.


@story(
    Script(runs=LONGEST),
    Script(lines=lines("begun"), runs=60.0, provisioning=0.1, term=Term(exit_code=0)),
    manifest=FORBID,
    prepare=start_task,
    faults={"ListTasks": [faults.slow(4.0)]},
)
def test_one_that_has_begun_before_it_gives_way_is_not_safe_to_run_again(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[1].times.stop_code, seen.result["retry"]) == (123, "UserInitiated", "ask")


@story(
    Script(lines=lines("ready"), runs=1.0, provisioning=4.0, exit_code=5),
    manifest=FORBID,
    faults={"DescribeTasks": [faults.slow(17.0, skip=1)]},
)
def test_what_has_ended_by_itself_while_a_look_hung_was_not_stopped(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.result["row"]) == (5, ["ready"], "own")
    assert "ours had ended by itself by then" in seen.err


def a_signal_while_it_looks(running: Running) -> None:
    """The other run was started a little earlier, and is listed late."""
    running.until(lambda: running.aws.calls_of("GetParameter"))
    start_task(running.aws)
    running.until(lambda: len(running.aws.tasks) == 2 and running.aws.calls_of("DescribeTasks"))
    running.send(signal.SIGTERM)


def looked_at(*args: str) -> Scenario:
    """A signal comes while it looks. The other run really is the earlier one, on a busy machine too."""
    scripts = Script(runs=LONGEST, unlisted=4.0), Script(provisioning=9.0, runs=60.0)
    grace = {"GetParameter": [faults.slow(1.5)]}
    return scenario(*scripts, manifest=FORBID, args=args, act=a_signal_while_it_looks, faults=grace)


STOPPED = {
    "after a signal that stops nothing": looked_at("--on-signal", "leave"),
    "after one where it is to be detached": looked_at("--detach"),
    "once it may be": scenario(
        POLITE,
        replace(SLOW, provisioning=12.0),
        manifest=FORBID,
        prepare=start_task,
        faults={"StopTask": [faults.access_denied(lasts=4)]},
    ),
}


@stories(STOPPED)
def test_one_that_gives_way_is_stopped(seen: Seen) -> None:
    assert (seen.code, seen.aws.tasks[1].times.stop_code) == (123, "UserInitiated")


@story(SLOW, manifest=FORBID, faults={"ListTasks": [faults.access_denied()]})
def test_if_the_look_fails_ours_is_stopped(seen: Seen) -> None:
    assert (seen.code, seen.calls["StopTask"]) == (125, 1)
    assert "Ours was stopped" in seen.err
    assert "lines may be missing" not in seen.err


@story(SLOW, manifest=FORBID, faults={"ListTasks": [faults.access_denied()], "DescribeTasks": [faults.access_denied()]})
def test_if_its_end_is_not_seen_either_it_is_said_how_to_come_back(seen: Seen) -> None:
    """Somebody else may be stopping it, slowly: that a stop was accepted says nothing of when it ends."""
    assert seen.code == 125
    assert "Ours was stopped" not in seen.err
    assert "its end was not seen" in seen.err
    assert "stop it: batchwright stop " in seen.err


@story(
    replace(POLITE, lines=lines("begun")),
    manifest=FORBID,
    faults={"ListTasks": [faults.server_error(None)]},
    args=["--timeout", "3s"],
)
def test_if_ours_had_begun_by_then_its_log_is_named(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.result["retry"]) == (125, [], "ask")
    assert f"lines may be missing: see all with batchwright logs {seen.run} -s staging" in seen.err


LATE = Script(lines=lines("ready"), runs=12.0, provisioning=9.0, unlisted=5.0, exit_code=3)


def five_at_once(running: Running) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: running.another("run", "daily-report", "-s", "staging"), range(4)))


@story(LATE, manifest=FORBID, act=five_at_once)
def test_of_five_one_runs_where_listings_are_five_seconds_late(seen: Seen) -> None:
    assert sorted([seen.code, *(done.code for done in seen.others)]) == [3, 123, 123, 123, 123]
    assert sum(task.times.exit_code is not None for task in seen.aws.tasks) == 1
    assert seen.aws.schedules == []


@story(
    Script(exit_code=3, deprovisioning=60.0), Script(exit_code=0), manifest=replace(FORBID, retries=1, retry_on=(3,))
)
def test_a_second_attempt_does_not_give_way_to_the_first(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.tasks)) == (0, 2)


# The batch's own retries.

RETRY = sample_manifest("daily-report", retries=2, retry_on=(3, "interruption"))


@story(Script(exit_code=3), Script(exit_code=3), Script(exit_code=0), manifest=replace(RETRY, retry_delay_seconds=1))
def test_a_named_code_is_run_again_up_to_the_limit_after_the_declared_delay(seen: Seen) -> None:
    assert (seen.code, seen.result["attempt"]) == (0, 3)
    first, second, _ = seen.aws.tasks
    assert second.created - first.created >= 1
    assert len({task.request["clientToken"] for task in seen.aws.tasks}) == 3
    (main,) = seen.aws.tasks[2].request["overrides"]["containerOverrides"]
    assert {"name": "BATCHWRIGHT_ATTEMPT", "value": "3"} in main["environment"]
    assert "attempt 2: the batch retries on 3, after a pause of 1.0s" in seen.err


PAUSES = replace(RETRY, retry_delay_seconds=86400)


@story(Script(exit_code=3), manifest=PAUSES, act=sends(signal.SIGTERM, said=b"attempt 2"))
def test_a_signal_ends_the_pause_before_a_retry(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.tasks), seen.result["attempt"]) == (3, 1, 1)
    assert "attempt 2 was not started: told to stop by SIGTERM" in seen.err
    assert "nothing had been started" not in seen.err


@story(Script(exit_code=3), manifest=RETRY, faults={"RunTask": [faults.access_denied(skip=1)]})
def test_a_second_attempt_that_is_refused_does_not_hide_the_first(seen: Seen) -> None:
    assert "attempt 2 was not started: the task could not be started: AccessDeniedException" in seen.err
    assert "nothing" not in seen.last
    assert (seen.code, *(seen.result[key] for key in ("row", "retry", "attempt"))) == (3, "own", "ask", 1)


def others_see_the_first(running: Running) -> None:
    running.until_line(b"first")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda words: running.another(*words), [ATTACH, JOIN]))


@story(
    Script(lines=lines("first"), runs=12.0, exit_code=3),
    Script(lines=lines("second"), runs=0.5),
    manifest=RETRY,
    args=NIGHT,
    act=others_see_the_first,
)
def test_who_joins_anothers_run_or_attaches_to_it_follows_its_further_attempts(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.tasks)) == (0, 2)
    for done in seen.others:
        assert (done.code, done.text) == (0, "first\nsecond\n")
        assert "another attempt, which this follows" not in done.err


def others_see_the_first_beside_another_run(running: Running) -> None:
    running.until_line(b"first")
    start_task(running.aws, startedBy="other")
    others_see_the_first(running)


@story(
    Script(lines=lines("first"), runs=12.0, exit_code=3),
    Script(lines=lines("other"), runs=60.0),
    Script(provisioning=12.0),
    manifest=replace(RETRY, overlap="forbid"),
    args=NIGHT,
    act=others_see_the_first_beside_another_run,
)
def test_a_further_attempt_that_gives_way_leaves_all_who_follow_the_code_of_the_one_before(seen: Seen) -> None:
    assert (seen.code, [done.code for done in seen.others]) == (3, [3, 3])


def others_see_it_between(running: Running) -> None:
    running.until_said(b"attempt 2")
    running.another(*ATTACH)
    running.another(*JOIN)


@story(
    Script(start_failure=StartFailure(reason="CannotPullContainerError: i/o timeout")),
    Script(),
    args=NIGHT,
    act=others_see_it_between,
    faults={"RunTask": [faults.slow(15.0, skip=1)]},
)
def test_who_comes_between_a_failed_start_and_the_next_one_follows_it(seen: Seen) -> None:
    assert (seen.code, [done.code for done in seen.others], len(seen.aws.tasks)) == (0, [0, 0], 2)


def ask_when_all_attempts_have_ended(running: Running) -> None:
    running.process.wait(LONGEST)
    until_past(running.aws.tasks[-1].times.stopped)
    running.another(*JOIN, "--result", "second.json")
    running.another(*ATTACH)
    running.another("stop", "daily-report@night", "-s", "staging")
    running.aws.forget(tasks=True)
    running.another(*JOIN, "--result", "third.json")


@story(Script(exit_code=3), manifest=RETRY, args=NIGHT, act=ask_when_all_attempts_have_ended)
def test_which_attempt_it_was_is_known_to_who_asks_later(seen: Seen) -> None:
    found = [json.loads(seen.files[name])["attempt"] for name in ("result.json", "second.json", "third.json")]

    assert (seen.code, found) == (3, [3, 3, 3])
    assert ["run it again" in command.err for command in seen.others] == [True, True, False, True]
    assert not any("another attempt" in command.err for command in seen.others)


def one_that_drains(aws: AwsServer) -> None:
    at_night(aws)
    until_past(aws.tasks[0].times.reported)


@story(
    Script(lines=lines("a"), runs=0.5, exit_code=3, sidecars=(Sidecar(name="agent", drain=20.0),)),
    args=[*NIGHT, "--detach"],
    prepare=one_that_drains,
)
def test_to_detach_from_a_run_that_has_ended_gives_its_end_also_while_a_sidecar_goes_on(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (3, ["a"])


@story(Script(lines=steady(100, per_second=5), runs=60.0, provisioning=10.0), manifest=FORBID, args=["--timeout", "2s"])
def test_the_timeout_also_counts_while_other_runs_are_looked_for(seen: Seen) -> None:
    assert seen.code == 124
    assert seen.aws.calls_of("StopTask")[0].at - seen.aws.tasks[0].created < 7


def stop_between(running: Running) -> None:
    running.until(lambda: running.aws.tasks and running.aws.tasks[0].times.stopped < time.time())
    running.another("stop", "daily-report@night", "-s", "staging")


@story(
    Script(exit_code=3),
    Script(provisioning=5.0),
    manifest=RETRY,
    args=NIGHT,
    act=stop_between,
    faults={"RunTask": [faults.slow(6.0, skip=1)]},
)
def test_who_stops_what_has_ended_is_told_of_the_next_attempt(seen: Seen) -> None:
    assert "it has ended already" in seen.another.err
    assert "its runner may make another attempt, which this does not stop" in seen.another.err


# Detached.


@story(POLITE, args=["--detach"])
def test_detached(seen: Seen) -> None:
    assert (seen.code, seen.out, len(seen.aws.schedules)) == (0, b"", 1)
    assert f"batchwright attach {seen.run} -s staging" in seen.err
    assert "this 0 is not the batch's" in seen.last


@story(POLITE, args=["--detach", *NIGHT], prepare=at_night)
def test_joined_and_detached(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.tasks), len(seen.aws.schedules)) == (0, 1, 1)
    assert "batchwright: run daily-report@night is in progress\n" in seen.err
    assert "exit 0: joined, and not followed (--detach): this 0 is not the batch's" in seen.last


# Looks that are refused, and signals that come early.


@story(
    Script(lines=lines("ready"), runs=6.0, exit_code=5),
    args=NIGHT,
    prepare=at_night,
    faults={"DescribeTasks": [faults.access_denied(skip=1, lasts=2)]},
)
def test_who_joins_is_as_patient_as_who_follows(seen: Seen) -> None:
    assert (seen.code, seen.lines) == (5, ["ready"])
    assert "since when run daily-report@night is in progress cannot be seen: AccessDenied" in seen.err


def leave_while_looking(running: Running) -> None:
    running.until(lambda: running.aws.calls_of("ListTasks"))
    running.send(signal.SIGTERM)
    time.sleep(0.5)
    running.send(signal.SIGTERM)


@story(
    Script(lines=lines("ready"), runs=30.0),
    manifest=FORBID,
    faults={"ListTasks": [faults.slow(8.0)]},
    act=leave_while_looking,
)
def test_a_second_signal_before_it_is_followed_says_what_still_runs(seen: Seen) -> None:
    assert seen.code == 125
    assert f"stop it: batchwright stop {seen.run} -s staging" in seen.err
    assert "left on SIGTERM, the batch goes on" in seen.last
