"""What the change of a property means: that permissions depend on it, and what CloudFormation replaces."""

import runpy
from pathlib import Path

import pytest

from batchwright_runner.workbench.diff.stacks import create_only
from batchwright_runner.workbench.diff.statements import is_sensitive

SENSITIVE = [
    ("AWS::IAM::Role", "PermissionsBoundary"),
    ("AWS::IAM::User", "Groups"),
    ("AWS::IAM::UserToGroupAddition", "Users"),
    ("AWS::IAM::Policy", "Roles"),
    ("AWS::IAM::InstanceProfile", "Roles"),
    ("AWS::SSO::Assignment", "PrincipalId"),
    ("AWS::IAM::OIDCProvider", "ClientIdList"),
    ("AWS::Lambda::Permission", "Principal"),
    ("AWS::Lambda::Permission", "FunctionUrlAuthType"),
    ("AWS::Lambda::LayerVersionPermission", "OrganizationId"),
    ("AWS::Lambda::Url", "AuthType"),
    ("AWS::Events::EventBusPolicy", "Principal"),
    ("AWS::RAM::ResourceShare", "Principals"),
    ("AWS::SQS::QueuePolicy", "Queues"),
    ("AWS::ECS::TaskDefinition", "TaskRoleArn"),
    ("AWS::ECS::TaskDefinition", "ExecutionRoleArn"),
    ("AWS::Lambda::Function", "Role"),
    ("AWS::Events::Rule", "Targets[0].RoleArn"),
    ("AWS::KMS::Key", "KeyPolicy"),
    ("AWS::SSO::PermissionSet", "ManagedPolicies"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration.BlockPublicAcls"),
    ("AWS::S3::Bucket", "AccessControl"),
    ("AWS::RDS::DBInstance", "PubliclyAccessible"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme"),
    ("AWS::S3::Bucket", "Condition"),
    ("AWS::CloudFormation::Stack", "Parameters.Who"),
    ("", "Conditions.Live"),
]


@pytest.mark.parametrize(("kind", "path"), SENSITIVE)
def test_permissions_depend_on_it(kind: str, path: str) -> None:
    assert is_sensitive(kind, path)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("AWS::IAM::Policy", "PolicyName"), ("AWS::S3::Bucket", "VersioningConfiguration"), ("", "Outputs.Role")],
)
def test_permissions_do_not_depend_on_it(kind: str, path: str) -> None:
    assert not is_sensitive(kind, path)


ROOT = Path(__file__).parents[4]


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "docs/generate_replacement.py"))

    assert script["FILE"].read_text(encoding="utf-8") == script["content"]()


def test_it_has_what_a_batch_makes() -> None:
    assert create_only()["AWS::IAM::Role"] == {"Path", "RoleName"}
    assert create_only()["AWS::Logs::LogGroup"] == {"LogGroupName"}
