"""Which of two runs gives way."""

from collections.abc import Mapping
from typing import Any

import pytest

from batchwright_runner.host.fargate.overlap import older_run
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
        self.tasks = {str(known["taskArn"]): known for known in tasks}

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as the protocol has it
        del service
        if operation == "list_tasks":
            wanted = parameters["desiredStatus"]
            return {
                "taskArns": [
                    arn for arn, known in self.tasks.items() if known.get("desiredStatus", "RUNNING") == wanted
                ]
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


def test_one_that_has_stopped_is_not() -> None:
    main = {"name": "main", "lastStatus": "STOPPED", "exitCode": 0}
    stopped = task("task/a", NOW - 60, lastStatus="STOPPED", desiredStatus="STOPPED", containers=[main])

    assert gives_way_to(task("task/b"), stopped) == ""
