"""A stage's values on a developer's machine: what is read, what is missing or refused, and what is never asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.workbench.local.stage_values import StageValues, StoredPlace, place_of
from tests.fake_aws import AwsServer
from tests.fake_aws.fixtures import aws as aws
from tests.fake_aws.fixtures import sample_manifest
from tests.kit.command import Done, call, environment
from tests.kit.projects import declared, make_project

HERE = "arn:aws:ecs:eu-west-1:111111111111:task-definition/batches-staging-report:1"
SSM = "arn:aws:ssm:eu-west-1:111111111111:parameter/batches/staging"
MANAGER = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:erp-AbCdEf"


@pytest.mark.parametrize(
    ("value_from", "place"),
    [
        (f"{SSM}/report/PASSWORD", StoredPlace("ssm", "/batches/staging/report/PASSWORD")),
        ("plain", StoredPlace("ssm", "plain")),
        (
            "arn:aws:ssm:us-east-1:111111111111:parameter/x",
            StoredPlace("ssm", "arn:aws:ssm:us-east-1:111111111111:parameter/x", "us-east-1"),
        ),
        (
            "arn:aws:ssm:eu-west-1:222222222222:parameter/x",
            StoredPlace("ssm", "arn:aws:ssm:eu-west-1:222222222222:parameter/x"),
        ),
        (MANAGER, StoredPlace("secretsmanager", MANAGER)),
        (f"{MANAGER}:user::", StoredPlace("secretsmanager", MANAGER, key="user")),
        (
            f"{MANAGER}:user:AWSPREVIOUS:",
            StoredPlace("secretsmanager", MANAGER, key="user", version=(("VersionStage", "AWSPREVIOUS"),)),
        ),
        (f"{MANAGER}:::id-1", StoredPlace("secretsmanager", MANAGER, version=(("VersionId", "id-1"),))),
    ],
)
def test_what_a_value_from_means(value_from: str, place: StoredPlace) -> None:
    assert place_of(value_from, HERE) == place


def test_no_text_stands_in_a_representation() -> None:
    assert "canary" not in repr(StageValues("staging", {"main": {"A": "canary"}}))


def project(tmp_path: Path, values: Mapping[str, Any], **manifest: object) -> Path:
    """A project whose batch takes secrets: variable to ``valueFrom``."""
    entries = [{"name": name, "valueFrom": value_from} for name, value_from in values.items()]
    fields = {"stage": "staging", "secrets": list(values), **manifest}
    return make_project(tmp_path, declared("report", "true", manifest=fields, container={"secrets": entries}))


def run(root: Path, server: AwsServer, *options: str) -> Done:
    env = environment(**server.environ(), BATCHWRIGHT_BACKEND="docker")
    return call(root, "run", "report", "--local", "-s", "staging", "--use-values", *options, env=env)


@pytest.mark.usefixtures("engine")
def test_a_deployed_stage_that_is_protected_is_refused_and_nothing_is_read(tmp_path: Path, aws: AwsServer) -> None:
    root = project(tmp_path, {"PASSWORD": f"{SSM}/report/PASSWORD"})
    aws.deploy(sample_manifest("report", protected=True))
    done = run(root, aws)

    assert done.code == 2, done.err
    assert "--use-values is refused: stage staging is protected" in done.err
    assert aws.calls_of("GetParameters") == []


@pytest.mark.usefixtures("engine")
def test_all_that_is_missing_or_refused_is_said_at_once_and_nothing_is_started(tmp_path: Path, aws: AwsServer) -> None:
    values = {f"P{n}": f"{SSM}/report/P{n}" for n in range(11)}
    more: dict[str, object] = {"GONE": f"{MANAGER}:user::", "TEXT": MANAGER.replace("erp", "text") + ":user::"}
    more |= {"KEY": MANAGER.replace("erp", "json") + ":nokey::", "BINARY": MANAGER.replace("erp", "binary")}
    more |= {"DELETED": MANAGER.replace("erp", "deleted"), "LATER": {"unresolved": "Ref Secret"}}
    root = project(tmp_path, {**values, **more})
    aws.deploy(sample_manifest("report"))
    for n in range(1, 11):
        aws.put_parameter(f"/batches/staging/report/P{n}", "canary", "SecureString")
    aws.put_secret(MANAGER.replace("erp", "text"), "canary")
    aws.put_secret(MANAGER.replace("erp", "json"), '{"user": "canary"}')
    aws.put_secret(MANAGER.replace("erp", "binary"), b"canary")
    aws.put_secret(MANAGER.replace("erp", "deleted"), "canary")
    aws.world.secrets[MANAGER.replace("erp", "deleted")] = 1.0
    done = run(root, aws)
    message = " ".join(done.err.split())

    assert (done.code, done.out) == (125, b""), done.err
    assert "cannot run with the values of stage staging, and nothing was started" in message
    assert "P0: /batches/staging/report/P0 is not there: batchwright params set report P0 -s staging GONE:" in message
    assert "P1:" not in message
    assert f"GONE: {MANAGER} is not there" in message
    assert "secret:text-AbCdEf is not JSON, and user is wanted of it" in message
    assert "secret:json-AbCdEf has no key nokey" in message
    assert "secret:binary-AbCdEf is binary" in message
    assert "secret:deleted-AbCdEf cannot be read: InvalidRequestException" in message
    assert "LATER: where it is stored is known to a deployment only" in message
    assert "canary" not in done.err


@pytest.mark.usefixtures("engine")
def test_what_is_not_there_is_said_with_what_makes_it(tmp_path: Path, aws: AwsServer) -> None:
    values = {"KEY": f"{SSM}/shared/API_KEY", "TO": f"{SSM}/report/TO", "OTHER": f"{SSM}/else/OTHER"}
    root = project(tmp_path, values, secrets=["KEY", "OTHER"], parameters={"TO": ""})
    aws.deploy(sample_manifest("report"))
    lines = [line.strip() for line in run(root, aws).err.splitlines()]

    assert (
        "KEY: /batches/staging/shared/API_KEY is not there: batchwright params set --shared API_KEY -s staging" in lines
    )
    assert (
        "TO: /batches/staging/report/TO is not there: deploy the batch, which makes it "
        "(cdk deploy STACK --revert-drift, if someone deleted it)" in lines
    )
    assert "OTHER: /batches/staging/else/OTHER is not there" in lines


@pytest.mark.usefixtures("engine")
def test_each_refusal_is_said_and_one_does_not_hide_another(tmp_path: Path, aws: AwsServer) -> None:
    root = project(tmp_path, {"A": f"{SSM}/report/A", "B": f"{SSM}/report/B", "M": MANAGER})
    aws.deploy(sample_manifest("report"))
    for name in "AB":
        aws.put_parameter(f"/batches/staging/report/{name}", "canary", "SecureString")
    aws.put_secret(MANAGER, "canary")
    every = {"Effect": "Allow", "Action": ["sts:*", "ssm:GetParameter", "kms:*"], "Resource": "*"}
    aws.limit([every, {"Effect": "Allow", "Action": "ssm:GetParameters", "Resource": f"{SSM}/report/A"}], {})
    done = run(root, aws)
    message = " ".join(done.err.split())

    assert done.code == 125
    assert "A: /batches" not in message
    assert "B: /batches/staging/report/B cannot be read: AccessDeniedException" in message
    assert f"M: {MANAGER} cannot be read: AccessDeniedException" in message
    assert "you yourself need ssm:GetParameters" in message


@pytest.mark.usefixtures("engine")
def test_what_is_given_is_not_read_and_what_only_the_deployment_knows_is_read_of_it(
    tmp_path: Path, aws: AwsServer
) -> None:
    root = project(tmp_path, {"A": f"{SSM}/report/A", "B": f"{SSM}/report/B", "C": {"unresolved": "Ref Secret"}})
    aws.deploy(sample_manifest("report"), secrets={"main": {"C": f"{MANAGER}:user::"}})
    done = run(root, aws, "-e", "A=canary")

    assert [call.body["Names"] for call in aws.calls_of("GetParameters")] == [["/batches/staging/report/B"]]
    assert [call.body for call in aws.calls_of("GetSecretValue")] == [{"SecretId": MANAGER}]
    assert "canary" not in done.err
