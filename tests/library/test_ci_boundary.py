"""docs/ci/boundary.json: what a stage's CI may do where another stage shares its account. Each way out is judged."""

import json
from pathlib import Path

import pytest

from batchwright import BatchApp
from batchwright.testing import resources
from tests.kit.iam import allowed
from tests.library.samples import ROOT, context

BOUNDARY = json.loads(Path(ROOT, "docs/ci/boundary.json").read_text(encoding="utf-8"))
IAM, HERE = "arn:aws:iam::111111111111:", "ap-northeast-1:111111111111:"
OURS = {"iam:PermissionsBoundary": f"{IAM}policy/house/batches-staging"}
ANOTHER = {"iam:PermissionsBoundary": f"{IAM}policy/house/wider"}
MINE, THEIRS = f"{IAM}role/batches/staging/x", f"{IAM}role/batches/production/batches-production-x-task"
KEY = f"arn:aws:kms:{HERE}key/0a1b"

ALLOWED = {
    "a role within the boundary": ("iam:CreateRole", MINE, OURS),
    "a right of its own role": ("iam:PutRolePolicy", MINE, {}),
    "its role given to a task": ("iam:PassRole", MINE, {}),
    "its bootstrap's role given to CloudFormation": (
        "iam:PassRole",
        f"{IAM}role/cdk-staging-cfn-exec-role-111111111111-ap-northeast-1",
        {},
    ),
    "its bootstrap's role": ("sts:AssumeRole", f"{IAM}role/cdk-staging-file-publishing-role-111111111111-x", {}),
    "its stack": ("cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{HERE}stack/batches-staging-x/1", {}),
    "its parameter": ("ssm:PutParameter", f"arn:aws:ssm:{HERE}parameter/batches/staging/manifests/x", {}),
    "its function": ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{HERE}function:batches-staging-machines", {}),
    "its key": ("kms:PutKeyPolicy", KEY, {"kms:ResourceAliases": ["alias/batches-staging"]}),
    "a new key": ("kms:CreateKey", "*", {}),
    "a pull of its image": ("ecr:BatchGetImage", f"arn:aws:ecr:{HERE}repository/batches/x", {}),
    "a task definition": ("ecs:RegisterTaskDefinition", "*", {}),
}
WAYS_OUT = {
    "a role without the boundary": ("iam:CreateRole", MINE, {}),
    "a role with another boundary": ("iam:CreateRole", MINE, ANOTHER),
    "a role's boundary taken away": ("iam:DeleteRolePermissionsBoundary", MINE, OURS),
    "a role's boundary changed": ("iam:PutRolePermissionsBoundary", MINE, ANOTHER),
    "the boundary of its bootstrap taken away": ("iam:DeleteRolePermissionsBoundary", f"{IAM}role/cdk-staging-x", OURS),
    "a new version of the boundary": ("iam:CreatePolicyVersion", f"{IAM}policy/house/batches-staging", {}),
    "an older version of the boundary": ("iam:SetDefaultPolicyVersion", f"{IAM}policy/house/batches-staging", {}),
    "a role elsewhere": ("iam:CreateRole", f"{IAM}role/anything", OURS),
    "a user": ("iam:CreateUser", f"{IAM}user/x", {}),
    "a user's key": ("iam:CreateAccessKey", f"{IAM}user/x", {}),
    "production's role given to a task of its own": ("iam:PassRole", THEIRS, {}),
    "production's bootstrap given to CloudFormation": ("iam:PassRole", f"{IAM}role/cdk-production-cfn-exec-role-1", {}),
    "production's role trusts it": ("iam:UpdateAssumeRolePolicy", THEIRS, {}),
    "production's role gets a right": ("iam:PutRolePolicy", THEIRS, {}),
    "production's bootstrap": ("sts:AssumeRole", f"{IAM}role/cdk-production-deploy-role-111111111111-x", {}),
    "a bootstrap without a qualifier": ("sts:AssumeRole", f"{IAM}role/cdk-hnb659fds-deploy-role-111111111111-x", {}),
    "an administrator": ("sts:AssumeRole", f"{IAM}role/Admin", {}),
    "production's stack": (
        "cloudformation:UpdateStack",
        f"arn:aws:cloudformation:{HERE}stack/batches-production-x/1",
        {},
    ),
    "production's change set": (
        "cloudformation:ExecuteChangeSet",
        f"arn:aws:cloudformation:{HERE}stack/batches-production-x/1",
        {},
    ),
    "the bootstrap's stack": ("cloudformation:UpdateStack", f"arn:aws:cloudformation:{HERE}stack/CDKToolkit/1", {}),
    "production's manifest": ("ssm:PutParameter", f"arn:aws:ssm:{HERE}parameter/batches/production/manifests/x", {}),
    "production's secret": ("ssm:GetParameter", f"arn:aws:ssm:{HERE}parameter/batches/production/x/PASSWORD", {}),
    "production's bootstrap version": (
        "ssm:DeleteParameter",
        f"arn:aws:ssm:{HERE}parameter/cdk-bootstrap/production/version",
        {},
    ),
    "production's function": (
        "lambda:UpdateFunctionCode",
        f"arn:aws:lambda:{HERE}function:batches-production-machines",
        {},
    ),
    "production's machine": ("states:StartExecution", f"arn:aws:states:{HERE}stateMachine:batches-production-x", {}),
    "production's task": ("ecs:StopTask", f"arn:aws:ecs:{HERE}task/batches-production/1a2b", {}),
    "production's batch": ("ecs:RunTask", f"arn:aws:ecs:{HERE}task-definition/batches-production-x:1", {}),
    "production's log": ("logs:GetLogEvents", f"arn:aws:logs:{HERE}log-group:/batches/production/x:*", {}),
    "production's deadline": (
        "scheduler:DeleteSchedule",
        f"arn:aws:scheduler:{HERE}schedule/batches-production/1a2b",
        {},
    ),
    "production's messages": ("sns:Publish", f"arn:aws:sns:{HERE}batches-production-messages", {}),
    "production's files": ("s3:PutObject", "arn:aws:s3:::cdk-production-assets-111111111111-x/a.zip", {}),
    "production's key": ("kms:PutKeyPolicy", KEY, {"kms:ResourceAliases": ["alias/batches-production"]}),
    "production's alias": ("kms:UpdateAlias", f"arn:aws:kms:{HERE}alias/batches-production", {}),
    "an image under production's tag": ("ecr:PutImage", f"arn:aws:ecr:{HERE}repository/batches/x", {}),
    "a repository's policy": ("ecr:SetRepositoryPolicy", f"arn:aws:ecr:{HERE}repository/batches/x", {}),
}


