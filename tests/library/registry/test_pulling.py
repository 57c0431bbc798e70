"""An execution role that was there before pulls from a registry in another account."""

import re
from typing import Any

import pytest
from aws_cdk import Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match

from batchwright import BatchImage, BatchPlatform, DeclarationError, Existing, ImageRegistry
from batchwright.testing import Template
from tests.library.support import app, app_and_stack, batch, of_type, platform, stack, templates

THEIRS = "arn:aws:iam::111111111111:role/legacy/exec"
SHARED = Environment(account="333333333333", region="ap-northeast-1")


def theirs(scope: Stack, *, mutable: bool = True) -> Existing:
    return Existing(execution_role=iam.Role.from_role_arn(scope, "Theirs", THEIRS, mutable=mutable))


def pullers(template: Template, image: str) -> set[str]:
    """The roles of other accounts that a repository lets pull."""
    (repository,) = [
        repository["Properties"]
        for repository in of_type(template, "AWS::ECR::Repository")
        if repository["Properties"]["RepositoryName"] == f"batches/{image}"
    ]
    statements = repository.get("RepositoryPolicyText", {"Statement": []})["Statement"]
    return {role for statement in statements for role in statement["Condition"]["ArnLike"]["aws:PrincipalArn"]}


@pytest.mark.parametrize(("mutable", "accounts"), [(True, ["111111111111"]), (False, [])])
def test_the_repositories_of_its_images_let_it(mutable: bool, accounts: list[str]) -> None:
    home = app()
    shared, ours = stack(home, "shared", SHARED), stack(home)
    registry = ImageRegistry(shared, "Registry", accounts=accounts, images=["another"])
    on = platform(ours, registry=registry)

    batch(ours, on, existing=theirs(ours, mutable=mutable), files={"/srv/config/x": "y"})

    made = templates(home)["shared"]
    assert THEIRS in pullers(made, "report")
    assert THEIRS in pullers(made, "batchwright")  # which renders its files
    assert THEIRS not in pullers(made, "another")
    assert "arn:aws:iam::111111111111:role/batches/*/*-exec" in pullers(made, "report")


def test_in_its_own_account_its_own_policy_is_enough() -> None:
    home, ours = app_and_stack()

    batch(ours, platform(ours, registry=ImageRegistry(ours, "Registry")), existing=theirs(ours))

    assert pullers(templates(home)["stack"], "report") == set()


def test_a_role_made_with_a_name_is_let_by_that() -> None:
    home = app()
    shared, ours = stack(home, "shared", SHARED), stack(home)
    tasks = iam.ServicePrincipal("ecs-tasks.amazonaws.com")
    role = iam.Role(ours, "Exec", assumed_by=tasks, role_name="exec", path="/legacy/")

    batch(ours, platform(ours, registry=ImageRegistry(shared, "Registry")), existing=Existing(execution_role=role))

    assert THEIRS in pullers(templates(home)["shared"], "report")


def test_a_role_whose_name_cloudformation_chooses_is_refused() -> None:
    home = app()
    shared, ours = stack(home, "shared", SHARED), stack(home)
    role = iam.Role(ours, "Exec", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    on = platform(ours, registry=ImageRegistry(shared, "Registry"))

    with pytest.raises(DeclarationError, match=r"^batch report: execution_role: the images are in account 3333"):
        batch(ours, on, existing=Existing(execution_role=role))


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"registry": Environment(account="333333333333", region="ap-northeast-1")},
        {"repositories": {"report": "333333333333.dkr.ecr.ap-northeast-1.amazonaws.com/batches/report"}},
    ],
    ids=["another app's", "someone else's"],
)
def test_where_the_repository_is_not_made_here_people_are_told(elsewhere: dict[str, Any]) -> None:
    ours = stack(app())

    batch(ours, platform(ours, **elsewhere), existing=theirs(ours))

    text = f"batch report: the repository batches/report is in account 333333333333.*let {re.escape(THEIRS)} pull"
    Annotations.from_stack(ours).has_warning("/stack/report", Match.string_like_regexp(text))


@pytest.mark.parametrize(
    "given",
    [
        {"registry": Environment(account="111111111111", region="ap-northeast-1")},
        {"image": BatchImage.from_uri("444444444444.dkr.ecr.eu-west-1.amazonaws.com/tools/report:3")},
    ],
    ids=["its own account", "no image of the project"],
)
def test_where_nothing_is_missing_nobody_is_told(given: dict[str, Any]) -> None:
    ours = stack(app())
    on = platform(ours, **{key: value for key, value in given.items() if key == "registry"})

    batch(ours, on, existing=theirs(ours), **{key: value for key, value in given.items() if key == "image"})

    assert not Annotations.from_stack(ours).find_warning("*", Match.any_value())


def test_a_deployed_platform_does_not_know_where_the_registry_is() -> None:
    ours = stack(app())

    batch(ours, BatchPlatform.from_deployed(ours, "Platform", stage="staging"), existing=theirs(ours))

    assert not Annotations.from_stack(ours).find_warning("*", Match.any_value())
