"""The registry: every argument, and what each repository has."""

import json
import re
from typing import Any

import pytest

from batchwright import DeclarationError, ImageRegistry
from batchwright.testing import Template
from tests.library.support import app, arguments, batch, of_type, only, platform, stack, templates


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
    assert [one["selection"].get("tagPatternList") for one in rules] == [
        *([tag] for one in stages for tag in (f"stage-{one}", f"stage-{one}-previous")),
        None,
    ]
    assert len(text) <= 30720  # ECR's limit


def test_argument_accounts() -> None:
    # 111111111111 is the stack's own account, which needs no policy.
    template = synthesized(accounts=["222222222222", "111111111111", "222222222222"])

    assert policy(template)["Principal"] == {"AWS": ["arn:aws:iam::222222222222:root"]}
    assert "RepositoryPolicyText" not in only(synthesized(accounts=["111111111111"]), "AWS::ECR::Repository")
    assert "RepositoryPolicyText" not in only(synthesized(), "AWS::ECR::Repository")


def test_argument_images() -> None:
    template = synthesized(images=["report", "tools", "report"])

    names = [one["Properties"]["RepositoryName"] for one in of_type(template, "AWS::ECR::Repository")]
    assert names == ["batches/report", "batches/tools"]


def test_argument_oidc_providers() -> None:
    issuer = "token.actions.githubusercontent.com"
    provider = f"arn:aws:iam::111111111111:oidc-provider/{issuer}"
    images = {"report": "github:acme/report@main"}

    assert of_type(synthesized(images=images, oidc_providers=[provider]), "AWS::IAM::OIDCProvider") == []
    assert only(synthesized(images=images), "AWS::IAM::OIDCProvider")["Url"] == f"https://{issuer}"


def test_argument_release_roles() -> None:
    role = "arn:aws:iam::222222222222:role/release"
    images = {"report": "github:acme/report@main"}

    (policy,) = only(synthesized(images=images, release_roles=[role]), "AWS::IAM::Role")["Policies"]
    (other,) = only(synthesized(images=images), "AWS::IAM::Role")["Policies"]

    assert policy["PolicyDocument"]["Statement"][-1]["Resource"] == role
    assert "sts:AssumeRole" not in str(other)


def test_no_argument_is_forgotten() -> None:
    assert {f"test_argument_{one}" for one in arguments(ImageRegistry)} <= globals().keys()


def test_tags_are_immutable_but_those_of_stages() -> None:
    repository = only(synthesized(), "AWS::ECR::Repository")

    assert repository["ImageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert repository["ImageTagMutabilityExclusionFilters"] == [
        {"ImageTagMutabilityExclusionFilterType": "WILDCARD", "ImageTagMutabilityExclusionFilterValue": "stage-*"}
    ]


def test_images_are_scanned_and_kept() -> None:
    template = synthesized()
    (repository,) = of_type(template, "AWS::ECR::Repository")

    assert repository["Properties"]["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert repository["DeletionPolicy"] == "RetainExceptOnCreate"
    assert repository["UpdateReplacePolicy"] == "Retain"


def test_an_identity_provider_is_kept_as_other_roles_of_the_account_may_trust_it() -> None:
    (provider,) = of_type(synthesized(images={"report": "github:acme/report@main"}), "AWS::IAM::OIDCProvider")

    assert provider["DeletionPolicy"] == "RetainExceptOnCreate"
    assert provider["UpdateReplacePolicy"] == "Retain"


def test_batches_that_share_an_image_share_its_repository() -> None:
    home = app()
    registry = ImageRegistry(stack(home, "registry"), "Registry")
    theirs = stack(home)
    on = platform(theirs, registry=registry)
    batch(theirs, on, "first", image="tools")
    batch(theirs, on, "second", image="tools")
    batch(theirs, on, "third")

    assert list(registry.repositories) == ["tools", "third"]
    assert len(of_type(templates(home)["registry"], "AWS::ECR::Repository")) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"accounts": ["1234"]}, "registry: accounts: '1234' was given; allowed: accounts of 12 digits"),
        ({"accounts": [111111111111]}, "registry: accounts: 111111111111 was given; allowed: accounts of 12"),
        ({"images": ["My_Image"]}, "registry: image: 'My_Image' was given; allowed: 2 to 40"),
        ({"stages": ["pre-prod"]}, "stage: name: 'pre-prod' was given"),
        ({"project": "aws1"}, "project: name: 'aws1' was given"),
        ({"stages": [f"stage{n}" for n in range(25)]}, "registry: stages: 25 was given; allowed: 24 at most"),
    ],
)
def test_what_a_registry_cannot_have(given: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        ImageRegistry(stack(app()), "Registry", **given)
