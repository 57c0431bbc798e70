"""Ids that something else publishes in SSM, Terraform for example: ``ssm:/NAME`` in a stage of cdk.json."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from batchwright import BatchApp, BatchPlatform, DeclarationError, FargateBatch
from batchwright.app.cdk_json import platform_arguments
from batchwright.testing import Template, resources, synthesize
from tests.library.support import (
    app,
    app_and_stack,
    batch,
    declaring,
    of_type,
    only,
    platform,
    published_manifest,
    stack,
    templates,
)

NETWORK = {"vpc_id": "ssm:/net/vpc", "subnets": "ssm:/net/subnets"}
ALL: dict[str, Any] = {**NETWORK, "cluster": "ssm:/ecs/cluster", "key": "ssm:/kms/key"}


def read(template: Template) -> set[str]:
    """The SSM parameters that a stack reads when it is deployed."""
    names = {parameter.get("Default", "") for parameter in template.get("Parameters", {}).values()}
    return {name for name in names if not name.startswith("/cdk-bootstrap")}


def ref(template: Template, name: str) -> dict[str, str]:
    """What stands in a template for the value of an SSM parameter."""
    (id,) = [id for id, parameter in template["Parameters"].items() if parameter["Default"] == name]
    return {"Ref": id}


def project(**stage: Any) -> dict[str, Template]:  # noqa: ANN401 - any argument
    """All templates of an app of one batch, whose stage says this."""
    context = {"stages": {"staging": {"account": "111111111111", "region": "ap-northeast-1", **stage}}}
    home = BatchApp(Path("/nowhere"), context=context, outdir=tempfile.mkdtemp(), batches=[Report])
    role = iam.Role(stack(home, "callers"), "Caller", assumed_by=iam.AccountRootPrincipal())
    home.batches[0].platform.grant_operate(role)
    return templates(home)


class Report(FargateBatch):
    """Reports."""

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - a scope
        super().__init__(scope, "report", platform=platform, owner="sre", secrets=["PASSWORD"])


def test_each_stack_reads_what_it_needs_itself_and_exports_nothing() -> None:
    made = project(**ALL)

    assert read(made["batches-staging-report"]) == {"/net/vpc", "/net/subnets", "/ecs/cluster", "/kms/key"}
    assert read(made["batches-staging-platform"]) == {"/net/vpc", "/net/subnets", "/ecs/cluster", "/kms/key"}
    assert read(made["callers"]) == {"/ecs/cluster", "/kms/key"}
    assert "ssm:/" not in json.dumps(made)
    assert "Fn::ImportValue" not in json.dumps(made)
    assert not [name for name, template in made.items() if template.get("Outputs")]


def test_what_the_parameters_hold_is_in_manifest_policies_and_published_facts() -> None:
    made = synthesize(declaring(secrets=["PASSWORD"]), **ALL)

    published = published_manifest(made.template)
    assert {published[name] for name in ("subnets", "cluster", "key")} == {"?"}
    assert only(made.template, "AWS::EC2::SecurityGroup")["VpcId"] == ref(made.template, "/net/vpc")
    (decrypt,) = [statement for statement in made.statements("execution") if statement["Action"] == "kms:Decrypt"]
    assert decrypt["Resource"] == ref(made.template, "/kms/key")
    assert "ForAnyValue:StringEquals" not in decrypt["Condition"]
    assert not [*of_type(made.platform, "AWS::ECS::Cluster"), *of_type(made.platform, "AWS::KMS::Key")]
    facts = {
        parameter["Name"].rpartition("/")[2]: parameter["Value"]
        for parameter in resources(made.platform, "AWS::SSM::Parameter")
    }
    assert facts["cluster"] == ref(made.platform, "/ecs/cluster")
    assert facts["key"] == ref(made.platform, "/kms/key")
    rules = resources(made.platform, "AWS::Events::Rule")
    (rule,) = [rule for rule in rules if rule["EventPattern"]["source"] == ["aws.ecs"]]
    assert "/ecs/cluster" not in json.dumps(rule)
    assert json.dumps(ref(made.platform, "/ecs/cluster")) in json.dumps(rule)


def test_a_caller_of_one_batch_of_another_stack() -> None:
    home, mine = app_and_stack()
    report = batch(mine, platform(mine, **platform_arguments(ALL)))
    report.grant_run(iam.Role(stack(home, "callers"), "Caller", assumed_by=iam.AccountRootPrincipal()))

    assert "ssm:/" not in json.dumps(templates(home))


@pytest.mark.parametrize(
    ("argument", "given"),
    [
        ("vpc_id", "ssm:net/vpc"),
        ("vpc_id", "ssm:/net/vpc/"),
        ("subnets", "ssm:subnets"),
        ("subnets", ["ssm:/a b"]),
        ("security_groups", "ssm:/"),
        ("key", "ssm:key"),
        ("cluster", "ssm:cluster"),
    ],
)
def test_a_parameter_has_its_full_name(argument: str, given: Any) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(DeclarationError, match=rf"^platform staging: {argument}: .* was given; allowed: .*ssm:/NAME"):
        platform(stack(app()), **platform_arguments({argument: given}))
