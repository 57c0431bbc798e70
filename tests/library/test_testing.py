"""What users test their batches with."""

from typing import Any

import pytest
from aws_cdk import Environment
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, FargateBatch, Sidecar
from batchwright.testing import PLACES, Declaring, Synthesized, synthesize
from tests.library.support import SUBNETS, VPC, batch, declaring, only


class Report(FargateBatch):
    """Reports."""

    def __init__(self, scope: Any, platform: BatchPlatform) -> None:  # noqa: ANN401 - any argument
        super().__init__(
            scope,
            "report",
            platform=platform,
            owner="sre",
            secrets=["PASSWORD"],
            sidecars=[Sidecar(name="agent", image="example.com/agent:1")],
        )
        s3.Bucket.from_bucket_name(self, "Sales", platform.setting("sales_bucket")).grant_read(self)


@pytest.fixture(scope="module")
def report() -> Synthesized:
    return synthesize(Report, stage="production", settings={"sales_bucket": "sales"})


def test_a_batchs_class_for_a_stage(report: Synthesized) -> None:
    assert report.manifest.stage == "production"
    assert report.manifest.account == PLACES["production"].account
    assert report.manifest.subnets == tuple(SUBNETS)
    assert only(report.template, "AWS::EC2::SecurityGroup")["VpcId"] == VPC


def test_what_the_roles_may_do(report: Synthesized) -> None:
    assert report.actions("task") == {"s3:GetObject*", "s3:GetBucket*", "s3:List*"}
    assert "s3:GetObject*" not in report.actions("execution")
    assert {"kms:Decrypt", "ssm:GetParameters", "logs:PutLogEvents"} <= report.actions("execution")
    assert len(report.statements("task")) == 1


def test_containers_by_name(report: Synthesized) -> None:
    assert report.container()["Name"] == "main"
    assert report.container("agent")["Image"] == "example.com/agent:1"
    with pytest.raises(KeyError):
        report.container("agnet")


def test_resources_by_type(report: Synthesized) -> None:
    (task,) = report.resources("AWS::ECS::TaskDefinition")

    assert task["Family"] == "batches-production-report"
    assert report.resources("AWS::Lambda::Function") == []


def test_a_mistake_comes_out_as_it_is() -> None:
    with pytest.raises(DeclarationError, match=r"^platform staging: setting: 'sales_bucket' was given; known: none"):
        synthesize(Report)


def test_arguments_of_the_platform_are_taken() -> None:
    there = Environment(account="444444444444", region="us-west-2")
    made = synthesize(declaring(), stage="trial", registry=there, project="nightly", cluster="theirs")
    assert made.manifest.account == PLACES["staging"].account

    assert made.manifest.cluster == "theirs"
    assert made.manifest.image.repository == "444444444444.dkr.ecr.us-west-2.amazonaws.com/nightly/report"


def test_a_role_of_somebody_else_whose_name_looks_like_ours_is_not_counted() -> None:
    def declare(scope: Any, on: BatchPlatform) -> FargateBatch:  # noqa: ANN401 - any argument
        made = batch(scope, on)
        theirs = iam.Role(made, "OtherTaskRole", assumed_by=iam.AccountRootPrincipal())
        s3.Bucket.from_bucket_name(made, "Sales", "sales").grant_read(theirs)
        return made

    assert synthesize(declare).actions("task") == set()


def test_statements_of_given_roles_are_found_by_the_roles_names(adopted: Synthesized) -> None:
    assert "ecr:GetAuthorizationToken" in adopted.actions("execution")
    assert adopted.statements("task") == []


def test_a_policy_that_overflows_into_managed_ones_is_found_whole() -> None:
    buckets = [f"arn:aws:s3:::{'a-long-name-' * 8}{n:03}" for n in range(150)]

    def declare(scope: Any, on: BatchPlatform) -> FargateBatch:  # noqa: ANN401 - any argument
        made = batch(scope, on)
        for bucket in buckets:
            made.allow("s3:GetObject", on=bucket)
        return made

    made = synthesize(declare)

    assert made.resources("AWS::IAM::ManagedPolicy")
    assert {statement["Resource"] for statement in made.statements("task")} == set(buckets)
    assert {permission["Resource"] for permission in made.local["permissions"]} == set(buckets)


def several(scope: Construct, on: BatchPlatform) -> list[FargateBatch]:
    return [batch(scope, on, name) for name in ("report", "mails")]


@pytest.mark.parametrize(
    ("declare", "name", "message"),
    [
        (several, None, "there are several, report, mails; write name=…"),
        (several, "mail", "'mail' was given; known: mails, report; did you mean mails"),
        (declaring(), "mails", "'mails' was given; known: report"),
        (lambda *_: [], None, "there is no batch"),
    ],
)
def test_the_batch_that_is_meant(declare: Declaring, name: str | None, message: str) -> None:
    assert synthesize(several, name="mails").manifest.batch == "mails"

    with pytest.raises(DeclarationError, match=f"^synthesize: name: {message}"):
        synthesize(declare, name=name)
