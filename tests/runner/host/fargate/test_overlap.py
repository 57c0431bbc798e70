"""Which of two runs gives way."""

from collections.abc import Mapping
from typing import Any

import pytest

from batchwright_runner.contract.ends import MAINTENANCE
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.overlap import SEEN_WITHIN, older_run
from batchwright_runner.host.fargate.own_attempt import _ends_without_us
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter

FORBID = sample_manifest("daily-report", overlap="forbid")
NOW = 1000.0


def task(name: str, created: float = NOW, **more: object) -> dict[str, Any]:
    """A task whose container has not begun."""
    main = {"name": "main", "lastStatus": "PENDING"}
    return {"taskArn": name, "createdAt": created, "lastStatus": "PENDING", "containers": [main], **more}


class Ecs:
    """Knows some tasks, and lists those that are being stopped as ECS does: under that status alone."""

    def __init__(self, *tasks: dict[str, Any]) -> None:
        self.tasks = {str(task["taskArn"]): task for task in tasks}

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as the protocol has it
        del service
        if operation == "list_tasks":
            status = parameters["desiredStatus"]
            return {
                "taskArns": [arn for arn, task in self.tasks.items() if task.get("desiredStatus", "RUNNING") == status]
            }
        return {"tasks": [self.tasks[arn] for arn in parameters["tasks"] if arn in self.tasks]}


def gives_way_to(ours: dict[str, Any], other: dict[str, Any]) -> str:
    return older_run(Ecs(ours, other), FORBID, ours, [ours["taskArn"]], FakeWaiter())


@pytest.mark.parametrize(
    ("ours", "other", "older"),
    [
        (task("task/b"), task("task/a"), "task/a"),
        (task("task/a"), task("task/b"), ""),
        (task("task/b", NOW - 1), task("task/a"), ""),
        (task("task/a", NOW + 1), task("task/b"), "task/b"),
    ],
    ids=["larger ARN", "smaller ARN", "earlier", "later"],
)
def test_the_later_one_gives_way_and_of_two_at_the_same_instant_the_one_with_the_larger_arn(
    ours: dict[str, Any], other: dict[str, Any], older: str
) -> None:
    assert gives_way_to(ours, other) == older


def test_a_run_that_is_being_stopped_is_still_in_progress() -> None:
    stopping = task("task/a", NOW - 60, lastStatus="RUNNING", desiredStatus="STOPPED")

    assert gives_way_to(task("task/b"), stopping) == "task/a"


@pytest.mark.parametrize(
    ("status", "more"),
    [
        ("STOPPED", {"desiredStatus": "STOPPED"}),
        ("DEPROVISIONING", {"desiredStatus": "STOPPED"}),
        # Its main container has ended, and a sidecar still drains.
        ("RUNNING", {"stopCode": "EssentialContainerExited"}),
    ],
)
def test_one_whose_main_container_has_ended_is_not(status: str, more: dict[str, Any]) -> None:
    main = {"name": "main", "lastStatus": "STOPPED", "exitCode": 0}
    ended = task("task/a", NOW - 60, lastStatus=status, containers=[main], **more)

    assert gives_way_to(task("task/b"), ended) == ""


class Refusing(Ecs):
    """Refuses calls for so many seconds."""

    def __init__(self, waiter: FakeWaiter, seconds: float, *tasks: dict[str, Any]) -> None:
        super().__init__(*tasks)
        self.waiter, self.seconds = waiter, seconds

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as the protocol has it
        if self.waiter.time < self.seconds:
            raise ApiError("AccessDeniedException", "no")
        return super().call(service, operation, **parameters)


def test_a_look_that_is_not_permitted_yet_is_repeated_until_a_container_may_begin() -> None:
    waiter, ours, other = FakeWaiter(), task("task/b"), task("task/a")

    assert older_run(Refusing(waiter, 2.5, ours, other), FORBID, ours, ["task/b"], waiter) == "task/a"
    with pytest.raises(ApiError):
        older_run(Refusing(FakeWaiter(), 60.0, ours), FORBID, ours, ["task/b"], late := FakeWaiter())
    assert SEEN_WITHIN <= late.time < SEEN_WITHIN + 2


REASON = stop_reason(StopRequest("overlap", run="0123"))


@pytest.mark.parametrize(
    ("stop_code", "reason", "ends"),
    [
        ("EssentialContainerExited", "", True),
        ("UserInitiated", "by hand", True),
        ("UserInitiated", REASON, False),
        # Such a run is tried again, and must not be beside another one.
        ("TaskFailedToStart", "CannotPullContainerError: i/o timeout", False),
        ("UserInitiated", f"ECS is {MAINTENANCE} hosting the task", False),
        ("", "", False),
    ],
)
def test_what_has_ended_by_itself_or_by_others_when_it_was_to_give_way(stop_code: str, reason: str, ends: bool) -> None:
    state = TaskState(status="STOPPED", ended=True, stop_code=stop_code, reason=reason)

    assert _ends_without_us(state, REASON) is ends
