from datetime import UTC, datetime
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import beside, containers_of, state_of
from batchwright_runner.contract.moments import answered_at
from batchwright_runner.host.runs.phases import phases, shown_phases

DONE = {"name": "main", "lastStatus": "STOPPED", "exitCode": 0}


def task(status: str = "RUNNING", *containers: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"lastStatus": status, "containers": list(containers), **more}


@pytest.mark.parametrize(
    ("given", "began", "ended"),
    [
        (task("PROVISIONING", {"name": "main", "lastStatus": "PENDING"}), False, False),
        (task("RUNNING", {"name": "main", "lastStatus": "RUNNING"}), True, False),
        # The code is there, and nothing says yet whose end it was.
        (task("RUNNING", DONE, startedAt=1.0), True, False),
        (task("DEPROVISIONING", DONE, startedAt=1.0, stopCode="EssentialContainerExited"), True, True),
        # A container without a code may still get one.
        (task("DEPROVISIONING", {"name": "main", "lastStatus": "STOPPED"}, startedAt=1.0, stopCode="x"), True, False),
        (task("STOPPED", {"name": "main", "lastStatus": "STOPPED"}, startedAt=1.0), True, True),
        # Another container's end is not the run's.
        (task("RUNNING", {"name": "agent", "lastStatus": "STOPPED", "exitCode": 1}, startedAt=1.0), True, False),
        (task("DEPROVISIONING", {"name": "main", "lastStatus": "PENDING"}, stopCode="TaskFailedToStart"), False, True),
        (task("DEPROVISIONING", {"name": "main", "lastStatus": "STOPPED"}, stopCode="UserInitiated"), False, True),
        (task("STOPPED"), False, True),
    ],
)
def test_begin_and_end(given: dict[str, Any], began: bool, ended: bool) -> None:
    state = state_of(given, "main")

    assert (state.began, state.ended) == (began, ended)


def test_a_container_without_a_name_is_passed_over() -> None:
    given = task("DEPROVISIONING", {"containerArn": "x"}, DONE, stopCode="EssentialContainerExited", stoppingAt=2.0)

    assert state_of(given, "main").exit_code == 0
    assert containers_of(given, "main") == ["main"]


def test_the_code_is_the_main_containers() -> None:
    agent = {"name": "agent", "lastStatus": "STOPPED", "exitCode": 137}

    assert state_of(task("STOPPED", agent, DONE), "main").exit_code == 0
    assert state_of(task("STOPPED", agent), "main").exit_code is None


@pytest.mark.parametrize(
    ("main", "agent", "more", "stopped_by"),
    [
        # An essential container has ended, and ECS is stopping the main one.
        ("RUNNING", {"exitCode": 1}, {"desiredStatus": "STOPPED"}, "agent ended with 1"),
        ("RUNNING", {"exitCode": 0}, {"stoppingAt": 5.0}, "agent ended with 0"),
        ("RUNNING", {}, {"stoppingAt": 5.0}, "another container ended"),
        # One that is not essential has ended: the task goes on.
        ("RUNNING", {"exitCode": 1}, {"desiredStatus": "RUNNING", "stopCode": ""}, ""),
        # The main one has ended, and the others are being stopped.
        ("STOPPED", {}, {"desiredStatus": "STOPPED"}, ""),
        ("STOPPED", {"exitCode": 143}, {"desiredStatus": "STOPPED"}, ""),
        # Somebody has asked for it.
        ("RUNNING", {"exitCode": 143}, {"desiredStatus": "STOPPED", "stopCode": "UserInitiated"}, ""),
    ],
)
def test_an_end_for_another_containers_sake(
    main: str, agent: dict[str, Any], more: dict[str, Any], stopped_by: str
) -> None:
    containers = ({"name": "main", "lastStatus": main}, {"name": "agent", "lastStatus": "STOPPED", **agent})
    given = {**task("RUNNING", *containers, startedAt=1.0, stopCode="EssentialContainerExited"), **more}

    assert state_of(given, "main", essential=["agent"]).stopped_by == stopped_by


def stopping(*containers: dict[str, Any]) -> dict[str, Any]:
    return task("RUNNING", *containers, startedAt=1.0, desiredStatus="STOPPED", stopCode="EssentialContainerExited")


MAIN = {"name": "main", "lastStatus": "RUNNING"}
ENDED = {"name": "agent", "lastStatus": "STOPPED", "exitCode": 1}
RUNS = {"name": "agent", "lastStatus": "RUNNING"}


@pytest.mark.parametrize(
    ("essential", "agent", "stopped_by"),
    [
        ([], ENDED, ""),
        (["other"], ENDED, ""),
        (["agent"], ENDED, "agent ended with 1"),
        (["agent"], RUNS, "another container ended"),
        ([], RUNS, ""),
    ],
)
def test_whose_end_may_be_why_a_task_is_stopped(essential: list[str], agent: dict[str, Any], stopped_by: str) -> None:
    state = state_of(stopping(MAIN, agent), "main", essential=essential)

    assert state.stopped_by == stopped_by


