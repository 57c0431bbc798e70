"""docs/moving/terraform.md: its manifest reads, and its policies are those that the library gives."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from batchwright.arns import Place
from batchwright.iam import platform_policies, run_policies
from batchwright.stage.resources import end_of_run
from batchwright_runner.contract.forms import required
from batchwright_runner.contract.manifest import BatchManifest, ImageReference
from batchwright_runner.contract.names import StageNames, image_tag
from tests.kit.terraform import Terraform

ROOT = Path(__file__).parents[2]
PLACE = Place("222222222222", "ap-northeast-1")
NAMES = StageNames("batches", "production")
ROLE = "arn:aws:iam::222222222222:role"
DEADLINE_ROLE = f"{ROLE}/batches-production-deadline"
LOGS = "arn:aws:logs:ap-northeast-1:222222222222:log-group"
REPOSITORY = "333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/reports"
VALUES = {
    "aws_cloudwatch_log_group.daily_report.arn": f"{LOGS}:/batches/production/daily-report",
    "aws_cloudwatch_log_group.daily_report.name": "/batches/production/daily-report",
    "aws_cloudwatch_log_group.runs.arn": f"{LOGS}:/batches/production/platform/runs",
    "aws_cloudwatch_log_group.runs.name": "/batches/production/platform/runs",
    "aws_ecr_repository.reports.repository_url": REPOSITORY,
    "aws_ecs_cluster.batches.arn": "arn:aws:ecs:ap-northeast-1:222222222222:cluster/batches-production",
    "aws_ecs_cluster.batches.name": "batches-production",
    "aws_ecs_task_definition.daily_report.arn": (
        "arn:aws:ecs:ap-northeast-1:222222222222:task-definition/batches-production-daily-report:3"
    ),
    "aws_iam_role.daily_report_execution.arn": f"{ROLE}/daily-report-execution",
    "aws_iam_role.daily_report_task.arn": f"{ROLE}/daily-report-task",
    "aws_iam_role.deadline.arn": DEADLINE_ROLE,
    "aws_scheduler_schedule_group.deadlines.arn": (
        "arn:aws:scheduler:ap-northeast-1:222222222222:schedule-group/batches-production"
    ),
    "aws_scheduler_schedule_group.deadlines.name": "batches-production",
    "aws_security_group.batches.id": "sg-1",
    "aws_ssm_parameter.report_to.arn": "arn:aws:ssm:x:222222222222:parameter/batches/production/daily-report/REPORT_TO",
    "data.aws_caller_identity.current.account_id": "222222222222",
    "data.aws_region.current.region": "ap-northeast-1",
    "var.private_subnets": ["subnet-1", "subnet-2"],
}
ANY_RESOURCE = ("PassRoles", "ReadLogs")
"""Statements for which the page names resources that are its own."""


@pytest.fixture(scope="module")
def page() -> Terraform:
    return Terraform.of_page(ROOT / "docs/moving/terraform.md", VALUES)


@pytest.fixture(scope="module")
def manifest(page: Terraform) -> dict[str, Any]:
    data: dict[str, Any] = page.evaluate(page.block("resource", "aws_ssm_parameter", "daily_report_manifest")["value"])
    return data


def test_its_manifest_reads(manifest: dict[str, Any]) -> None:
    read = BatchManifest.from_json(json.dumps(manifest))

    assert read.path == "/batches/production/manifests/daily-report"
    assert read.subnets == ("subnet-1", "subnet-2")
    assert (read.account, read.region) == ("222222222222", "ap-northeast-1")
    assert read.image == ImageReference(name="reports", repository=REPOSITORY, tag="stage-production")
    assert read.parameters == {"REPORT_TO": ""}
    assert (read.essential, read.security_groups) == ((), ("sg-1",))
    assert read.tags == {"team": "finance", "cost_center": "4711"}


def test_its_manifest_is_valid(manifest: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "docs/reference/manifest.schema.json").read_text(encoding="utf-8"))

    Draft202012Validator(schema).validate(manifest)


def test_its_manifest_stands_where_it_says(page: Terraform, manifest: dict[str, Any]) -> None:
    name = page.evaluate(page.block("resource", "aws_ssm_parameter", "daily_report_manifest")["name"])

    assert name == BatchManifest.from_dict(manifest).path


def test_what_may_be_left_out_may(page: Terraform, manifest: dict[str, Any]) -> None:
    before, after = page.text.split("# All that follows may be left out.")
    optional = re.findall(r"^    (\w+) +=", after.partition("\n  })")[0], re.MULTILINE)

    assert len(optional) > 5
    assert not {"schema", *required(BatchManifest)} & set(optional)
    kept = {name: value for name, value in manifest.items() if name not in optional}
    assert BatchManifest.from_dict(kept).batch == "daily-report"
    assert before


def test_the_manifest_is_of_the_task_definition_beside_it(page: Terraform, manifest: dict[str, Any]) -> None:
    block = page.block("resource", "aws_ecs_task_definition", "daily_report")
    (container,) = page.evaluate(block["container_definitions"])
    options = container["logConfiguration"]["options"]

    assert page.evaluate(block["family"]) == NAMES.family("daily-report")
    assert container["name"] == manifest["container"]
    assert options["awslogs-group"] == manifest["log_group"]
    assert options["awslogs-stream-prefix"] == manifest["log_stream_prefix"]
    assert [secret["name"] for secret in container["secrets"]] == manifest["parameters"] + manifest["secrets"]
    assert container["image"] == f"{REPOSITORY}:{image_tag(NAMES.stage)}"


def listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of the library's, in one form."""
    sid = statement["Sid"]
    return {
        "sid": sid,
        "actions": listed(statement["Action"]),
        "resources": ["*own*"] if sid in ANY_RESOURCE else listed(statement["Resource"]),
        "conditions": {
            (test, variable): listed(values)
            for test, variables in statement.get("Condition", {}).items()
            for variable, values in variables.items()
        },
    }


