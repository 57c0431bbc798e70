"""The registry: every argument, and what each repository has."""

import json
import re
from typing import Any

import pytest
from aws_cdk import aws_iam as iam

from batchwright import DeclarationError, ImageRegistry
from batchwright.testing import Template
from tests.kit.rows import each_row
from tests.library.support import (
    app,
    arguments,
    batch,
    of_type,
    only,
    platform,
    policy_statements,
    stack,
    templates,
    written,
)

OTHER = "444444444444.dkr.ecr.us-west-2.amazonaws.com"


def synthesized(**given: Any) -> Template:  # noqa: ANN401 - any argument
    home = app()
    ImageRegistry(stack(home), "Registry", **{"images": ["report"], **given})
    return templates(home)["stack"]


def policy(template: Template) -> dict[str, Any]:
    (statement,) = only(template, "AWS::ECR::Repository")["RepositoryPolicyText"]["Statement"]
    return dict(statement)


def test_argument_project() -> None:
    assert only(synthesized(project="nightly"), "AWS::ECR::Repository")["RepositoryName"] == "nightly/report"
    assert only(synthesized(), "AWS::ECR::Repository")["RepositoryName"] == "batches/report"


def test_argument_stages() -> None:
    stages = [f"stage{n}" for n in range(12)]

    text = only(synthesized(stages=stages), "AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"]

    rules = json.loads(text)["rules"]
    assert [rule["selection"].get("tagPatternList") for rule in rules] == [
        *([tag] for stage in stages for tag in (f"stage-{stage}", f"stage-{stage}-previous")),
        None,
    ]
    assert len(text) <= 30720  # ECR's limit


def test_argument_accounts() -> None:
    # 111111111111 is the stack's own account, which needs no policy.
    template = synthesized(accounts=["222222222222", "111111111111", "222222222222"])

    assert policy(template)["Principal"] == {"AWS": ["arn:aws:iam::222222222222:root"]}
    assert "RepositoryPolicyText" not in only(synthesized(accounts=["111111111111"]), "AWS::ECR::Repository")
    assert "RepositoryPolicyText" not in only(synthesized(), "AWS::ECR::Repository")


THEIRS = "arn:aws:iam::222222222222:role/legacy/exec"


def test_argument_execution_roles() -> None:
    own = "arn:aws:iam::111111111111:role/legacy/exec"  # of the stack's own account, where its own policy is enough

    statement = policy(synthesized(execution_roles=[THEIRS, own], accounts=["333333333333"]))

    assert statement["Principal"] == {
        "AWS": [f"arn:aws:iam::{account}:root" for account in ("222222222222", "333333333333")]
    }
    assert THEIRS in statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
    assert own not in statement["Condition"]["ArnLike"]["aws:PrincipalArn"]
    assert "RepositoryPolicyText" not in only(synthesized(execution_roles=[own]), "AWS::ECR::Repository")


@pytest.mark.parametrize("given", ["role/x", "arn:aws:iam::222222222222:role/*", 3])
def test_execution_roles_are_arns_without_wildcards(given: Any) -> None:  # noqa: ANN401 - any argument
    with pytest.raises(DeclarationError, match=r"^registry: execution_roles: .* was given; allowed: ARNs of roles"):
        synthesized(execution_roles=[given])


def test_argument_images() -> None:
    template = synthesized(images=["report", "tools", "report"])

    names = [repository["Properties"]["RepositoryName"] for repository in of_type(template, "AWS::ECR::Repository")]
    assert names == ["batches/report", "batches/tools"]


def test_argument_oidc_providers() -> None:
    issuer = "token.actions.githubusercontent.com"
    provider = f"arn:aws:iam::111111111111:oidc-provider/{issuer}"
    images = {"report": "github:acme/report@main"}

    assert of_type(synthesized(images=images, oidc_providers=[provider]), "AWS::IAM::OIDCProvider") == []
    assert only(synthesized(images=images), "AWS::IAM::OIDCProvider")["Url"] == f"https://{issuer}"


