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


@pytest.mark.parametrize(
    ("errors", "known_from", "asked"),
    [
        ([], 0, 1),
        ([THROTTLED] * 2, 0, 3),
        ([DENIED] * 3, 0, 4),  # a permission that is not known everywhere yet
        ([UNKNOWN] * 2, 0, 3),  # shown, and not found
        ([UNKNOWN] * 4, 4, 5),
        ([DENIED] * 4, 4, 5),
    ],
)
def test_a_refusal_that_passes_is_waited_out(errors: list[ApiError], known_from: int, asked: int) -> None:
    aws = Stops(list(errors), known_from=known_from)

    assert stop(aws) is None
    assert [(request["task"], request["reason"]) for request in aws.asked] == [(ARN, "by hand")] * asked


@pytest.mark.parametrize(("error", "known_from"), [(THROTTLED, 0), (UNKNOWN, 999)])
def test_one_that_stays_is_given_up_and_said(error: ApiError, known_from: int) -> None:
    aws = Stops([error] * 999, known_from=known_from)

    assert str(stop(aws)) == str(error)
    assert PATIENCE <= aws.waiter.time < PATIENCE + 10


def test_for_how_long_a_permission_is_tried_for_is_said_as_it_is() -> None:
    aws = Stops(errors=[DENIED] * 99)

    assert str(stop(aws)) == "AccessDeniedException: no"
    assert 15 <= aws.waiter.time < 18
    (seconds,) = re.findall(r"trying again for ([0-9.]+)s at most", aws.waiter.notes[0])
    assert float(seconds) <= 15


def test_a_refusal_for_a_task_that_is_stopping_already_is_a_success() -> None:
    assert stop(Stops(errors=[DENIED], desired="STOPPED")) is None
    assert stop(Stops(errors=[DENIED]), stopping=True) is None
