"""A run that somebody has begun: which attempt is followed, and for how long the next one is waited for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from batchwright_runner.contract.judgment.ending import ending_of, stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Attempt
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.fargate.attach import TURN_WITHIN, find_begun, next_attempt, perhaps_again, with_earlier
from batchwright_runner.host.fargate.end import pause_left
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.stage.session import Stage
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter

NOW = 1_700_000_000.0
"""When attempt 1 ended, and the clock of the tests begins."""
RETRY: dict[str, Any] = {"retries": 1, "retry_on": (3,)}
DELAYED: dict[str, Any] = {**RETRY, "retry_delay_seconds": 600}
WAITS: dict[str, Any] = {**RETRY, "overlap": "wait", "overlap_wait_seconds": 3600}


def task(attempt: int = 1, **more: object) -> dict[str, Any]:
    """A task of our runner, the attempt of that number; `startedBy` is its run."""
    run = str(more.get("startedBy", "night"))
    told = {"BATCHWRIGHT_RUN_ID": run, "BATCHWRIGHT_ATTEMPT": str(attempt)}
    given = {"name": "main", "environment": [{"name": name, "value": value} for name, value in told.items()]}
    return {
        "taskArn": f"task/{run}/{attempt}",
        "taskDefinitionArn": sample_manifest().task_definition,
        "startedBy": run,
        "createdAt": NOW - 100 + attempt,
        "overrides": {"containerOverrides": [given]},
        "lastStatus": "STOPPED",
        "stoppedAt": NOW,
        "containers": [{"name": "main", "lastStatus": "STOPPED"}],
        **more,
    }


def began(attempt: int = 1, *, code: int | None = 3, **more: object) -> dict[str, Any]:
    """One whose container has run, or runs where it has no code."""
    if code is None:
        runs = {"lastStatus": "RUNNING", "containers": [{"name": "main", "lastStatus": "RUNNING"}], "stoppedAt": None}
        return {**task(attempt, **more), **runs, "startedAt": 1.0}
    main = {"name": "main", "lastStatus": "STOPPED", "exitCode": code}
    return {**task(attempt, **more), "startedAt": 1.0, "stopCode": "EssentialContainerExited", "containers": [main]}


def failed(attempt: int = 1) -> dict[str, Any]:
    """One that never started, for a reason that passes."""
    return task(attempt, stopCode="TaskFailedToStart", stoppedReason="CannotPullContainerError: i/o timeout")


def gave_way(attempt: int) -> dict[str, Any]:
    """One that was stopped for an older run before it began."""
    reason = stop_reason(StopRequest("overlap", run="0123456789abcdef"))
    return task(attempt, stopCode="UserInitiated", stoppedReason=reason)


@dataclass
class Ecs:
    """Knows tasks: those of our run, and those of others, each with the moment from which on it is there or not."""

    waiter: FakeWaiter
    tasks: Sequence[dict[str, Any]] = ()
    comes: Mapping[float, dict[str, Any]] = field(default_factory=dict)
    other_until: float = 0.0

    def call(self, service: str, operation: str, **parameters: Sequence[str]) -> Mapping[str, Any]:
        if service == "logs":
            return {"events": []}
        there = {each["taskArn"]: each for each in (*self.tasks, *self._come())}
        if operation == "list_tasks":
            status = "STOPPED" if parameters["desiredStatus"] == "STOPPED" else "RUNNING"
            run = parameters.get("startedBy")
            found = [arn for arn, each in there.items() if run in (None, each["startedBy"])]
            return {"taskArns": found if status == "RUNNING" else []}
        return {"tasks": [there[arn] for arn in parameters["tasks"] if arn in there]}

    def _come(self) -> list[dict[str, Any]]:
        other = [began(code=None, startedBy="other")] if self.waiter.time < self.other_until else []
        return [*other, *(each for at, each in self.comes.items() if self.waiter.time >= at)]


def stage_of(ecs: Ecs) -> Stage:
    target = StageTarget(project="batches", stage="staging", source="x")
    return Stage(target, ecs, ecs.waiter, ecs.waiter, "ap-northeast-1")


def end_of(manifest: BatchManifest, attempt: Attempt) -> RunEnd:
    ending = ending_of(manifest.container, attempt.state)
    return RunEnd(verdict=verdict(ending), manifest=manifest, task=attempt.arn, state=attempt.state, ending=ending)


@dataclass
class Waited:
    """What was seen: the attempt that came, after how long, and what is said where none came."""

    later: str
    seconds: float
    says: bool


def waited(
    batch: Mapping[str, Any],
    *tasks: dict[str, Any],
    ago: float = 0.0,
    comes: Mapping[float, dict[str, Any]] | None = None,
    other_until: float = 0.0,
) -> Waited:
    """Waits for the attempt after the last of some, which has ended so many seconds ago."""
    manifest, waiter = sample_manifest("daily-report", **batch), FakeWaiter()
    attempts = [Attempt.of(manifest, each) for each in tasks]
    run = with_earlier(attempts[-1], attempts)
    stage, end = stage_of(Ecs(waiter, tasks, comes or {}, other_until)), end_of(manifest, attempts[-1])
    later = next_attempt(stage, run, end, lambda: NOW + ago + waiter.time)
    says = bool(perhaps_again(stage, run, end, end).goes_on)
    return Waited(later.arn.rpartition("/")[2] if later else "", waiter.time, says)


@pytest.mark.parametrize(
    ("batch", "tasks", "ago", "most"),
    [
        # A runner that goes on makes it until five minutes after the end, and the declared delay.
        (RETRY, [began()], 0.0, 300.0),
        (RETRY, [began()], 200.0, 100.0),
        (RETRY, [began()], 299.0, 1.0),
        (DELAYED, [began()], 0.0, 900.0),
        (DELAYED, [began()], 700.0, 200.0),
        ({**RETRY, "retries": 2}, [began(), began(2)], 0.0, 300.0),
        ({}, [failed()], 0.0, 25.0),
        ({}, [failed(), failed(2)], 0.0, 25.0),
        # It makes none.
        ({}, [began()], 0.0, 0.0),
        (RETRY, [began(code=4)], 0.0, 0.0),
        (RETRY, [began(), began(2)], 0.0, 0.0),
        (RETRY, [began(2)], 0.0, 0.0),  # ECS has forgotten the first one
        ({}, [failed(), failed(2), failed(3)], 0.0, 0.0),
        ({**RETRY, "overlap": "forbid"}, [began(), gave_way(2)], 0.0, 0.0),
        (RETRY, [began(overrides={})], 0.0, 0.0),  # nobody's who makes attempts
        # It ended so long ago that its runner is gone.
        (RETRY, [began()], 301.0, 0.0),
        (DELAYED, [began()], 901.0, 0.0),
        ({}, [failed()], 301.0, 0.0),
    ],
)
def test_the_next_attempt_is_waited_for_as_long_as_its_runner_may_make_it(
    batch: Mapping[str, Any], tasks: Sequence[dict[str, Any]], ago: float, most: float
) -> None:
    seen = waited(batch, *tasks, ago=ago)

    assert seen.later == ""
    assert most <= seen.seconds <= most + 5.0 * bool(most)


@pytest.mark.parametrize(
    ("batch", "at"), [(RETRY, 0.0), (RETRY, 40.0), (RETRY, 290.0), (DELAYED, 600.0), (DELAYED, 890.0)]
)
def test_an_attempt_that_comes_meanwhile_is_followed(batch: Mapping[str, Any], at: float) -> None:
    seen = waited(batch, began(), comes={at: began(2, code=None)})

    assert (seen.later, at <= seen.seconds <= at + 5.0) == ("2", True)


def test_an_attempt_that_waits_for_its_turn_is_waited_for_while_another_run_is_in_progress() -> None:
    seen = waited(WAITS, began(), other_until=2000.0, comes={2030.0: began(2, code=None)})
    given_up = waited(WAITS, began(), other_until=1e9)
    alone = waited({**WAITS, "overlap": "allow"}, began(), other_until=2000.0, comes={2030.0: began(2, code=None)})

    assert (seen.later, alone.later, alone.seconds < 306) == ("2", "", True)
    assert 3900 <= given_up.seconds <= 3905


def test_what_gave_way_is_waited_for_until_its_turn_has_come() -> None:
    seen = waited(WAITS, began(), gave_way(2), other_until=500.0, comes={530.0: began(3, code=None)})
    gone = waited(WAITS, gave_way(1))

    assert (seen.later, gone.later) == ("3", "")
    assert TURN_WITHIN <= gone.seconds <= TURN_WITHIN + 5


def test_a_signal_ends_the_wait_and_the_hint_says_that_the_runner_may_go_on() -> None:
    manifest, waiter = sample_manifest("daily-report", **DELAYED), FakeWaiter(at={30.0: 15})
    attempt = Attempt.of(manifest, began(stoppedAt=None))
    run, end, stage = with_earlier(attempt, []), end_of(manifest, attempt), stage_of(Ecs(waiter, [began()]))

    assert next_attempt(stage, run, end, lambda: NOW + waiter.time) is None
    assert waiter.time == 30.0
    assert perhaps_again(stage, run, end, end).goes_on == (
        "its runner may make another attempt, which this follows: batchwright attach daily-report@night -s staging",
    )


@pytest.mark.parametrize(
    ("ended", "now", "left"),
    [
        (began(), NOW, 600.0),
        (began(), NOW + 200, 400.0),
        (began(), NOW + 700, 0.0),
        (began(), NOW - 50, 600.0),  # this host's clock is behind
        (began(code=None), NOW + 200, 600.0),  # its container has ended, and its task not yet
        (failed(), NOW, 0.0),
    ],
)
def test_what_is_left_of_the_pause_before_a_retry(ended: dict[str, Any], now: float, left: float) -> None:
    manifest = sample_manifest("daily-report", **DELAYED)

    assert pause_left(end_of(manifest, Attempt.of(manifest, ended)), now) == left


# Which attempt speaks for a given id.


def found(batch: Mapping[str, Any], *tasks: dict[str, Any]) -> tuple[int, str]:
    """The attempt that would be made, and the one that is followed instead; empty for none."""
    manifest = sample_manifest("daily-report", **batch)
    plan = RunPlan(manifest=manifest, run=RunId("night", given=True), nonce="", timeout=1800)
    plan, attempt = find_begun(stage_of(Ecs(FakeWaiter(), tasks)), plan)
    return plan.attempt, attempt.arn.rpartition("/")[2] if attempt else ""


@pytest.mark.parametrize(
    ("batch", "tasks", "attempt", "followed"),
    [
        ({}, [], 1, ""),
        ({}, [began(code=None)], 1, "1"),
        ({}, [began(code=None, startedBy="night-again-1")], 1, ""),
        ({}, [began(code=None, taskDefinitionArn=sample_manifest("other").task_definition)], 1, ""),
        (RETRY, [began(), began(2)], 1, "2"),
        (RETRY, [began(), failed(2)], 1, "2"),
        # One that gave way decides nothing where another one began.
        ({**RETRY, "overlap": "forbid"}, [began(), gave_way(2)], 1, "1"),
        (WAITS, [began(), gave_way(2)], 1, "1"),
        # A run that waits for its turn has not begun: its next task has a number of its own.
        (WAITS, [gave_way(1)], 2, ""),
        (WAITS, [gave_way(1), gave_way(2)], 3, ""),
        ({"overlap": "forbid"}, [gave_way(1)], 1, "1"),
    ],
)
def test_which_attempt_of_a_given_id_is_followed(
    batch: Mapping[str, Any], tasks: Sequence[dict[str, Any]], attempt: int, followed: str
) -> None:
    assert found(batch, *tasks) == (attempt, followed)


def test_an_earlier_attempt_that_had_begun_counts_however_its_run_goes_on() -> None:
    manifest = sample_manifest("daily-report", **RETRY)
    attempts = [Attempt.of(manifest, each) for each in (failed(), began(2), failed(3))]
    assert [each.number for each in with_earlier(replace(attempts[2], number=0), attempts).attempts] == [1, 2, 3]
    assert with_earlier(attempts[1], attempts).attempts[-1].arn == "task/night/2"