@pytest.mark.parametrize(
    ("code", "essential", "stopped_by"),
    [
        (0, ["agent"], "agent ended with 0, perhaps before main,"),
        (1, ["agent"], "agent ended with 1, perhaps before main,"),
        (143, ["agent"], ""),
        (137, ["agent"], ""),
        (None, ["agent"], ""),
        (1, [], ""),
    ],
)
def test_when_all_have_ended_an_essential_one_may_have_been_the_first(
    code: int | None, essential: list[str], stopped_by: str
) -> None:
    agent = {"name": "agent", "lastStatus": "STOPPED", "exitCode": code}
    given = task("STOPPED", DONE, agent, startedAt=1.0, stopCode="EssentialContainerExited")

    assert state_of(given, "main", essential=essential).stopped_by == stopped_by


@pytest.mark.parametrize(
    ("status", "outlived_by"),
    [("PENDING", ()), ("RUNNING", ("agent",)), ("DEPROVISIONING", ("agent",)), ("STOPPED", ())],
)
def test_only_a_container_that_has_begun_outlives_the_main_one(status: str, outlived_by: tuple[str, ...]) -> None:
    given = task("DEPROVISIONING", {"name": "main"}, {**RUNS, "lastStatus": status}, stopCode="TaskFailedToStart")

    assert beside(given, state_of(given, "main"), ["agent"]).outlived_by == outlived_by


def test_the_containers_own_reason_is_told_too() -> None:
    killed = {**DONE, "reason": "OutOfMemoryError: killed"}

    assert state_of(task("STOPPED", killed, stoppedReason="Essential container in task exited"), "main").reason == (
        "Essential container in task exited: OutOfMemoryError: killed"
    )
    assert state_of(task("STOPPED", killed), "main").reason == "OutOfMemoryError: killed"
    assert (
        state_of(task("STOPPED", killed, stoppedReason="x OutOfMemoryError: killed"), "main").reason.count("Out") == 1
    )


def test_moments_come_as_datetimes_numbers_and_text() -> None:
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    given = task("STOPPED", createdAt=moment, startedAt=moment.timestamp(), stoppedAt="2026-11-24T12:00:00.000Z")

    assert set(state_of(given, "main").times.values()) == {moment.timestamp()}


def test_how_long_ago_it_ended_by_awss_clock() -> None:
    answer = {"ResponseMetadata": {"HTTPHeaders": {"date": "Thu, 01 Jan 1970 00:01:40 GMT"}}}

    assert answered_at(answer) == 100.0
    assert answered_at({}) is None
    assert answered_at({"ResponseMetadata": {"HTTPHeaders": {"date": "soon"}}}) is None
    assert state_of(task("STOPPED", executionStoppedAt=98.0), "main", 100.0).ended_ago == 2.0
    assert state_of(task("STOPPED", executionStoppedAt=101.0), "main", 100.0).ended_ago == 0.0
    assert state_of(task("STOPPED", executionStoppedAt=98.0), "main").ended_ago is None


def test_phases() -> None:
    times = {"createdAt": 0.0, "pullStartedAt": 10.0, "pullStoppedAt": 30.0, "startedAt": 31.0}

    assert phases(times) == {"provisioning": 10.0, "image pull": 20.0, "starting": 1.0}
    assert phases(times, now=41.0)["running"] == 10.0
    assert phases({**times, "executionStoppedAt": 91.0}) == {**phases(times), "running": 60.0}
    assert shown_phases(times) == "provisioning 10s, image pull 20s, starting 1.0s"
    assert shown_phases({}) == ""


def test_phases_of_a_run_that_was_stopped_before_it_began() -> None:
    assert phases({"createdAt": 0.0, "stoppingAt": 5.0}) == {"provisioning": 5.0}


def test_a_reason_is_one_line_whoever_wrote_it() -> None:
    state = state_of({"stoppedReason": "by hand\nbatchwright: exit 0: fine", "containers": []}, "main")

    assert state.reason == "by hand batchwright: exit 0: fine"


def test_an_essential_container_that_the_memory_limit_killed_may_have_been_the_first() -> None:
    agent = {"name": "agent", "lastStatus": "STOPPED", "exitCode": 137, "reason": "OutOfMemoryError: killed"}
    main = {"name": "main", "lastStatus": "STOPPED", "exitCode": 0}
    given = {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "containers": [main, agent]}

    state = state_of(given, "main", essential=["agent"])

    assert state.stopped_by == "agent ended with 137, perhaps before main,"
