"""What the change of a property means: the table of what is broader, and the list of what CloudFormation replaces."""

import runpy
from pathlib import Path

import pytest

from batchwright_runner.workbench.diff.exposures import EXPOSURES, create_only, exposed

CASES: list[tuple[str, str, object, object, str]] = [
    ("AWS::IAM::Role", "PermissionsBoundary", "a", "b", "has another permissions boundary"),
    ("AWS::IAM::Role", "PermissionsBoundary", "a", None, "has another permissions boundary"),
    ("AWS::IAM::Role", "PermissionsBoundary", None, "a", ""),
    ("AWS::IAM::User", "Groups", ["a"], ["b"], "is in other groups"),
    ("AWS::IAM::User", "Groups", ["a", "b"], ["a"], ""),
    ("AWS::IAM::UserToGroupAddition", "Users", ["a"], ["a", "b"], "puts users into a group"),
    ("AWS::IAM::Policy", "Roles", ["a"], ["a", "b"], "is attached to others"),
    ("AWS::IAM::Policy", "PolicyName", "a", "b", ""),
    ("AWS::IAM::InstanceProfile", "Roles", ["a"], ["b"], "acts with another role"),
    ("AWS::SSO::Assignment", "PrincipalId", "a", "b", "lets others sign in"),
    ("AWS::IAM::OIDCProvider", "ClientIdList", ["a"], ["a", "b"], "lets others sign in"),
    ("AWS::Lambda::Permission", "Principal", "a", "*", "lets others use it"),
    ("AWS::Lambda::Permission", "FunctionUrlAuthType", "AWS_IAM", "NONE", "lets others use it"),
    ("AWS::Lambda::LayerVersionPermission", "OrganizationId", "o-1", None, "lets others use it"),
    ("AWS::Lambda::Url", "AuthType", "AWS_IAM", "NONE", "lets others call it"),
    ("AWS::Events::EventBusPolicy", "Principal", "1", "*", "lets others use it"),
    ("AWS::RAM::ResourceShare", "Principals", ["1"], ["1", "2"], "lets others use it"),
    ("AWS::SQS::QueuePolicy", "Queues", ["a"], ["a", "b"], "is the policy of others"),
    ("AWS::ECS::TaskDefinition", "TaskRoleArn", "a", "b", "acts with another role"),
    ("AWS::ECS::TaskDefinition", "ExecutionRoleArn", None, "b", "acts with another role"),
    ("AWS::Lambda::Function", "Role", "a", "b", "acts with another role"),
    ("AWS::Lambda::Function", "Role", "a", None, ""),
    ("AWS::Events::Rule", "Targets[0].RoleArn", "a", "b", "acts with another role"),
    ("AWS::KMS::Key", "KeyPolicy", "<a>", "<b>", "has another policy, which is not compared"),
    ("AWS::SSO::PermissionSet", "ManagedPolicies", ["a"], ["a", "b"], "has another policy, which is not compared"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration", {"a": True}, None, "may be open to the public"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration.BlockPublicAcls", True, False, "may be open to the public"),
    ("AWS::S3::Bucket", "PublicAccessBlockConfiguration", None, {"a": True}, ""),
    ("AWS::S3::Bucket", "AccessControl", "Private", "PublicRead", "may be open to the public"),
    ("AWS::RDS::DBInstance", "PubliclyAccessible", False, True, "may be open to the public"),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", "Scheme", "internal", None, "may be open to the public"),
    ("AWS::S3::Bucket", "Condition", "Never", None, "permissions may depend on it"),
    ("AWS::CloudFormation::Stack", "Parameters.Who", "a", "*", "permissions may depend on it"),
    ("", "Conditions.Live", "a", "b", "permissions may depend on it"),
    ("", "Outputs.Role", "a", "b", ""),
    ("AWS::S3::Bucket", "VersioningConfiguration", "a", "b", ""),
]


@pytest.mark.parametrize(("kind", "path", "old", "new", "says"), CASES)
def test_what_a_change_means(kind: str, path: str, old: object, new: object, says: str) -> None:
    assert exposed(kind, path, old, new) == says


def test_each_row_has_a_case() -> None:
    assert {exposure.says for exposure in EXPOSURES} == {says for *_, says in CASES} - {""}


@pytest.mark.parametrize(
    ("kind", "path", "says"),
    [
        ("AWS::Lambda::Permission", "Principal", "lets others use it"),
        ("AWS::Lambda::Permission", "FunctionName", ""),
        ("AWS::S3::Bucket", "AccessControl", "may be open to the public"),
        ("AWS::Lambda::Function", "Role", ""),
    ],
)
def test_what_counts_of_a_resource_that_is_new(kind: str, path: str, says: str) -> None:
    assert exposed(kind, path, None, "a", is_new=True) == says


ROOT = Path(__file__).parents[4]


def test_the_file_is_what_its_script_writes() -> None:
    script = runpy.run_path(str(ROOT / "docs/generate_replacement.py"))

    assert script["FILE"].read_text(encoding="utf-8") == script["content"]()


def test_it_has_what_a_batch_makes() -> None:
    assert create_only()["AWS::IAM::Role"] == {"Path", "RoleName"}
    assert create_only()["AWS::Logs::LogGroup"] == {"LogGroupName"}
