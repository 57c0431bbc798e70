"""Publishers: whom a role trusts, and what it may do."""

import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from aws_cdk import Environment

from batchwright import BatchImage, BatchPlatform, DeclarationError, ImageRegistry
from batchwright.app.cdk_json import read_project
from batchwright.iam.publishers import PublishingBranch
from batchwright.registry.publishers import parse_source
from batchwright.testing import Template, synthesize
from tests.library.support import SUBNETS, app, batch, declaring, of_type, only, platform, refusal, stack, templates

ORG = "11111111-2222-3333-4444-555555555555"
PROJECT = "66666666-7777-8888-9999-000000000000"
GITHUB = "github:acme/reports@main"
CIRCLECI = f"circleci:{ORG}/{PROJECT}@main"
PROVIDER = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com"
RELEASE = "arn:aws:iam::222222222222:role/release"


def synthesized(source: str = GITHUB, **given: Any) -> Template:  # noqa: ANN401 - any argument
    home = app()
    ImageRegistry(stack(home), "Registry", **{"images": {"report": source, "tools": None}, **given})
    return templates(home)["stack"]


def accepts(source: PublishingBranch, subject: str) -> bool:
    """Whether IAM takes a token of that subject: its wildcards match slashes too."""
    conditions, key = source.conditions(), f"{source.issuer}:sub"
    if conditions["StringEquals"].get(key) == subject:
        return True
    like, unlike = conditions.get("StringLike", {}), conditions.get("StringNotLike", {})
    return fnmatchcase(subject, like.get(key, "")) and not fnmatchcase(subject, unlike.get(key, ""))


def circle(ref: str, project: str = PROJECT) -> str:
    return f"org/{ORG}/project/{project}/user/0f/vcs-origin/github.com/acme/reports/vcs-ref/{ref}"


def test_a_github_branch_may_push_one_image() -> None:
    role = only(synthesized(), "AWS::IAM::Role")

    assert (role["RoleName"], role["Path"]) == ("batches-report-push", "/batches/registry/")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/reports:ref:refs/heads/main",
        }
    }


def test_it_may_do_nothing_but_push_to_that_repository() -> None:
    (policy,) = only(synthesized(), "AWS::IAM::Role")["Policies"]

    token, push = policy["PolicyDocument"]["Statement"]
    assert (token["Action"], token["Resource"]) == ("ecr:GetAuthorizationToken", "*")
    assert push["Resource"] == "arn:aws:ecr:ap-northeast-1:111111111111:repository/batches/report"
    assert not [action for action in push["Action"] if "*" in action or "Delete" in action]


@pytest.mark.parametrize(
    ("source", "subject", "accepted"),
    [
        (GITHUB, "repo:acme/reports:ref:refs/heads/main", True),
        (GITHUB, "repo:acme/reports:ref:refs/heads/main2", False),
        (GITHUB, "repo:acme/other:ref:refs/heads/main", False),
        (GITHUB, "repo:acme/reports:ref:refs/tags/main", False),
        ("github:acme@12/reports@345@release/1.0", "repo:acme@12/reports@345:ref:refs/heads/release/1.0", True),
        (CIRCLECI, circle("refs/heads/main"), True),
        (CIRCLECI, circle("refs/heads/other"), False),
        (CIRCLECI, circle("refs/heads/x/vcs-ref/refs/heads/main"), False),
        (CIRCLECI, circle("refs/heads/main", project=ORG), False),
        (CIRCLECI, f"org/{ORG}/project/{PROJECT}/user/0f", False),
    ],
)
def test_a_source_is_one_branch_of_one_repository(source: str, subject: str, accepted: bool) -> None:
    assert accepts(parse_source("image report", source), subject) is accepted


def test_a_provider_is_made_once_for_all_images_of_an_issuer() -> None:
    template = synthesized(images={"one": GITHUB, "two": "github:acme/tools@main"})

    assert len(of_type(template, "AWS::IAM::Role")) == 2
    assert only(template, "AWS::IAM::OIDCProvider") == {
        "Url": "https://token.actions.githubusercontent.com",
        "ClientIdList": ["sts.amazonaws.com"],
    }


def test_circlecis_provider_is_that_of_the_organization() -> None:
    provider = only(synthesized(CIRCLECI), "AWS::IAM::OIDCProvider")

    assert provider == {"Url": f"https://oidc.circleci.com/org/{ORG}", "ClientIdList": [ORG]}


