"""A task that is not followed is stopped with patience, and with a word for what stood in the way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.task import PATIENCE, stop_task
from batchwright_runner.host.runs.task import RefusedError, TemporaryError
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter

ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/0123456789abcdef0123456789abcdef"
THROTTLED = ApiError("ThrottlingException", "slow down")
UNKNOWN = ApiError("InvalidParameterException", "The referenced task was not found.")
DENIED = ApiError("AccessDeniedException", "no")


@dataclass
class Stops:
    """An ECS that refuses so many stops, of a task that wants to go on or is stopping."""

    errors: list[ApiError] = field(default_factory=list)
    desired: str = "RUNNING"
    known_from: int = 0
    """So many stops come before ECS knows the task."""
    waiter: FakeWaiter = field(default_factory=FakeWaiter)
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert service == "ecs"
        if operation == "describe_tasks":
            return {"tasks": [{"desiredStatus": self.desired}] if len(self.asked) > self.known_from else []}
        assert operation == "stop_task"
        self.asked.append(parameters)
        if self.errors:
            raise self.errors.pop(0)
        return {}


def stop(aws: Stops, *, stopping: bool = False) -> TemporaryError | RefusedError | None:
    return stop_task(aws, sample_manifest("daily-report"), ARN, "by hand", aws.waiter, stopping=stopping)


def test_it_is_asked_for_once_and_with_the_reason() -> None:
    aws = Stops()

    assert stop(aws) is None
    assert [(request["task"], request["reason"]) for request in aws.asked] == [(ARN, "by hand")]


def test_a_refusal_that_passes_is_waited_out() -> None:
    aws = Stops(errors=[THROTTLED, THROTTLED])

    assert stop(aws) is None
    assert len(aws.asked) == 3


def test_one_that_stays_is_given_up_and_said() -> None:
    aws = Stops(errors=[THROTTLED] * 99)

    assert str(stop(aws)) == "ThrottlingException: slow down"
    assert PATIENCE <= aws.waiter.time < PATIENCE + 10


def test_for_how_long_a_permission_is_tried_for_is_said_as_it_is() -> None:
    aws = Stops(errors=[DENIED] * 99)

    assert str(stop(aws)) == "AccessDeniedException: no"
    assert 15 <= aws.waiter.time < 18
    (seconds,) = re.findall(r"trying again for ([0-9.]+)s at most", aws.waiter.notes[0])
    assert float(seconds) <= 15


@pytest.mark.parametrize("error", [UNKNOWN, DENIED])
def test_while_ecs_does_not_know_the_task_a_refusal_is_waited_out(error: ApiError) -> None:
    aws = Stops(errors=[error] * 4, known_from=4)

    assert stop(aws) is None
    assert len(aws.asked) == 5


def test_a_task_that_is_shown_and_not_found_is_waited_for_too() -> None:
    assert stop(Stops(errors=[UNKNOWN, UNKNOWN])) is None


def test_a_task_that_never_comes_is_given_up() -> None:
    aws = Stops(errors=[UNKNOWN] * 999, known_from=999)

    assert str(stop(aws)) == str(UNKNOWN)
    assert PATIENCE <= aws.waiter.time < PATIENCE + 10


def test_a_refusal_for_a_task_that_is_stopping_already_is_a_success() -> None:
    assert stop(Stops(errors=[DENIED], desired="STOPPED")) is None
    assert stop(Stops(errors=[DENIED]), stopping=True) is None
