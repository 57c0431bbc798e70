"""Every sample through cdk-nag's AwsSolutions; and cdk-nag, on planted faults in the same app."""

from pathlib import Path

import pytest
from aws_cdk import Acknowledgment, Environment, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from batchwright import BatchApp, Platform, acknowledge_nag
from batchwright.nag import FINDINGS, LATER, NO_RESOURCE
from tests.library.alerts.stack import ALL
from tests.library.nag import nagged, nagged_rules
from tests.library.samples import platforms, sample_app
from tests.library.support import STAGING, app, app_and_stack, batch, platform, stack
from tests.library.workflows.support import workflow


def acknowledge_grants(on: Platform) -> None:
    """What ``grant_run`` and ``grant_operate`` wrote into roles of the house's own."""
    theirs = Stack.of(on)
    for name in ("Operator", "Caller"):
        policy = theirs.node.find_child(name).node.find_child("DefaultPolicy")
        assert isinstance(policy, iam.Policy)
        for statement in theirs.resolve(policy.document.to_json())["Statement"]:
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for resource in resources:
                if isinstance(resource, str) and "*" in resource:
                    id = f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]"
                    Validations.of(policy).acknowledge(Acknowledgment(id=id, reason="It is below the stage's prefix"))


def acknowledged(outdir: Path) -> BatchApp:
    made = sample_app(outdir, stage="production")
    acknowledge_nag(made)
    for on in platforms(made):
        acknowledge_grants(on)
    return made


def plant(scope: Construct) -> dict[str, set[str]]:
    """A bad one of each kind of resource that the library makes and AwsSolutions looks at, with the rules it breaks."""
    anyone = [{"ipProtocol": "-1", "cidrIp": "0.0.0.0/0"}]
    ecs.CfnCluster(scope, "BadCluster")
    ecs.CfnTaskDefinition(
        scope,
        "BadTask",
        container_definitions=[{"name": "main", "image": "x", "environment": [{"name": "A", "value": "1"}]}],
    )
    ec2.CfnSecurityGroup(scope, "BadGroup", group_description="For tests", security_group_ingress=anyone)
    kms.Key(scope, "BadKey")
    role = iam.Role(scope, "BadRole", assumed_by=iam.AccountRootPrincipal())
    role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name("PowerUserAccess"))
    role.add_to_policy(iam.PolicyStatement(actions=["s3:*"], resources=["arn:aws:s3:::x"]))
    repository = ecr.Repository(scope, "BadRepository")
    repository.grant_pull(iam.AnyPrincipal())
    logs.CfnLogGroup(scope, "Log")
    return {
        "BadCluster": {"ECS4"},
        "BadTask": {"ECS2", "ECS7"},
        "BadGroup": {"EC23"},
        "BadKey/Resource": {"KMS5"},
        "BadRole/Resource": {"IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/PowerUserAccess]"},
        "BadRole/DefaultPolicy/Resource": {"IAM5[Action::s3:*]"},
        "BadRepository/Resource": {"ECR1"},
    }


def test_planted_faults_are_found_and_nothing_else(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    app = acknowledged(tmp_path)
    stack = Stack.of(app.batches[0])
    expected = plant(stack)

    findings = nagged(app)

    capfd.readouterr()
    assert findings == {f"{stack.node.path}/{path}": rules for path, rules in expected.items()}


def test_every_acknowledgement_is_needed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rules = nagged_rules(sample_app(tmp_path, stage="production"))

    capfd.readouterr()
    assert rules == {"ECS2", "ECS4", "IAM5", "L1", "SF1", "SF2", "SQS3"}


@pytest.mark.parametrize("env", [STAGING, None], ids=["an account", "any account"])
def test_one_call_acknowledges_a_batch_a_workflow_and_alerts(
    env: Environment | None, capfd: pytest.CaptureFixture[str]
) -> None:
    home = app()
    ours = stack(home, env=env)
    on = platform(ours, alerts=ALL)
    first = batch(ours, on, "first", scheduler="aws", secrets=["PASSWORD"], files={"/etc/shop/a.ini": "a"})
    first.allow(["ce:GetCostAndUsage", "ce:List*"], on="*", reason="the API has no resource")
    batch(ours, on, "second", image="other")
    workflow(ours, on, steps=["first", "second"])

    acknowledge_nag(home)

    assert nagged(home) == {}
    capfd.readouterr()


def test_what_the_house_grants_is_left_to_the_house(capfd: pytest.CaptureFixture[str]) -> None:
    home, ours = app_and_stack()
    made = batch(ours, platform(ours))
    s3.Bucket.from_bucket_name(ours, "Theirs", "sales").grant_read(made)
    theirs = {"own": iam.PolicyDocument(statements=[iam.PolicyStatement(actions=["sns:Publish"], resources=["*"])])}
    iam.Role(made, "Theirs", assumed_by=iam.AccountRootPrincipal(), inline_policies=theirs)

    acknowledge_nag(ours)

    found = {rule for rules in nagged(home).values() for rule in rules}
    capfd.readouterr()
    assert "IAM5[Resource::*]" in found
    assert any("sales/*" in rule for rule in found)
    assert not any("ECS2" in rule or "log-group" in rule for rule in found)


def test_the_page_names_each_finding_with_its_reason() -> None:
    page = Path(__file__).parents[2].joinpath("docs/cdk-nag.md").read_text(encoding="utf-8")
    rows = {
        tuple(cell.strip(" `") for cell in row.strip("|").split("|")) for row in page.splitlines() if row[:1] == "|"
    }

    expected = {(kind, rule, reason) for kind, rules in FINDINGS.items() for rule, reason in rules.items()}
    expected |= {("AWS::IAM::Role", "IAM5[Resource::*]", NO_RESOURCE), ("AWS::IAM::Role", "IAM5[Resource::…*]", LATER)}
    assert rows >= expected
    assert len(rows) == len(expected) + 3  # the head, the line below it, and the task role's own