def test_batches_that_share_an_image_name_one_source() -> None:
    home = app()
    registry = ImageRegistry(stack(home), "Registry", images={"tools": GITHUB})
    shared = platform(stack(home, "batches"), registry=registry)
    batch(shared, shared, "daily", image="reports", pushed_by=GITHUB)
    batch(shared, shared, "weekly", image="reports", pushed_by=GITHUB)
    batch(shared, shared, "monthly", image="reports")

    with pytest.raises(DeclarationError) as error:
        batch(shared, shared, "yearly", image="reports", pushed_by="github:acme/other@main")

    assert str(error.value) == (
        "batch yearly: pushed_by: 'github:acme/other@main' was given for the image reports, "
        f"and {GITHUB!r} by batch daily; allowed: one branch"
    )
    with refusal(r"^batch other: pushed_by: .* by the registry's image tools; allowed"):
        batch(shared, shared, "other", image="tools", pushed_by="github:acme/other@main")


def test_the_source_of_an_image_outside_the_registry_is_refused() -> None:
    tools = BatchImage.from_uri("example.com/tools:3")

    with refusal(r"^batch report: pushed_by: the image is not in the project's registry"):
        synthesize(declaring(image=tools, pushed_by=GITHUB))


def test_a_source_is_refused_where_another_app_deploys_the_registry() -> None:
    home = app()
    elsewhere = platform(stack(home), registry=Environment(account="333333333333", region="eu-west-1"))
    deployed = BatchPlatform.from_deployed(stack(home, "deployed"), "Platform", stage="staging")

    for one_of_them in (elsewhere, deployed):
        with refusal(r"^batch report: pushed_by: another app deploys the registry"):
            batch(one_of_them, one_of_them, pushed_by=GITHUB)


def test_a_local_run_needs_no_registry_for_a_source_and_checks_it_all_the_same() -> None:
    def here() -> BatchPlatform:
        place = Environment(account="000000000000", region="local")
        return BatchPlatform(stack(app()), "Platform", stage="local", subnets=SUBNETS, registry=place)

    local = here()
    assert batch(local, local, pushed_by=GITHUB).image.name == "report"
    with refusal(r"^batch report: pushed_by: 'github:acme/reports' was given"):
        batch(other := here(), other, pushed_by="github:acme/reports")


@pytest.mark.parametrize(
    "source",
    [
        "github:acme/reports",
        "github:acme/*@main",
        "github:acme/reports@release-*",
        "github:acme/reports@main:x",
        "github:acme/reports@34@main",
        "github:acme@12/reports@main",
        "github:acme/reports@refs/heads/main",
        f"circleci:{ORG}/{PROJECT}@refs/heads/main",
        "circleci:acme/reports@main",
        f"circleci:{ORG}/{PROJECT}",
        "gitlab:acme/reports@main",
        "",
    ],
)
def test_a_source_without_a_branch_with_a_wildcard_or_one_id_is_refused(source: str) -> None:
    with refusal(f"^the registry's image report: pushed_by: {re.escape(repr(source))} was given"):
        synthesized(source)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"oidc_providers": ["token.actions.githubusercontent.com"]}, "registry: oidc_providers: "),
        ({"release_roles": ["arn:aws:iam::222222222222:role/*"]}, "registry: release_roles: "),
        ({"images": {"r" * 40: GITHUB}, "project": "p" * 20}, "has 66 characters; allowed: 64"),
    ],
)
def test_what_a_registry_with_publishers_cannot_have(given: dict[str, Any], message: str) -> None:
    with refusal(message):
        synthesized(**given)


def test_cdk_json_names_sources_providers_and_release_roles() -> None:
    place = {"account": "111111111111", "region": "eu-west-1"}
    registry = {**place, "images": {"report": GITHUB, "tools": None}}
    stages = {"staging": {**place, "subnets": ["subnet-1"]}}

    project = read_project(
        {"stages": stages, "registry": {**registry, "oidc_providers": [PROVIDER], "release_roles": [RELEASE]}}
    )

    assert project.images == {"report": GITHUB, "tools": None}
    assert project.known_arns == {"oidc_providers": [PROVIDER], "release_roles": [RELEASE], "execution_roles": []}
    with refusal(r"cdk.json: context.registry.images.report: pushed_by: 'x' was given"):
        read_project({"stages": stages, "registry": {**place, "images": {"report": "x"}}})
