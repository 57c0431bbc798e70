"""A stage of the stand-in for AWS that has a past: batches that were deployed long ago, and runs that have ended."""

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, OURS, STOPPED_ON_REQUEST
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.variables import BACKFILL, RUN_ID, SCHEDULED_TIME
from batchwright_runner.contract.watch import Watch
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.services.ssm import Version
from tests.fake_aws.world import iso

HOUR = 3600.0
DAY = 24 * HOUR


def ago(seconds: float) -> datetime:
    """The whole minute so long ago, in UTC."""
    return datetime.fromtimestamp((time.time() - seconds) // 60 * 60, UTC)


def due_at(when: datetime) -> str:
    """A schedule that is due every day at that time."""
    return f"{when.minute} {when.hour} * * * UTC"


def watched(
    aws: AwsServer,
    batch: str,
    watch: Watch,
    *,
    deployed: float = 30 * DAY,
    **fields: Any,  # noqa: ANN401 - any field
) -> BatchManifest:
    """Deploys a batch with its record, so many seconds ago."""
    manifest = sample_manifest(batch, schedule=watch.schedule, scheduler=watch.scheduler, **fields)
    aws.deploy(manifest)
    record(aws, manifest.path, manifest.to_json(), deployed)
    if watch.says_something:
        record(aws, StageNames("batches", "staging").watch(batch), watch.to_json(), deployed)
    return manifest


def record(aws: AwsServer, path: str, *versions: Any) -> None:  # noqa: ANN401 - texts and numbers
    """Sets a parameter with its versions: text and how many seconds ago, in turn; the oldest first."""
    numbered = [
        Version(number, text, "String", "", time.time() - seconds)
        for number, (text, seconds) in enumerate(zip(versions[::2], versions[1::2], strict=True), 1)
    ]
    aws.put_parameter(path, numbered[-1].value)
    parameter = aws.world.parameters[path]
    parameter.version, parameter.changed = numbered[-1].number, numbered[-1].changed
    aws.world.versions[path] = numbered


def ended(
    aws: AwsServer,
    manifest: BatchManifest,
    started: datetime,
    seconds: float = 60.0,
    *,
    code: int | None = 0,
    run: str = "rundeck/ops/4711",
    scheduled: str = "",
    reason: str = "",
    backfill: str = "",
) -> str:
    """Puts the end of a run into the history, as EventBridge would; no code for a task that never began.

    With a reason of batchwright's own it was stopped for that; else it failed to start.

    Returns:
        The task's ARN.
    """
    begin, place = started.timestamp(), manifest.task_definition.rpartition(":task-definition")[0]
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{manifest.batch}/{run}/{seconds}/{code}")  # the same in every test run
    arn = f"{place}:task/{manifest.cluster}/{identity.hex}"
    began = {} if code is None else {"startedAt": iso(begin + 30)}
    variables = {RUN_ID: run, SCHEDULED_TIME: scheduled} | ({BACKFILL: backfill} if backfill else {})
    unbegun = STOPPED_ON_REQUEST if reason.startswith(OURS) else FAILED_TO_START
    detail: dict[str, Any] = {
        "taskArn": arn,
        "taskDefinitionArn": manifest.task_definition,
        "startedBy": run,
        "group": f"family:{manifest.task_definition.rpartition('/')[2].partition(':')[0]}",
        "lastStatus": "STOPPED",
        "desiredStatus": "STOPPED",
        "createdAt": iso(begin),
        "stoppedAt": iso(begin + seconds),
        "stopCode": unbegun if code is None else ENDED_BY_ITSELF,
        "stoppedReason": reason or "Essential container in task exited",
        "containers": [
            {"name": manifest.container, "lastStatus": "STOPPED", **({} if code is None else {"exitCode": code})}
        ],
        "overrides": {
            "containerOverrides": [
                {
                    "name": manifest.container,
                    "environment": [{"name": name, "value": value} for name, value in variables.items()],
                }
            ]
        },
        **began,
    }
    event = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}
    aws.put_event(manifest.history_log_group, uuid.uuid4().hex, json.dumps(event), at=begin + seconds)
    return arn
