"""A team writes its manifest by hand, in Terraform, and uses the runner alone: all that it can do, without the CDK."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script, Term, lines, steady
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.fake_aws.services.run_task import run_task
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.stories.story import until_past

ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
NEEDED: dict[str, Any] = {
    "schema": 1,
    "project": "batches",
    "stage": "staging",
    "batch": "nightly",
    "owner": "web",
    "cluster": f"{ECS}:cluster/legacy",
    "task_definition": f"{ECS}:task-definition/nightly-v2:41",
    "container": "app",
    "subnets": ["subnet-1", "subnet-2"],
    "log_group": "/ecs/nightly",
    "log_stream_prefix": "ecs",
}
"""All that a manifest must say."""

UNUSUAL: dict[str, Any] = {
    **NEEDED,
    "schema": "1",
    "subnets": "subnet-1, subnet-2",
    "security_groups": ["sg-1"],
    "assign_public_ip": "true",
    "timeout_seconds": "1800",
    "stop_timeout_seconds": 5.0,
    "retries": None,
    "retry_on": None,
    "description": None,
    "history_log_group": None,
    "deadline": None,
    "key": None,
    "image": "333333333333.dkr.ecr.eu-west-1.amazonaws.com/nightly:v7",
    "parameters": ["LOG_LEVEL"],
    "secrets": ["DB_PASSWORD"],
    "tags": {"cost": 4711, "batchwright:stage": "other", "none": None},
    "somebody_elses_field": {"a": 1},
}
"""Forms that ``jsonencode`` gives, too."""

SOURCES = {
    "app": {"LOG_LEVEL": "/nightly/LOG_LEVEL", "DB_PASSWORD": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/batches/DB"},
    "agent": {"DD_API_KEY": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:datadog-AbCdEf:key::"},
}
TEN = Script(lines=steady(10), exit_code=3)
LONG = Script(lines=lines("ready"), runs=60.0, term=Term(exit_code=0, after=0.3))

Call = Callable[..., Done]


def text_of(data: dict[str, Any]) -> str:
    """As ``jsonencode`` writes it: keys in order, no white space, not only ASCII."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def deploy(aws: AwsServer, data: dict[str, Any], *scripts: Script) -> BatchManifest:
    """Puts the batch in place, with the manifest's text as it was written."""
    manifest = BatchManifest.from_json(text_of(data))
    aws.deploy(manifest, *scripts, text=text_of(data), secrets=SOURCES)
    return manifest


def start(aws: AwsServer, manifest: BatchManifest) -> None:
    """Starts a task called ``night``, as a scheduler's runner did before."""
    network = {"awsvpcConfiguration": {"subnets": list(manifest.subnets)}}
    run_task(
        aws.world,
        {
            "cluster": manifest.cluster,
            "taskDefinition": manifest.task_definition,
            "launchType": "FARGATE",
            "networkConfiguration": network,
            "startedBy": "night",
        },
    )


@pytest.fixture
def call(aws: AwsServer, tmp_path: Path) -> Call:
    """Runs a verb in the stage."""
    return lambda *words, **more: batchwright(aws, tmp_path, *words, "-s", "staging", **more)


@pytest.mark.parametrize("data", [NEEDED, UNUSUAL], ids=["needed", "unusual"])
def test_it_runs(aws: AwsServer, call: Call, data: dict[str, Any]) -> None:
    deploy(aws, data, TEN)

    done = call("run", "nightly")

    assert (done.code, done.lines) == (3, [f"line {n}" for n in range(10)])
    assert "owner: web" in done.err
    assert "exit 3" in done.last


def test_the_request_is_as_the_manifest_says(aws: AwsServer, call: Call) -> None:
    deploy(aws, UNUSUAL, TEN)

    call("run", "nightly", "--run-id", "night-1")

    (request,) = [call.body for call in aws.calls_of("RunTask")]
    network = {"subnets": ["subnet-1", "subnet-2"], "assignPublicIp": "ENABLED", "securityGroups": ["sg-1"]}
    assert request["networkConfiguration"] == {"awsvpcConfiguration": network}
    assert request["taskDefinition"] == UNUSUAL["task_definition"]
    tags = {tag["key"]: tag["value"] for tag in request["tags"]}
    assert tags == {
        "cost": "4711",
        "batchwright:project": "batches",
        "batchwright:stage": "staging",
        "batchwright:batch": "nightly",
        "batchwright:run-id": "night-1",
    }


def test_a_run_is_attached_to_and_its_log_is_shown(aws: AwsServer, call: Call) -> None:
    start(aws, deploy(aws, UNUSUAL, TEN))

    attached = call("attach", "night")
    latest = call("attach", "nightly@latest")
    log = call("logs", "night")

    assert (attached.code, attached.lines) == (3, [f"line {n}" for n in range(10)])
    assert latest.lines == log.lines == attached.lines
    assert not aws.calls_of("CreateSchedule")


def test_a_run_is_stopped(aws: AwsServer, call: Call) -> None:
    start(aws, deploy(aws, UNUSUAL, LONG))
    until_past(aws.tasks[0].times.started)

    done = call("stop", "night")

    assert done.code == 0
    assert len(aws.calls_of("StopTask")) == 1


def test_batches_and_runs_are_listed(aws: AwsServer, call: Call) -> None:
    deploy(aws, UNUSUAL, TEN)
    call("run", "nightly", "--run-id", "night-1")

    (batch,) = json.loads(call("list", "--json").text)
    listed = call("list")
    (run,) = json.loads(call("runs", "--json").text)

    assert (batch["batch"], batch["owner"]) == ("nightly", "web")
    assert batch["timeout_seconds"] == 1800
    assert listed.lines[1].split()[:2] == ["nightly", "web"]
    assert (run["batch"], run["code"]) == ("nightly", 3)


def test_its_values_are_where_the_task_definition_says(aws: AwsServer, call: Call) -> None:
    deploy(aws, UNUSUAL, TEN)
    aws.put_parameter("/nightly/LOG_LEVEL", "info")

    rows = {
        value["path"]: (value["kind"], value["state"]) for value in json.loads(call("params", "list", "--json").text)
    }

    assert rows == {
        "/nightly/LOG_LEVEL": ("parameter", "set"),
        "/batches/DB": ("secret", "missing"),
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:datadog-AbCdEf": (
            "secret",
            "in Secrets Manager, not looked at",
        ),
    }
