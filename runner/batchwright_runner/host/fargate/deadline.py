"""A schedule that stops a task when the runner's host is gone."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from batchwright_runner.contract.ends import DEADLINE_REASON
from batchwright_runner.contract.manifest import BatchManifest, Deadline
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import backoff, retry
from batchwright_runner.host.fargate.task import task_id
from batchwright_runner.host.runs.signals import Waiter

MARGIN = 120
"""Seconds after timeout and stop timeout: a schedule may fire a minute late, and the runner is to be the first."""
STOP_TASK = "arn:aws:scheduler:::aws-sdk:ecs:stopTask"
ATTEMPTS = 3
RETRIES = 3


def schedule_request(manifest: BatchManifest, deadline: Deadline, arn: str, due: float) -> dict[str, Any]:
    """The CreateSchedule request. Pure.

    Args:
        manifest: The batch.
        deadline: Where the schedule is made.
        arn: The task.
        due: When the timeout stops the task, in seconds since 1970.
    """
    at = datetime.fromtimestamp(due + manifest.stop_timeout_seconds + MARGIN, UTC)
    # The names are those of the API: the scheduler takes them in this casing.
    target = {"Cluster": manifest.cluster, "Task": arn, "Reason": DEADLINE_REASON}
    return {
        "Name": task_id(arn),
        "GroupName": deadline.group,
        "ScheduleExpression": f"at({at:%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
        "Target": {
            "Arn": STOP_TASK,
            "RoleArn": deadline.role,
            "Input": json.dumps(target),
            "RetryPolicy": {"MaximumRetryAttempts": RETRIES},
        },
    }


def make_deadline(aws: Aws, manifest: BatchManifest, deadline: Deadline, arn: str, due: float) -> None:
    """Makes the schedule, by one call. One that is there already is as good.

    Raises:
        ApiError: It could not be made.
    """
    try:
        aws.call("scheduler", "create_schedule", **schedule_request(manifest, deadline, arn, due))
    except ApiError as error:
        if error.code != "ConflictException":
            raise


def drop_deadline(aws: Aws, deadline: Deadline, arn: str, waiter: Waiter) -> None:
    """Deletes the schedule. One that stays fires once, at a task that has ended, and deletes itself."""
    delete = partial(aws.call, "scheduler", "delete_schedule", Name=task_id(arn), GroupName=deadline.group)
    with suppress(ApiError):
        retry(delete, waiter, attempts=ATTEMPTS, pause=lambda failed: backoff(failed) / 4)
