"""A team writes its manifest by hand, in Terraform, and uses the runner alone: all that it can do, without the CDK."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.contract.manifest import BatchManifest
from tests.fake_aws import AwsServer, Script, lines, steady
from tests.fake_aws.fixtures import ACCOUNT, REGION
from tests.kit.account import batchwright
from tests.kit.command import Done
from tests.kit.terraform import Terraform
from tests.stories.story import start_task

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
    "essential": "agent",
    "subnets": "subnet-1,subnet-2",
    "log_group": "/ecs/nightly",
    "log_stream_prefix": "ecs",
}
"""All that a manifest must say."""

UNUSUAL: dict[str, Any] = {
    **NEEDED,
    "subnets": "subnet-1, subnet-2",
    "security_groups": "sg-1",
    "assign_public_ip": True,
    "timeout_seconds": 1800,
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
    "tags": {"cost": "4711", "batchwright:stage": "other", "none": None},
    "somebody_elses_field": {"a": 1},
}
"""Forms that ``jsonencode`` gives, too."""

SOURCES = {
    "app": {"LOG_LEVEL": "/nightly/LOG_LEVEL", "DB_PASSWORD": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/batches/DB"},
    "agent": {"DD_API_KEY": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:datadog-AbCdEf:key::"},
}
TEN = Script(lines=steady(10), exit_code=3)

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
    start_task(aws, cluster=manifest.cluster, taskDefinition=manifest.task_definition, startedBy="night")


@pytest.fixture
def call(aws: AwsServer, tmp_path: Path) -> Call:
    """Runs a verb in the stage."""
    return lambda *words, **more: batchwright(aws, tmp_path, *words, "-s", "staging", **more)


PAGE = Terraform.of_page(
    Path(__file__).parents[2] / "docs/moving/terraform.md",
    {
        "aws_cloudwatch_log_group.daily_report.name": "/batches/production/daily-report",
        "aws_cloudwatch_log_group.runs.name": "/batches/production/platform/runs",
        "aws_ecr_repository.reports.repository_url": f"333333333333.dkr.ecr.{REGION}.amazonaws.com/batches/reports",
        "aws_ecs_cluster.batches.name": "batches-production",
        "aws_ecs_task_definition.daily_report.arn": f"{ECS}:task-definition/batches-production-daily-report:3",
        "aws_iam_role.deadline.arn": f"arn:aws:iam::{ACCOUNT}:role/batches-production-deadline",
        "aws_scheduler_schedule_group.deadlines.name": "batches-production",
        "aws_security_group.batches.id": "sg-1",
        "var.private_subnets": ["subnet-1", "subnet-2"],
    },
)


def test_the_pages_recipe_lists_shows_and_runs_the_batch(aws: AwsServer, tmp_path: Path) -> None:
    data = PAGE.evaluate(PAGE.block("resource", "aws_ssm_parameter", "daily_report_manifest")["value"])
    deploy(aws, data, Script(lines=lines("mailed")))
    stage = ("-s", "production")

    listed = batchwright(aws, tmp_path, "list", *stage)
    plan = batchwright(aws, tmp_path, "run", "daily-report", *stage, "--dry-run")
    started = aws.calls_of("RunTask")
    done = batchwright(aws, tmp_path, "run", "daily-report", *stage)

    assert listed.lines[1].split()[:2] == ["daily-report", "finance-systems"]
    assert (plan.code, started) == (0, [])
    assert (done.code, done.lines) == (0, ["mailed"])
    (request,) = [call.body for call in aws.calls_of("RunTask")]
    network = {"subnets": ["subnet-1", "subnet-2"], "assignPublicIp": "DISABLED", "securityGroups": ["sg-1"]}
    assert request["networkConfiguration"] == {"awsvpcConfiguration": network}
    assert {"key": "cost_center", "value": "4711"} in request["tags"]


@pytest.mark.parametrize("field", ["essential", "subnets"])
@pytest.mark.parametrize("value", [None, ["app"]], ids=["missing", "list"])
def test_a_manifest_that_cannot_be_used_is_125_and_names_the_field(
    aws: AwsServer, call: Call, field: str, value: object
) -> None:
    aws.deploy(BatchManifest.from_dict(NEEDED), text=text_of({**NEEDED, field: value}))

    done = call("run", "nightly")

    assert done.code == 125
    assert "/batches/staging/manifests/nightly cannot be used: the manifest is not valid: " in done.err
    assert f" {field}" in done.err
    assert not aws.calls_of("RunTask")


@pytest.mark.parametrize("data", [NEEDED, UNUSUAL], ids=["needed", "unusual"])
def test_it_runs(aws: AwsServer, call: Call, data: dict[str, Any]) -> None:
    deploy(aws, data, TEN)

    done = call("run", "nightly")

    assert (done.code, done.lines) == (3, [f"line {n}" for n in range(10)])
    assert "owner: web" in done.err
    assert "exit 3" in done.last


def test_a_run_is_attached_to_and_its_log_is_shown(aws: AwsServer, call: Call) -> None:
    start(aws, deploy(aws, UNUSUAL, TEN))

    attached = call("attach", "nightly@night")
    latest = call("attach", "nightly@latest")
    log = call("logs", "nightly@night")

    assert (attached.code, attached.lines) == (3, [f"line {n}" for n in range(10)])
    assert latest.lines == log.lines == attached.lines
    assert not aws.calls_of("CreateSchedule")


def test_batches_and_runs_are_listed(aws: AwsServer, call: Call) -> None:
    deploy(aws, UNUSUAL, TEN)
    call("run", "nightly", "--run-id", "night-1")

    (batch,) = json.loads(call("list", "--json").text)
    listed = call("list")
    (run,) = json.loads(call("runs", "--json").text)

    assert (batch["batch"], batch["owner"], batch["timeout_seconds"]) == ("nightly", "web", 1800)
    assert listed.lines[1].split()[:2] == ["nightly", "web"]
    assert (run["batch"], run["code"]) == ("nightly", 3)


def test_its_values_are_where_the_task_definition_says(aws: AwsServer, call: Call) -> None:
    deploy(aws, UNUSUAL, TEN)
    aws.put_parameter("/nightly/LOG_LEVEL", "info")

    listed = json.loads(call("params", "list", "--json").text)

    assert {value["path"]: (value["kind"], value["state"]) for value in listed} == {
        "/nightly/LOG_LEVEL": ("parameter", "set"),
        "/batches/DB": ("secret", "missing"),
        SOURCES["agent"]["DD_API_KEY"].partition(":key")[0]: ("secret", "in Secrets Manager, not looked at"),
    }
