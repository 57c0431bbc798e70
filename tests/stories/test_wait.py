"""A batch with ``overlap="wait"``: a run waits until the one before it has ended."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

from tests.fake_aws import AwsServer, Script, Term, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import LONGEST, Running, Seen, sends, start_task, story

WAIT = sample_manifest("daily-report", overlap="wait")

ENDLESS = Script(lines=lines("ready"), runs=LONGEST, term=Term(exit_code=0))
MINE = Script(lines=lines("mine"), exit_code=3)
NIGHT = ("--run-id", "night")
WAITING = b"waiting for run daily-report@"


def one_before(aws: AwsServer) -> None:
    start_task(aws, startedBy="before")


def let_it_end(running: Running) -> None:
    """Ends the run before ours once ours has said that it waits for it."""
    running.until_said(WAITING)
    running.aws.stop_task(running.aws.tasks[0])


def never_two_at_once(seen: Seen) -> bool:
    """Whether each container began after the one before it had ended; those that never began do not count."""
    times = sorted((task.times for task in seen.aws.tasks if task.times.exit_code is not None), key=lambda t: t.started)
    return all(first.ended <= second.started for first, second in pairwise(times))


@story(replace(ENDLESS, deprovisioning=60.0), MINE, manifest=WAIT, prepare=one_before, act=let_it_end)
def test_it_waits_for_the_end_of_the_run_before_it(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.calls["RunTask"]) == (3, ["mine"], 1)
    assert seen.err.count(", in progress since ") == 1
    assert re.search(r"for at most (30m00s|29m\d\ds)", seen.err)
    assert never_two_at_once(seen)


@story(ENDLESS, manifest=replace(WAIT, overlap_wait_seconds=3), prepare=one_before)
def test_when_the_time_is_up_nothing_was_started(seen: Seen) -> None:
    found = (seen.code, seen.calls["RunTask"], seen.result["row"], seen.result["retry"])
    assert found == (123, 0, "overlap", "safe")
    assert "has been in progress since " in seen.err
    assert ": ours has waited for 3.0s, and may not wait longer" in seen.err
    assert f"batchwright attach {seen.run} -s staging" in seen.err


@story(ENDLESS, manifest=WAIT, args=NIGHT, prepare=one_before, act=sends(signal.SIGTERM, said=WAITING))
def test_a_signal_ends_the_waiting(seen: Seen) -> None:
    assert (seen.code, seen.calls["PutParameter"], seen.calls["RunTask"]) == (143, 0, 0)
    assert "nothing had been started" in seen.err
    assert seen.ended_at - seen.began_at < LONGEST / 2


def one_more(running: Running, *arguments: str) -> None:
    """Runs it once more, and ends the run before once both of ours wait for it."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(running.another, "run", "daily-report", "-s", "staging", *arguments)
        running.until(lambda: len(running.aws.calls_of("ListTasks")) >= LISTS_OF_TWO)
        running.aws.stop_task(running.aws.tasks[0])


LISTS_OF_TWO = 4
"""Calls of ListTasks of two runners that have looked once."""
LATE = Script(lines=lines("mine"), runs=1.0, provisioning=8.0, unlisted=5.0, exit_code=3)


@story(ENDLESS, LATE, manifest=WAIT, prepare=one_before, act=one_more)
def test_of_two_that_wait_each_gets_its_turn_where_listings_are_five_seconds_late(seen: Seen) -> None:
    assert (seen.code, seen.another.code, seen.aws.schedules) == (3, 3, [])
    assert never_two_at_once(seen)
    assert sum(task.times.exit_code == 3 for task in seen.aws.tasks) == 2


def show_the_first_late(running: Running) -> None:
    running.until(lambda: len(running.aws.tasks) > 1)
    first = running.aws.tasks[0]
    first.script = replace(first.script, unlisted=0.0)
    running.until_said(b"waits again")
    running.aws.stop_task(first)


@story(
    replace(ENDLESS, unlisted=LONGEST),
    Script(lines=lines("never"), runs=60.0, provisioning=20.0),
    MINE,
    manifest=WAIT,
    prepare=one_before,
    act=show_the_first_late,
)
def test_one_that_has_started_too_early_gives_way_and_waits_again(seen: Seen) -> None:
    assert (seen.code, seen.lines, seen.result["attempt"]) == (3, ["mine"], 2)
    assert "was started earlier: ours was stopped, and waits again" in seen.err
    assert [task.times.stop_code for task in seen.aws.tasks[1:]] == ["UserInitiated", "EssentialContainerExited"]
    assert len({task.request["clientToken"] for task in seen.aws.tasks[1:]}) == 2


def show_the_first_too_late(running: Running) -> None:
    running.until(lambda: len(running.aws.tasks) > 1)
    first = running.aws.tasks[0]
    first.script = replace(first.script, unlisted=0.0)
    running.process.wait(LONGEST)
    running.aws.stop_task(first)
    running.another("run", "daily-report", "-s", "staging", *NIGHT, "--result", "second.json")


@story(
    replace(ENDLESS, unlisted=LONGEST),
    Script(lines=lines("did something"), runs=60.0),
    MINE,
    manifest=WAIT,
    args=NIGHT,
    prepare=one_before,
    act=show_the_first_too_late,
    faults={"ListTasks": [faults.server_error(3, skip=4)]},
)
def test_one_that_had_begun_when_it_was_stopped_is_not_started_again(seen: Seen) -> None:
    assert (seen.code, seen.result["retry"], seen.result["log_complete"]) == (123, "ask", False)
    assert "its log was not read" in seen.err
    assert (seen.another.code, len(seen.aws.tasks)) == (123, 2)


@story(
    ENDLESS,
    Script(lines=lines("mine"), runs=4.0, provisioning=6.0, exit_code=3),
    manifest=WAIT,
    args=NIGHT,
    prepare=one_before,
    act=lambda running: one_more(running, *NIGHT),
)
def test_two_runners_of_one_given_id_start_one_task(seen: Seen) -> None:
    assert (seen.code, seen.another.code, len(seen.aws.tasks)) == (3, 3, 2)
    assert (seen.lines, seen.another.out) == (["mine"], b"mine\n")


@story(MINE, manifest=WAIT, prepare=one_before, faults={"ListTasks": [faults.access_denied()]})
def test_if_nothing_can_be_seen_nothing_is_started(seen: Seen) -> None:
    assert (seen.code, seen.calls["RunTask"]) == (125, 0)
    assert "whether another run is in progress cannot be seen" in seen.err


def leave_the_second_attempt(running: Running) -> None:
    """Lets another run begin beside the first attempt, and ends ours while its second one waits for that."""
    running.until_line(b"first")
    start_task(running.aws, startedBy="other")
    running.aws.end_task(running.aws.tasks[0])
    running.until_said(WAITING)
    running.send(signal.SIGTERM)


@story(
    replace(ENDLESS, lines=lines("first"), exit_code=5),
    ENDLESS,
    manifest=replace(WAIT, retries=1, retry_on=(5,)),
    act=leave_the_second_attempt,
)
def test_who_follows_a_second_attempt_that_is_not_started_is_told_of_the_first_ones_end(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.tasks)) == (5, 2)
