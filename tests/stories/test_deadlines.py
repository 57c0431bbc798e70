"""Deadlines are set and dropped beside the following: a scheduler that hangs delays nothing."""

import json
from datetime import UTC, datetime

from tests.fake_aws import AwsServer, Script, Term, faults, lines, steady
from tests.fake_aws.fixtures import sample_manifest
from tests.stories.story import ATTACH, Running, Seen, at_night, scenario, start_task, stories, story

PLAIN = Script(lines=steady(40), exit_code=3)
POLITE = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0))
HANGS = {"CreateSchedule": [faults.slow(60.0, None)], "DeleteSchedule": [faults.slow(60.0, None)]}
LONG = Script(lines=lines("ready"), runs=85.0, term=Term(exit_code=0))
TIMEOUT = sample_manifest("daily-report").timeout_seconds
MARGIN = 120 + sample_manifest("daily-report").stop_timeout_seconds
MOMENT = 35.0
"""Seconds within which something happens on a slow machine. Three attempts that hang take 45."""


def until_set(running: Running) -> None:
    """Stops the run once its deadline is set."""
    running.until(lambda: running.aws.schedules)
    running.aws.stop_task(running.aws.tasks[0])


def fires_at(seen: Seen) -> float:
    """When the one deadline that was set stops the task."""
    (call,) = seen.aws.calls_of("CreateSchedule")
    return datetime.fromisoformat(call.body["ScheduleExpression"][3:-1]).replace(tzinfo=UTC).timestamp()


def between(seen: Seen, first: str, second: str) -> float:
    return seen.aws.calls_of(second)[0].at - seen.aws.calls_of(first)[0].at


@story(PLAIN, args=["--timeout", "10m"])
def test_a_deadline_is_set_and_dropped_while_the_log_is_read(seen: Seen) -> None:
    body, task = seen.aws.calls_of("CreateSchedule")[0].body, seen.aws.tasks[0]

    assert (seen.code, seen.aws.schedules, body["Name"], body["GroupName"]) == (3, [], task.id, "batches-staging")
    assert abs(fires_at(seen) - (task.created + 600 + MARGIN)) < 5
    assert {"key": "batchwright:timeout", "value": "600"} in seen.aws.calls_of("RunTask")[0].body["tags"]
    assert json.loads(body["Target"]["Input"])["Task"] == task.arn
    assert seen.aws.calls_of("DeleteSchedule")[0].at < seen.aws.calls_of("GetLogEvents")[-1].at


@story(PLAIN, faults=HANGS)
def test_a_scheduler_that_hangs_delays_neither_the_first_line_nor_the_end(seen: Seen) -> None:
    assert (seen.code, len(seen.lines)) == (3, 40)
    assert between(seen, "RunTask", "DescribeTasks") < MOMENT
    assert between(seen, "RunTask", "GetLogEvents") < MOMENT
    assert seen.ended_at - seen.aws.tasks[0].times.ended < MOMENT
    assert "no deadline" not in seen.err


@story(PLAIN, faults={"CreateSchedule": [faults.throttled(None)]}, args=["--detach"])
def test_one_that_has_ended_meanwhile_needs_none(seen: Seen) -> None:
    assert (seen.code, seen.result["code"]) == (0, 0)
    assert "nothing stops it" not in seen.err


@story(LONG, faults={"CreateSchedule": [faults.throttled(None)]}, args=["--detach"])
def test_a_run_that_is_not_followed_and_has_no_deadline_is_no_success(seen: Seen) -> None:
    why = "nothing stops it at its timeout: no deadline could be set: "
    assert 60 <= seen.ended_at - seen.aws.calls_of("RunTask")[0].at < 60 + MOMENT
    assert why in seen.last
    assert (seen.code, seen.result["code"], why in seen.result["why"]) == (125, 125, True)
    assert seen.result["task"] == seen.aws.tasks[0].arn
    assert f"the run continues: {seen.run}" in seen.err


REFUSED = faults.error("AccessDeniedException", "is not authorized to perform: scheduler:CreateSchedule", times=3)
TROUBLE = {"an outage": faults.server_error(6), "a denial": REFUSED}


@stories({name: scenario(LONG, faults={"CreateSchedule": [fault]}, act=until_set) for name, fault in TROUBLE.items()})
def test_a_deadline_is_tried_for_as_long_as_the_run_goes_on(seen: Seen) -> None:
    assert (seen.code, seen.calls["DeleteSchedule"]) == (122, 1)
    if "no deadline could be set yet: " in seen.err:
        assert "until then the timeout holds only while the runner runs" in seen.err
        assert "the deadline is set" in seen.err
    else:
        assert "AccessDenied" not in seen.err


def attached(aws: AwsServer) -> None:
    start_task(aws, startedBy="night", tags=[{"key": "batchwright:timeout", "value": "7200"}])


OTHERS = {
    "run": (scenario(LONG, args=["--run-id", "night"], prepare=at_night, act=until_set), TIMEOUT),
    "attach": (scenario(LONG, command=ATTACH, prepare=attached, act=until_set), 7200),
}


@stories(OTHERS)
def test_who_joins_sees_to_the_deadline_too(seen: Seen, expected: float) -> None:
    assert abs(fires_at(seen) - seen.aws.tasks[0].times.created - expected - MARGIN) < 3


@story(POLITE, faults={"CreateSchedule": [faults.slow(2.0)]}, args=["--detach"])
def test_who_leaves_waits_a_moment_for_it(seen: Seen) -> None:
    assert (seen.code, len(seen.aws.schedules)) == (0, 1)
    assert "no deadline" not in seen.err


FORBID = sample_manifest("daily-report", overlap="forbid")


@story(POLITE, Script(provisioning=20.0), manifest=FORBID, prepare=start_task)
def test_the_deadline_of_a_run_that_gave_way_is_dropped(seen: Seen) -> None:
    assert (seen.code, seen.calls["DeleteSchedule"], seen.aws.schedules) == (123, 1, [])
