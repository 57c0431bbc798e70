"""How long a run waits for another, how often it looks, and what it waits out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.own_attempt import OwnAttempt
from batchwright_runner.host.fargate.queue import PAUSES, SETTLED, Queue, pause_after
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import standard_output
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter


@pytest.mark.parametrize(("declared", "limit"), [(0, 1800), (60, 60)])
def test_it_waits_as_long_as_is_declared_or_as_the_batch_may_take(declared: int, limit: int) -> None:
    assert sample_manifest(overlap="wait", overlap_wait_seconds=declared).at_once.longest == limit


def test_who_has_waited_longer_looks_less_often() -> None:
    pauses = [pause_after(waited, lambda: 0.5) for waited in (0, SETTLED / 2, SETTLED, 100 * SETTLED)]

    assert pauses == [PAUSES[0], sum(PAUSES) / 2, PAUSES[1], PAUSES[1]]


def test_two_that_wait_equally_long_do_not_look_at_once() -> None:
    assert pause_after(0, lambda: 0.0) < pause_after(0, lambda: 0.9)


# Credentials that are late.

PLAN = RunPlan(manifest=sample_manifest(overlap="wait"), run=RunId("x", given=False), nonce="n", timeout=1800)


@dataclass
class Aws:
    """Takes no credentials for so many seconds; another run is in progress until a moment."""

    waiter: FakeWaiter
    refuses: Sequence[float]
    code: str = "ExpiredTokenException"
    other_until: float = 0.0

    def call(self, service: str, operation: str, **parameters: object) -> Mapping[str, Any]:
        del service
        begin, end = self.refuses
        if begin <= self.waiter.time < end:
            raise ApiError(self.code, "no good")
        if operation == "get_parameter":
            raise ApiError("ParameterNotFound", str(parameters["Name"]))
        goes_on = self.waiter.time < self.other_until
        if operation == "list_tasks":
            return {"taskArns": ["task/other"] if goes_on and parameters["desiredStatus"] == "RUNNING" else []}
        main = {"name": "main", "lastStatus": "RUNNING" if goes_on else "STOPPED", "exitCode": None if goes_on else 0}
        other = {"taskArn": "task/other", "lastStatus": main["lastStatus"], "createdAt": 1.0, "containers": [main]}
        return {"tasks": [other if operation == "describe_tasks" else {"taskArn": "task/ours", "createdAt": 1.0}]}

    def stage(self) -> Stage:
        return Stage(StageTarget(project="batches", stage="staging", source="x"), self, self.waiter, self.waiter, "r")


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException", "NoCredentials"])
def test_credentials_that_are_late_at_the_first_look_are_waited_out_for_fifteen_seconds(code: str) -> None:
    soon, never = (Aws(FakeWaiter(), (0.0, end), code) for end in (14.0, 3000.0))

    assert Queue(soon.stage(), Console()).wait(PLAN, [], 0.0) is None
    with pytest.raises(RunnerError, match="whether another run is in progress cannot be seen"):
        Queue(never.stage(), Console()).wait(PLAN, [], 0.0)
    assert 14.0 <= soon.waiter.time < 18.0
    assert 15.0 <= never.waiter.time < 19.0


@pytest.mark.parametrize(("end", "code"), [(1500.0, "ExpiredTokenException"), (160.0, "AccessDeniedException")])
def test_what_it_may_not_see_any_more_while_it_waits_is_waited_out(end: float, code: str) -> None:
    aws = Aws(FakeWaiter(), (60.0, end), code, other_until=end + 100.0)

    assert Queue(aws.stage(), Console()).wait(PLAN, [], 0.0) is None
    assert end + 100.0 <= aws.waiter.time < end + 140.0


def test_its_own_earlier_attempt_is_not_waited_for() -> None:
    aws = Aws(FakeWaiter(), (0.0, 0.0), other_until=9e9)

    assert Queue(aws.stage(), Console()).wait(PLAN, ["task/other"], 0.0) is None
    assert aws.waiter.time == 0.0


@pytest.mark.parametrize(("end", "starts"), [(14.0, True), (3000.0, False)])
def test_credentials_that_are_late_at_the_look_for_a_pause_are_waited_out_for_fifteen_seconds(
    end: float, starts: bool, tmp_path: Path
) -> None:
    aws, plan = Aws(FakeWaiter(), (0.0, end)), replace(PLAN, manifest=sample_manifest())
    with (tmp_path / "out").open("wb") as out:
        stage, console = aws.stage(), Console(out.fileno())
        options = RunOptions(name="daily-report", run=plan.run)
        follower, deadlines = TaskFollower(stage, standard_output(console), console), Deadlines(aws)
        attempt = OwnAttempt(plan, options, stage, follower, console, deadlines, wall=lambda: 0.0)
        if starts:
            attempt.start()
        else:
            with pytest.raises(RunnerError, match="whether daily-report is paused cannot be seen"):
                attempt.start()

    assert (attempt.arn, 14.0 <= aws.waiter.time < 19.0) == ("task/ours" if starts else "", True)
