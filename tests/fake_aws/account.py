"""What the tests of the server itself share: an account whose clock they hold, seen through boto3."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.script import Script
from tests.fake_aws.server import AwsServer

MANIFEST = sample_manifest()
FAMILY = "batches-staging-daily-report"
STARTED = 0.2  # seconds from RunTask to the container's start, in a script that says nothing of it

REQUEST: dict[str, Any] = {
    "cluster": MANIFEST.cluster,
    "taskDefinition": MANIFEST.task_definition,
    "launchType": "FARGATE",
    "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}},
    "startedBy": "run/1",
    "tags": [{"key": "batchwright:batch", "value": "daily-report"}],
}

BEGINNING = 1_800_000_000.0
"""2027-01-15T08:00:00Z."""


class Clock:
    """A time that passes only when told."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Account:
    """A server with a clock of its own, and clients of it that never retry."""

    def __init__(self, server: AwsServer, clock: Clock) -> None:
        self.server = server
        self.clock = clock
        self._clients: list[Any] = []

    @cached_property
    def sts(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("sts")

    @cached_property
    def ssm(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("ssm")

    @cached_property
    def ecs(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("ecs")

    @cached_property
    def logs(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("logs")

    @cached_property
    def dynamodb(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("dynamodb")

    @cached_property
    def scheduler(self) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        return self._client("scheduler")

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no static type
        made = client(service, self.server.url)
        self._clients.append(made)
        return made

    def close(self) -> None:
        for one in self._clients:
            one.close()

    def deploy(self, *scripts: Script) -> None:
        self.server.deploy(MANIFEST, *scripts)

    def run(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the request
        answer = self.ecs.run_task(**{**REQUEST, **changes})
        assert answer["failures"] == []
        task: dict[str, Any] = answer["tasks"][0]
        return task

    def describe(self, task: dict[str, Any]) -> dict[str, Any]:
        answer = self.ecs.describe_tasks(cluster=MANIFEST.cluster, tasks=[task["taskArn"]], include=["TAGS"])
        shown: dict[str, Any] = answer["tasks"][0]
        return shown

    def page(self, task: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member of the request
        stream = f"run/{more.pop('container', 'main')}/{task['taskArn'].rpartition('/')[2]}"
        page: dict[str, Any] = self.logs.get_log_events(
            logGroupName=MANIFEST.log_group, logStreamName=stream, **{"startFromHead": True, **more}
        )
        return page

    def read(self, task: dict[str, Any], **more: Any) -> list[str]:  # noqa: ANN401 - any member of the request
        """All that can be read now, page by page."""
        texts: list[str] = []
        page = self.page(task, **more)
        while True:
            texts += [event["message"] for event in page["events"]]
            following = self.page(task, nextToken=page["nextForwardToken"], **more)
            if following["nextForwardToken"] == page["nextForwardToken"]:
                return texts
            page = following


def client(service: str, url: str, key: str = "AKIATEST") -> Any:  # noqa: ANN401 - boto3's clients have no static type
    make: Any = boto3.Session().client
    return make(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}),
    )


def code_of(operation: Callable[..., object], *given: object, **arguments: object) -> str:
    """The code of the error that a call must end with."""
    with pytest.raises(ClientError) as caught:
        operation(*given, **arguments)
    return str(caught.value.response["Error"]["Code"])
