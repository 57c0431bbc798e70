"""What is known of a run that an earlier call has started, from its tasks."""

from typing import Any

import pytest

from batchwright_runner.contract.judgment.ending import ending_of, stop_reason
from batchwright_runner.contract.judgment.state import state_of
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict
from batchwright_runner.host.fargate.earlier import Earlier, earlier_of
from batchwright_runner.host.fargate.end import pause_left
from batchwright_runner.host.runs.end import RunEnd
from tests.fake_aws.fixtures import sample_manifest

NOW = 1000.0


def began(attempt: int = 1, *, code: int | None = 3, ended: float = NOW) -> dict[str, Any]:
    """A task whose container has run, or runs where it has no code."""
    main: dict[str, Any] = {"name": "main", "lastStatus": "RUNNING"}
    status: dict[str, Any] = {"lastStatus": "RUNNING"}
    if code is not None:
        main = {"name": "main", "lastStatus": "STOPPED", "exitCode": code}
        status = {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "stoppedAt": ended}
    return {"taskArn": f"t{attempt}", "startedAt": 1.0, "containers": [main], **status, **tags(attempt)}


def failed(attempt: int = 1) -> dict[str, Any]:
    """A task that never started."""
    main = {"name": "main", "lastStatus": "STOPPED"}
    why = {"stopCode": "TaskFailedToStart", "stoppedReason": "Timeout", "stoppedAt": NOW}
    return {"taskArn": f"t{attempt}", "lastStatus": "STOPPED", "containers": [main], **why, **tags(attempt)}


def tags(attempt: int) -> dict[str, Any]:
    return {"tags": [{"key": "batchwright:attempt", "value": str(attempt)}] if attempt > 1 else []}


def waits(attempt: int) -> dict[str, Any]:
    """A task that gave way to an older run, whose run waits for its turn."""
    reason = stop_reason(StopRequest("overlap", run="0123456789abcdef"))
    return {**failed(attempt), "stopCode": "UserInitiated", "stoppedReason": reason}


def found(*tasks: dict[str, Any], now: float = NOW) -> Earlier | None:
    """What is known from tasks, the newest first, of a batch that waits for other runs."""
    return earlier_of(sample_manifest("daily-report", overlap="wait"), "night", tasks, now)


@pytest.mark.parametrize(
    ("tasks", "number", "failed_starts", "retried", "begun", "counted"),
    [
        ([began(code=None)], 1, 0, 0, 0, True),
        ([began(2), began(1)], 2, 0, 1, 1, True),
        ([began(2), failed(1)], 2, 1, 0, 0, True),
        ([failed(3), failed(2), began(1)], 3, 1, 1, 1, True),
        ([began(4), began(3), failed(2), began(1)], 4, 0, 2, 3, True),
        # ECS has forgotten some: each may have run.
        ([began(2)], 2, 0, 1, 1, False),
        ([failed(4), failed(3)], 4, 1, 2, 2, False),
    ],
)
def test_the_attempts_are_counted(
    tasks: list[dict[str, Any]], number: int, failed_starts: int, retried: int, begun: int, counted: bool
) -> None:
    earlier = found(*tasks)

    assert earlier is not None
    assert (earlier.number, earlier.before.failed_starts, earlier.before.tried) == (number, failed_starts, retried)
    assert (earlier.before.begun, earlier.counted) == (begun, counted)
    assert earlier.task is tasks[0]


@pytest.mark.parametrize(("now", "over"), [(NOW + 299, False), (NOW + 301, True)])
def test_a_run_that_has_ended_is_over_after_five_minutes(now: float, over: bool) -> None:
    ended, going = found(began(), now=now), found(began(code=None), now=now)

    assert ended is not None
    assert going is not None
    assert (ended.over, going.over) == (over, False)


@pytest.mark.parametrize(
    ("overlap", "now", "makes_more"),
    [("allow", NOW, True), ("forbid", NOW, True), ("wait", NOW, False), ("allow", NOW + 301, False)],
)
def test_who_joins_a_run_makes_further_attempts_but_not_in_a_queue_nor_long_after(
    overlap: str, now: float, makes_more: bool
) -> None:
    earlier = earlier_of(sample_manifest("daily-report", overlap=overlap), "night", [began()], now)

    assert earlier is not None
    assert earlier.before.makes_more is makes_more


@pytest.mark.parametrize(("now", "over"), [(NOW + 899, False), (NOW + 901, True)])
def test_the_declared_delay_of_a_retry_comes_on_top(now: float, over: bool) -> None:
    manifest = sample_manifest("daily-report", retries=1, retry_on=(3,), retry_delay_seconds=600)
    earlier = earlier_of(manifest, "night", [began()], now)

    assert earlier is not None
    assert earlier.over is over


@pytest.mark.parametrize(
    ("task", "now", "left"),
    [
        (began(), NOW, 600.0),
        (began(), NOW + 200, 400.0),
        (began(), NOW + 700, 0.0),
        (began(), NOW - 50, 600.0),  # this host's clock is behind
        (began(code=None), NOW + 200, 600.0),  # its container has ended, and its task not yet
        (failed(), NOW, 0.0),
    ],
)
def test_what_is_left_of_the_pause_before_a_retry(task: dict[str, Any], now: float, left: float) -> None:
    manifest = sample_manifest("daily-report", retries=1, retry_on=(3,), retry_delay_seconds=600)
    state = state_of(task, manifest.container)
    end = RunEnd(verdict=verdict(ending_of(manifest.container, state)), manifest=manifest, task="t1", state=state)

    assert pause_left(end, now) == left


def test_what_gave_way_and_waits_is_no_attempt_to_follow() -> None:
    first = found(waits(2), began(1))

    assert first is not None
    assert (first.number, first.task["taskArn"]) == (1, "t1")
    assert found(waits(2), waits(1)) is None
