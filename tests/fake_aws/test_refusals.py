"""What AWS refuses, the server refuses, so that no defect of ours passes here; and it never hides one of its own.

What it answers to good requests, and how it misbehaves on request, is seen by all who use it.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.fake_aws import AwsServer, Script, faults, lines
from tests.fake_aws.fixtures import sample_manifest
from tests.fake_aws.remote import remote_server
from tests.kit.rows import each_row

MANIFEST = sample_manifest()
TABLE = "batches-staging-alerts"
UNKNOWN = "UnknownOperationException"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:batches-staging-messages"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
START = {"cluster": MANIFEST.cluster, "taskDefinition": MANIFEST.task_definition, "networkConfiguration": NETWORK}
LOG = {"logGroupName": MANIFEST.log_group, "logStreamName": "mine"}
STOP = {
    "Arn": "arn:aws:scheduler:::aws-sdk:ecs:stopTask",
    "RoleArn": "arn:aws:iam::111111111111:role/deadline",
    "Input": json.dumps({"Cluster": MANIFEST.cluster, "Task": "1"}),
}
SCHEDULE = {
    "Name": "1",
    "GroupName": "batches-staging",
    "ScheduleExpression": "at(2027-01-15T08:10:00)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": STOP,
}
ITEM = {"kind": {"S": "record"}, "name": {"S": "daily-report"}}
NUMBER = {"ExpressionAttributeValues": {":v": {"N": "1"}}}
PUT = {"Put": {"TableName": TABLE, "Item": ITEM}}
BASES: dict[str, dict[str, Any]] = {
    "ecs.run_task": START,
    "ecs.list_tasks": {"cluster": MANIFEST.cluster},
    "ecs.describe_tasks": {"cluster": MANIFEST.cluster, "tasks": ["1"]},
    "ecs.stop_task": {"cluster": MANIFEST.cluster, "task": "1"},
    "logs.get_log_events": LOG,
    "logs.filter_log_events": {"logGroupName": MANIFEST.log_group},
    "scheduler.create_schedule": SCHEDULE,
    "sns.publish": {"TopicArn": TOPIC, "Message": "text"},
    "ssm.put_parameter": {"Name": "/one", "Value": "a", "Type": "String"},
    "ssm.get_parameters": {},
    "dynamodb.put_item": {"TableName": TABLE, "Item": ITEM},
    "dynamodb.query": {"TableName": TABLE},
    "dynamodb.batch_get_item": {},
    "dynamodb.transact_write_items": {},
}


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsServer]:
    with AwsServer() as server:
        server.deploy(MANIFEST, Script(lines=lines("a")))
        server.put_event(MANIFEST.log_group, "mine", "a")
        server.put_table(TABLE)
        server.world.topics.add(TOPIC)
        yield server


def call(address: str, name: str, **request: Any) -> str:  # noqa: ANN401 - any member of a request
    """Makes a call; the code of its error, if it has one."""
    service, _, operation = name.partition(".")
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "AKIATEST", "aws_secret_access_key": "secret"}
    make: Any = boto3.Session().client
    try:
        getattr(make(service, endpoint_url=address, region_name="eu-west-1", config=config, **keys), operation)(
            **request
        )
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


@each_row("given code", __file__, "refusals")
def test_what_aws_refuses_is_refused(aws: AwsServer, given: str, code: str) -> None:
    name, _, changes = given.partition("(")

    assert call(aws.url, name, **{**BASES[name], **eval(f"dict({changes}", globals())}) == code
    assert (aws.tasks, aws.schedules, aws.world.tables[TABLE].items) == ([], [], {})


def test_what_is_not_known_here_and_a_defect_of_the_server_are_errors_that_show(
    aws: AwsServer, capfd: pytest.CaptureFixture[str]
) -> None:
    aws.put_event("/group", "mine", "no time", at=float("nan"))

    assert call(aws.url, "logs.get_log_events", logGroupName="/group", logStreamName="mine") == "DefectInTestServer"
    assert "cannot convert float NaN" in capfd.readouterr().err
    assert call(aws.url, "ecs.list_clusters") == UNKNOWN
    with pytest.raises(ValueError, match="GetLogEvent is no operation"):
        aws.faults("GetLogEvent", faults.throttled())


@pytest.mark.process
def test_a_server_in_a_process_of_its_own() -> None:
    with remote_server() as server:
        server.deploy(MANIFEST, Script(lines=lines("a")))
        address = server.environ()["AWS_ENDPOINT_URL"]

        assert [call(address, "ecs.run_task", **START), call(address, "ecs.list_clusters")] == ["", UNKNOWN]
        ((started, ended),) = server.times().values()
        assert server.calls_of("RunTask")[0].at < started < ended
        assert server.counts() == {"RunTask": 1, f"ListClusters {UNKNOWN}": 1}