def written(statement: Mapping[str, Any]) -> dict[str, Any]:
    """A statement of the page's, in the same form."""
    return {
        "sid": statement["sid"],
        "actions": statement["actions"],
        "resources": ["*own*"] if statement["sid"] in ANY_RESOURCE else statement["resources"],
        "conditions": {
            (condition["test"], condition["variable"]): condition["values"]
            for condition in statement.get("condition", [])
        },
    }


def test_who_may_run_it_is_who_the_library_lets(page: Terraform) -> None:
    block = page.evaluate(page.block("data", "aws_iam_policy_document", "run"))
    runs = replace(run_policies.runs_of_stage(PLACE, NAMES), deadline_roles=[DEADLINE_ROLE])
    expected = run_policies.run(PLACE, NAMES, runs, cluster="batches-production", deadlines=True)
    expected.append(run_policies.read_history(PLACE, NAMES))

    assert [written(statement) for statement in block["statement"]] == [plain(statement) for statement in expected]


def test_the_history_keeps_what_the_librarys_keeps(page: Terraform) -> None:
    rule = page.block("resource", "aws_cloudwatch_event_rule", "runs")
    policy = page.block("resource", "aws_cloudwatch_log_resource_policy", "runs")
    (ours,) = platform_policies.history_policy(PLACE, NAMES)["Statement"]
    (theirs,) = page.evaluate(policy["policy_document"])["Statement"]

    assert page.evaluate(rule["event_pattern"]) == end_of_run(PLACE, NAMES, "batches-production")
    assert {**theirs, "Sid": ours["Sid"]} == ours


def test_a_deadline_may_do_what_the_librarys_may(page: Terraform) -> None:
    role = page.block("resource", "aws_iam_role", "deadline")
    policy = page.block("resource", "aws_iam_role_policy", "deadline")
    (ours,) = platform_policies.deadline_policy(PLACE, "batches-production", NAMES.tags)["Statement"]
    (theirs,) = page.evaluate(policy["policy"])["Statement"]

    assert page.evaluate(role["assume_role_policy"]) == platform_policies.deadline_trust(PLACE, NAMES)
    assert {**theirs, "Sid": ours["Sid"]} == ours