def test_argument_release_roles() -> None:
    role = "arn:aws:iam::222222222222:role/release"

    template = synthesized(images={"report": "github:acme/report@main"}, release_roles=[role])

    (made,) = only(template, "AWS::IAM::Role")["Policies"]
    assert made["PolicyDocument"]["Statement"][-1]["Resource"] == role


def test_no_argument_is_forgotten() -> None:
    assert {f"test_argument_{argument}" for argument in arguments(ImageRegistry)} <= globals().keys()


def test_what_each_repository_has() -> None:
    (made,) = of_type(synthesized(), "AWS::ECR::Repository")
    properties = made["Properties"]

    assert properties["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert properties["ImageTagMutabilityExclusionFilters"] == [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "stage-*"}
    ]
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert (made["DeletionPolicy"], made["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_a_repository_may_have_a_name_of_its_own() -> None:
    template = synthesized(images={"rails": {"repository": "acme/rails", "pushed_by": "github:acme/rails@main"}})

    assert only(template, "AWS::ECR::Repository")["RepositoryName"] == "acme/rails"
    assert "repository/acme/rails" in str(only(template, "AWS::IAM::Role")["Policies"])


def test_a_batch_may_run_an_image_whose_repository_something_else_manages() -> None:
    home = app()
    foreign = {"repository": "acme/rails", "managed": False}
    registry = ImageRegistry(stack(home, "registry"), "Registry", images={"rails": foreign})
    theirs = stack(home)
    made = batch(theirs, platform(theirs, registry=registry), image="rails")
    operator = iam.Role(theirs, "Operator", assumed_by=iam.AccountRootPrincipal())
    made.platform.grant_operate(operator)

    written = templates(home)

    assert of_type(written["registry"], "AWS::ECR::Repository") == []
    assert made.image.name == "rails"
    (task,) = of_type(written["stack"], "AWS::ECS::TaskDefinition")
    assert "/acme/rails:stage-staging" in str(task["Properties"]["ContainerDefinitions"][0]["Image"])
    (put,) = [statement for statement in policy_statements(written["stack"]) if "ecr:PutImage" in statement["Action"]]
    assert [str(arn).rpartition(":repository/")[2] for arn in put["Resource"]] == ["batches/*", "acme/rails"]


def test_no_role_is_made_that_pushes_to_a_repository_of_someone_elses() -> None:
    home = app()
    registry = ImageRegistry(stack(home, "registry"), "Registry", images={"rails": {"managed": False}})
    theirs = stack(home)

    with pytest.raises(DeclarationError, match=r"^batch report: pushed_by: something else manages the image's repo"):
        batch(theirs, platform(theirs, registry=registry), image="rails", pushed_by="github:acme/rails@main")


def test_two_images_are_not_in_one_repository() -> None:
    problem = "'batches/report' was given for rails and for report; allowed: a repository for each image"

    with pytest.raises(DeclarationError, match=f"^registry: repository: {problem}$"):
        ImageRegistry(stack(app()), "Registry", images={"rails": {"repository": "batches/report"}, "report": None})
    registry = ImageRegistry(stack(app()), "Registry", images={"rails": {"repository": "batches/report"}})
    with pytest.raises(DeclarationError, match=f"^registry: repository: {problem}$"):
        registry.add_image("report")


@each_row("given message", __file__, "images")
def test_what_cannot_be_said_of_an_image(given: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^the registry's image rails: {re.escape(message)}"):
        ImageRegistry(stack(app()), "Registry", images={"report": None, "rails": written(given)})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"accounts": ["1234"]}, "registry: accounts: '1234' was given; allowed: accounts of 12 digits"),
        ({"images": ["My_Image"]}, "registry: image: 'My_Image' was given; allowed: 2 to 40"),
        ({"stages": ["pre-prod"]}, "stage: name: 'pre-prod' was given"),
        ({"project": "aws1"}, "project: name: 'aws1' was given"),
        ({"stages": [f"stage{n}" for n in range(25)]}, "registry: stages: 25 was given; allowed: 24 at most"),
    ],
)
def test_what_a_registry_cannot_have(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        ImageRegistry(stack(app()), "Registry", **given)
