"""Deadlines are set and dropped beside the following: a scheduler that hangs delays nothing."""

import signal

from tests.fake_aws import Script, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import Running, Seen, start_task, story

PLAIN = Script(lines=steady(40), exit_code=3)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
HANGS = {"CreateSchedule": [faults.slow(60.0, None)], "DeleteSchedule": [faults.slow(60.0, None)]}
MOMENT = 35.0
"""Seconds within which something happens on a slow machine. Three attempts that hang take 45."""


def between(seen: Seen, first: str, second: str) -> float:
    return seen.aws.calls_of(second)[0].at - seen.aws.calls_of(first)[0].at


@story(PLAIN)
def test_a_deadline_is_set_and_dropped_while_the_log_is_read(seen: Seen) -> None:
    assert seen.code == 3
    assert seen.aws.schedules == []
    assert seen.aws.calls_of("DeleteSchedule")[0].at < seen.aws.calls_of("GetLogEvents")[-1].at


@story(PLAIN, faults=HANGS)
def test_a_scheduler_that_hangs_delays_neither_the_first_line_nor_the_end(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 40)
    assert between(seen, "RunTask", "DescribeTasks") < MOMENT
    assert between(seen, "RunTask", "GetLogEvents") < MOMENT
    assert seen.ended_at - seen.aws.tasks[0].times.ended < MOMENT
    assert "no deadline" not in seen.err


@story(PLAIN, faults={"DeleteSchedule": [faults.slow(60.0, None)]})
def test_nor_does_one_that_hangs_at_the_end(seen: Seen) -> None:
    assert seen.code == 3
    assert seen.ended_at - seen.aws.tasks[0].times.ended < MOMENT


@story(POLITE, faults=HANGS, args=["--detach"])
def test_who_leaves_before_the_deadline_is_set_says_so(seen: Seen) -> None:
    assert seen.code == 0
    assert seen.ended_at - seen.aws.calls_of("RunTask")[0].at < MOMENT
    assert "no deadline could be set: the scheduler has not answered" in seen.err


@story(POLITE, faults={"CreateSchedule": [faults.slow(2.0)]}, args=["--detach"])
def test_who_leaves_waits_a_moment_for_it(seen: Seen) -> None:
    assert seen.code == 0
    assert len(seen.aws.schedules) == 1
    assert "no deadline" not in seen.err


def leave(running: Running) -> None:
    running.until_line(b"ready")
    running.send(signal.SIGTERM)


@story(POLITE, args=["--on-signal", "leave"], act=leave)
def test_a_run_that_goes_on_keeps_its_deadline(seen: Seen) -> None:
    assert seen.code == 125
    assert len(seen.aws.schedules) == 1
    assert "DeleteSchedule" not in seen.calls


FORBID = sample_manifest("daily-report", overlap="forbid")


@story(POLITE, Script(provisioning=20.0), manifest=FORBID, prepare=start_task)
def test_the_deadline_of_a_run_that_gave_way_is_dropped(seen: Seen) -> None:
    assert seen.code == 123
    assert seen.calls["DeleteSchedule"] == 1
    assert seen.aws.schedules == []
