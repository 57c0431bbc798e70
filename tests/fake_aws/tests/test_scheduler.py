"""Schedules that stop a task."""

import json
from typing import Any

import pytest

from tests.fake_aws import (
    Script,
    Term,
)
from tests.fake_aws.account import MANIFEST, Account, code_of


def schedule(task: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the request
    sent = json.dumps({"Cluster": MANIFEST.cluster, "Task": task["taskArn"], "Reason": "deadline"})
    return {
        "Name": task["taskArn"].rpartition("/")[2],
        "GroupName": "batches-staging",
        "ScheduleExpression": "at(2027-01-15T08:10:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": "arn:aws:scheduler:::aws-sdk:ecs:stopTask",
            "RoleArn": "arn:aws:iam::111111111111:role/batches-staging-deadline",
            "Input": sent,
        },
        **changes,
    }


def test_a_schedule_is_made_once_shown_and_deleted(aws: Account) -> None:
    request = schedule(aws.run())
    where = {"Name": request["Name"], "GroupName": request["GroupName"]}
    aws.scheduler.create_schedule(**request)

    assert code_of(aws.scheduler.create_schedule, **request) == "ConflictException"
    assert aws.scheduler.get_schedule(**where)["Target"]["Input"] == request["Target"]["Input"]
    aws.scheduler.delete_schedule(**where)
    assert code_of(aws.scheduler.delete_schedule, **where) == "ResourceNotFoundException"
    assert aws.server.schedules == []


def test_a_schedule_that_is_due_stops_the_task(aws: Account) -> None:
    aws.deploy(Script(runs=10_000, term=Term(exit_code=0)))
    task = aws.run()
    aws.scheduler.create_schedule(**schedule(task))  # ten minutes after this clock's beginning
    aws.clock.advance(500)
    assert aws.describe(task)["desiredStatus"] == "RUNNING"

    aws.clock.now = 1_800_000_600.0
    shown = aws.describe(task)
    assert (shown["stopCode"], shown["stoppedReason"]) == ("UserInitiated", "deadline")
    assert aws.server.schedules == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"GroupName": "other"}, "ResourceNotFoundException"),
        ({"ScheduleExpression": "at(2027-01-15 08:10)"}, "ValidationException"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}}, "ValidationException"),
        (
            {
                "Target": {
                    "Arn": "arn:aws:scheduler:::aws-sdk:ecs:stopTask",
                    "RoleArn": "arn:aws:iam::1:role/x",
                    "Input": "{}",
                }
            },
            "ValidationException",
        ),
    ],
)
def test_schedules_that_are_refused(aws: Account, changes: dict[str, Any], code: str) -> None:
    request = schedule(aws.run(), **changes)
    assert code_of(aws.scheduler.create_schedule, **request) == code
