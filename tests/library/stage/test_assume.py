"""The trust that lets developers take the task roles of a stage."""

from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from batchwright import BatchPlatform, DeclarationError, Existing
from batchwright.iam import policies
from tests.library.support import app, app_and_stack, batch, of_type, platform, stack, templates

SSO = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Developer_*"
OTHER = "arn:aws:iam::444444444444:user/jane"


def root(account: str) -> Any:  # noqa: ANN401 - CloudFormation's own form
    return {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{account}:root"]]}


def trusts(*, first: bool) -> list[Any]:
    """The statements of a task role's trust; people are named before the batch is declared, or after."""
    home, here = app_and_stack()
    on = platform(here)
    if first:
        on.grant_assume(SSO)
    batch(here, on)
    if not first:
        on.grant_assume(SSO)
    (role,) = [
        role["Properties"]
        for role in of_type(templates(home)["stack"], "AWS::IAM::Role")
        if str(role["Properties"].get("RoleName", "")).endswith("-task")
    ]
    statements: list[Any] = role["AssumeRolePolicyDocument"]["Statement"]
    return statements


@pytest.mark.parametrize("first", [True, False])
def test_people_may_assume_a_task_role_whatever_comes_first(first: bool) -> None:
    ecs, people = trusts(first=first)

    assert ecs["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert people == {
        "Effect": "Allow",
        "Principal": {"AWS": root("111111111111")},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnLike": {"aws:PrincipalArn": [SSO]}},
    }


def test_people_of_other_accounts_are_of_their_accounts_root() -> None:
    people = policies.assumed_by([SSO, OTHER, "${Token[A.1]}"], own="111111111111", partition="aws")

    assert people["Principal"] == {
        "AWS": [f"arn:aws:iam::{account}:root" for account in ("111111111111", "444444444444")]
    }
    assert people["Condition"]["ArnLike"]["aws:PrincipalArn"] == [SSO, OTHER, "${Token[A.1]}"]


def test_the_execution_role_and_adopted_roles_are_not_touched() -> None:
    home, here = app_and_stack()
    on = platform(here)
    theirs = iam.Role(here, "Theirs", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    batch(here, on, existing=Existing(task_role=theirs))
    on.grant_assume(SSO)

    assert "aws:PrincipalArn" not in str(templates(home)["stack"])


def test_a_protected_stage_is_an_error() -> None:
    on = platform(stack(app()), protected=True)

    with pytest.raises(DeclarationError, match="grant_assume: the stage is protected"):
        on.grant_assume(SSO)


def test_a_platform_of_another_app_must_be_said_not_to_be_protected() -> None:
    unsaid = BatchPlatform.from_deployed(stack(app()), "Platform", stage="staging")

    with pytest.raises(DeclarationError, match=r"known to its own app; allowed: from_deployed\(protected=False\)"):
        unsaid.grant_assume(SSO)

    BatchPlatform.from_deployed(stack(app()), "Platform", stage="staging", protected=False).grant_assume(SSO)


@pytest.mark.parametrize(
    "people",
    [
        (),
        ("*",),
        ("arn:aws:iam::*:role/developer",),
        ("arn:aws:iam::111111111111:role/*",),
        ("arn:aws:iam::111111111111:root",),
        ("arn:aws:sts::111111111111:assumed-role/developer/jane",),
    ],
)
def test_what_names_no_one_or_everyone_is_an_error(people: tuple[str, ...]) -> None:
    on = platform(stack(app()))

    with pytest.raises(DeclarationError, match="allowed: the ARN of a role or user"):
        on.grant_assume(*people)
