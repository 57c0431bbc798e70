"""The variables of task definitions: where a value is stored, and how they are read."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.stage.task_definitions import StoredAt, Variable, read_variables, source_of
from tests.fake_aws import AwsServer, faults
from tests.fake_aws.fixtures import ACCOUNT, REGION, sample_manifest
from tests.kit.fakes import FakeWaiter
from tests.runner.host.params.support import params

DEFINITION = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/batches-staging-report"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:cert-AbCdEf"
COUNT = 40


class Definitions:
    """Answers with a definition that takes one variable; fails as often as it is told."""

    def __init__(self, failing: Mapping[str, list[ApiError]] | None = None) -> None:
        self.failing = {arn: list(errors) for arn, errors in (failing or {}).items()}
        self.asked: list[str] = []

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        assert (service, operation) == ("ecs", "describe_task_definition")
        arn = parameters["taskDefinition"]
        self.asked.append(arn)
        if self.failing.get(arn):
            raise self.failing[arn].pop(0)
        containers = [{"name": "main", "secrets": [{"name": "A", "valueFrom": f"/p/{arn[-1]}"}]}, {"name": "agent"}]
        return {"taskDefinition": {"taskDefinitionArn": arn, "containerDefinitions": containers}}


@pytest.mark.parametrize(
    ("value_from", "service", "name"),
    [
        (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/batches/staging/report/TO", "ssm", "/batches/staging/report/TO"),
        ("/legacy/db/PASSWORD", "ssm", "/legacy/db/PASSWORD"),
        ("PASSWORD", "ssm", "PASSWORD"),
        (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/PASSWORD", "ssm", "PASSWORD"),
        ("/legacy/PASSWORD:3", "ssm", "/legacy/PASSWORD"),
        (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/legacy/PASSWORD:3", "ssm", "/legacy/PASSWORD"),
        (f"arn:aws:ssm:{REGION}:999999999999:parameter/a/B", "ssm", f"arn:aws:ssm:{REGION}:999999999999:parameter/a/B"),
        (f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/a/B", "ssm", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/a/B"),
        (SECRET, "secretsmanager", SECRET),
        (f"{SECRET}:password::", "secretsmanager", SECRET),
        (f"{SECRET}:password:AWSPREVIOUS:", "secretsmanager", SECRET),
        (f"{SECRET}:::ab-12", "secretsmanager", SECRET),
    ],
)
def test_where_a_value_is_stored(value_from: str, service: str, name: str) -> None:
    found = source_of(value_from, f"{DEFINITION}:7")

    assert (found.service, found.name) == (service, name)


def test_each_definition_is_asked_for_once() -> None:
    aws = Definitions()

    found = read_variables(aws, [f"{DEFINITION}:1", f"{DEFINITION}:2", f"{DEFINITION}:1"], FakeWaiter())

    assert sorted(aws.asked) == [f"{DEFINITION}:1", f"{DEFINITION}:2"]
    assert found[f"{DEFINITION}:2"] == [Variable("main", "A", StoredAt("ssm", "/p/2"))]


def test_only_what_was_not_read_is_asked_for_again() -> None:
    throttled = ApiError("ThrottlingException", "Rate exceeded")
    aws = Definitions({f"{DEFINITION}:2": [throttled, throttled]})

    read_variables(aws, [f"{DEFINITION}:{n}" for n in (1, 2, 3)], FakeWaiter())

    assert sorted(aws.asked) == [f"{DEFINITION}:1", *[f"{DEFINITION}:2"] * 3, f"{DEFINITION}:3"]


def test_a_definition_that_is_gone_is_named() -> None:
    aws = Definitions({f"{DEFINITION}:2": [ApiError("ClientException", "Unable to describe task definition.")]})

    with pytest.raises(RunnerError, match=r"task-definition/batches-staging-report:2 cannot be read: ClientException"):
        read_variables(aws, [f"{DEFINITION}:1", f"{DEFINITION}:2"], FakeWaiter())


def stage_of(aws: AwsServer, count: int) -> None:
    """Puts batches in place with ten parameters each."""
    for number in range(count):
        names = [f"P{number}" for number in range(10)]
        manifest = sample_manifest(f"batch-{number:02}", parameters=dict.fromkeys(names, ""))
        secrets = {name: f"/batches/staging/{manifest.batch}/{name}" for name in names}
        aws.deploy(manifest, secrets={"main": secrets})
        for path in secrets.values():
            aws.put_parameter(path, "x")


def test_forty_batches_are_described_once_each_and_their_values_read_by_the_page(
    aws: AwsServer, tmp_path: Path
) -> None:
    stage_of(aws, COUNT)

    assert len(json.loads(params(aws, tmp_path, "list", "--json").text)) == COUNT * 10
    assert (len(aws.calls_of("DescribeTaskDefinition")), len(aws.calls_of("GetParameters"))) == (COUNT, 0)
    assert len(aws.calls) <= 2 * COUNT + 10


def test_one_value_needs_one_definition(aws: AwsServer, tmp_path: Path) -> None:
    stage_of(aws, 3)

    assert params(aws, tmp_path, "get", "batch-01", "P3").text == "x\n"
    assert len(aws.calls_of("DescribeTaskDefinition")) == 1


def test_who_may_not_describe_them_is_told_which_grant_is_missing(aws: AwsServer, tmp_path: Path) -> None:
    stage_of(aws, 1)
    aws.faults("DescribeTaskDefinition", faults.access_denied())

    done = params(aws, tmp_path, "list")

    assert done.code == 125
    assert "task definitions cannot be read: AccessDenied" in done.err
    assert "platform.grant_operate" in done.err
