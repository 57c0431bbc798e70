"""A run that waits, as another command follows it."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.waiting import STARTED, WaitingRun, exact_utc, waiting_attempt
from batchwright_runner.host.aws.config import StageTarget
from batchwright_runner.host.fargate.waiting import until_its_turn
from batchwright_runner.host.stage.session import Stage
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.fakes import FakeWaiter, Notes

MANIFEST = sample_manifest(overlap="wait")
ARN = "arn:aws:ecs:eu-west-1:111111111111:task/batches-staging/"
RECORD = WaitingRun(run="night", since=exact_utc(time.time() - 60), until=exact_utc(time.time() + 3600))


def task(name: str, desired: str) -> dict[str, Any]:
    return {
        "taskArn": ARN + name,
        "taskDefinitionArn": MANIFEST.task_definition,
        "startedBy": "night",
        "desiredStatus": desired,
        "lastStatus": desired,
        "createdAt": datetime.now(UTC),
        "containers": [],
    }


class Waits:
    """An account in which a record says that the run waits, at the first look alone."""

    def __init__(self, *tasks: Mapping[str, Any]) -> None:
        self.tasks = tasks
        self.looks = 0

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - as AWS has it
        del service
        if operation == "get_parameter":
            self.looks += 1
            record = RECORD if self.looks == 1 else replace(RECORD, end=STARTED)
            return {"Parameter": {"Value": record.to_json(), "Version": self.looks}}
        if operation == "list_tasks":
            status = parameters["desiredStatus"]
            return {"taskArns": [task["taskArn"] for task in self.tasks if task["desiredStatus"] == status]}
        return {"tasks": [task for task in self.tasks if task["taskArn"] in parameters["tasks"]]}


def test_its_task_that_starts_while_it_is_looked_at_is_not_taken_for_an_earlier_one() -> None:
    aws = Waits(task("earlier", "STOPPED"), task("mine", "RUNNING"))
    stage = Stage(StageTarget(project="batches", stage="staging"), aws, FakeWaiter(), Notes(), "eu-west-1")

    followed = until_its_turn(stage, waiting_attempt(MANIFEST, "/record", RECORD), "leave")

    assert isinstance(followed, Attempt)
    assert followed.arn == ARN + "mine"