@pytest.mark.parametrize(("action", "resource", "given"), ALLOWED.values(), ids=ALLOWED)
def test_a_deployment_of_the_stage_is_allowed(action: str, resource: str, given: dict[str, object]) -> None:
    assert allowed(BOUNDARY["Statement"], action, resource, given)


@pytest.mark.parametrize(("action", "resource", "given"), WAYS_OUT.values(), ids=WAYS_OUT)
def test_no_way_out_of_the_stage_is_open(action: str, resource: str, given: dict[str, object]) -> None:
    assert not allowed(BOUNDARY["Statement"], action, resource, given)


def test_it_is_a_policy_that_iam_takes_and_each_role_of_a_stage_is_below_its_path(tmp_path: Path) -> None:
    bounded = {**context(), "stage": "staging", "@aws-cdk/core:bootstrapQualifier": "staging"}
    assembly = BatchApp(ROOT, context=bounded, outdir=str(tmp_path)).synth()
    stacks = [stack for stack in assembly.stacks if stack.stack_name.startswith("batches-staging-")]

    assert len("".join(json.dumps(BOUNDARY).split())) < 6144
    assert {role["Path"] for stack in stacks for role in resources(stack.template, "AWS::IAM::Role")} == {
        "/batches/staging/"
    }
    assert [stack.stack_name for stack in stacks if resources(stack.template, "AWS::IAM::ManagedPolicy")] == []
