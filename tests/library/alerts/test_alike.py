"""The alerts' stack is like that of its platform, wherever and however that is declared in others' apps."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import (
    App,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    NestedStack,
    PermissionsBoundary,
    Stack,
    StackSynthesizer,
    Stage,
    Tags,
    cx_api,
)
from aws_cdk import aws_iam as iam
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError
from tests.library.support import STAGING, app, of_type, platform

NAME = "batches-staging-alerts"


def declared(scope: Construct) -> BatchPlatform:
    return platform(scope, alerts={"emails": ["sre@example.com"]})


def both(home: App) -> tuple[cx_api.CloudFormationStackArtifact, cx_api.CloudFormationStackArtifact]:
    """The platform's stack, and the alerts'."""
    stacks = list(home.synth().stacks_recursively)
    (alerts,) = [stack for stack in stacks if stack.stack_name == NAME]
    (theirs,) = [stack for stack in stacks if stack is not alerts]
    assert theirs.id in [stack.id for stack in alerts.dependencies]
    return theirs, alerts


@pytest.mark.parametrize(
    ("scope", "env"),
    [
        (lambda home: Construct(home, "Service"), STAGING),
        (lambda home: Stage(home, "Prod"), None),
        (lambda home: Stage(Stage(home, "Outer"), "Prod", env=STAGING), None),
    ],
)
def test_it_is_beside_it_under_its_own_name(scope: Callable[[App], Construct], env: Any) -> None:  # noqa: ANN401
    home = app()
    declared(Stack(scope(home), "Theirs", env=env))

    theirs, alerts = both(home)

    assert alerts.hierarchical_id == theirs.hierarchical_id.removesuffix("Theirs") + NAME
    assert alerts.environment.name == theirs.environment.name


def test_it_is_beside_the_stack_that_a_nested_one_is_in() -> None:
    home = app()
    declared(NestedStack(Stack(home, "Theirs", env=STAGING), "Nested"))

    assert both(home)[1].hierarchical_id == NAME


@pytest.mark.parametrize(
    "synthesizer",
    [
        lambda: CliCredentialsStackSynthesizer(qualifier="acme", file_assets_bucket_name="acme-files"),
        lambda: type("Mine", (DefaultStackSynthesizer,), {})(file_assets_bucket_name="acme-files"),
    ],
)
def test_it_has_its_synthesizer(synthesizer: Callable[[], StackSynthesizer]) -> None:
    home = app()
    declared(Stack(home, "Theirs", env=STAGING, synthesizer=synthesizer()))

    theirs, alerts = both(home)

    assert alerts.assume_role_arn == theirs.assume_role_arn
    assert str(alerts.stack_template_asset_object_url).startswith("s3://acme-files/")
    functions = of_type(alerts.template, "AWS::Lambda::Function")
    assert {function["Properties"]["Code"]["S3Bucket"] for function in functions} == {"acme-files"}


def test_it_has_that_of_the_app() -> None:
    home = App(analytics_reporting=False, default_stack_synthesizer=DefaultStackSynthesizer(qualifier="acme"))
    declared(Stack(home, "Theirs", env=STAGING))

    assert "/cdk-acme-deploy-role-" in str(both(home)[1].assume_role_arn)


def test_one_that_serves_one_stack_alone_is_refused() -> None:
    methods = dict.fromkeys(["add_docker_image_asset", "add_file_asset", "synthesize"], print)
    own = type("Own", (StackSynthesizer,), methods)
    home = app()

    with pytest.raises(DeclarationError, match=r"^platform staging: alerts: .* Own of Theirs serves one stack alone; "):
        declared(Stack(home, "Theirs", synthesizer=own()))


@pytest.mark.parametrize("bounded", ["stack", "stage", "later"])
def test_its_roles_have_the_permissions_boundary(bounded: str) -> None:
    home, boundary = app(), PermissionsBoundary.from_name("Bound")
    scope = Stage(home, "Prod", env=STAGING, permissions_boundary=boundary) if bounded == "stage" else home
    stack = Stack(scope, "Theirs", env=STAGING, permissions_boundary=boundary if bounded == "stack" else None)
    declared(stack)
    if bounded == "later":
        iam.PermissionsBoundary.of(stack).apply(iam.ManagedPolicy.from_managed_policy_name(stack, "Bound", "Bound"))

    roles = of_type(both(home)[1].template, "AWS::IAM::Role")

    assert len(roles) == 2
    assert all("policy/Bound" in str(role["Properties"]["PermissionsBoundary"]) for role in roles)


@pytest.mark.parametrize("flags", [{}, {"@aws-cdk/core:aspectStabilization": True}])
def test_it_has_the_tags_and_the_protection_that_are_said_later_too(flags: dict[str, Any]) -> None:
    home = app(**flags)
    stack = Stack(home, "Theirs", env=STAGING, tags={"cost": "1"})
    on = declared(stack)
    Tags.of(stack).add("team", "2")
    Tags.of(on).add("part", "3")
    stack.termination_protection = True

    alerts = both(home)[1]

    wanted = {"cost": "1", "team": "2", "part": "3"}
    assert alerts.tags == wanted | {"batchwright:project": "batches", "batchwright:stage": "staging"}
    queue = of_type(alerts.template, "AWS::SQS::Queue")[0]["Properties"]
    assert {"team": "2", "part": "3"}.items() <= {tag["Key"]: tag["Value"] for tag in queue["Tags"]}.items()
    assert alerts.termination_protection
