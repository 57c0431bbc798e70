"""Tags: the owner's, what is reserved, and how many there may be, whoever adds them."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Stack, Tags, Token
from constructs import Construct

from batchwright import DeclarationError, Fargate
from batchwright.task.limits import tag_text
from tests.library.samples import Assembly
from tests.library.support import app_and_stack, batch, of_type, only, platform, templates

EACH = {f"tag-{n}": "x" for n in range(40)}


@pytest.mark.parametrize(
    ("owner", "tag"),
    [
        ("finance-systems", "finance-systems"),
        ("経理 チーム", "経理 チーム"),
        ("x" * 300, "x" * 256),
        ("sre@example.com/a:b=c+d_e.f", "sre@example.com/a:b=c+d_e.f"),
        ("AWS: platform", "AWS_ platform"),
        ("team\tx", "team_x"),
        ("#sre 🚀", "_sre _"),
    ],
)
def test_an_owner_is_a_tag_that_aws_takes(owner: str, tag: str) -> None:
    assert tag_text(owner) == tag


def test_what_only_a_deployment_knows_stays_as_it_is() -> None:
    token = Token.as_string({"Ref": "Team"})

    assert tag_text(token) == token


def test_the_owner_is_a_tag_of_all_that_is_made_and_taggable() -> None:
    home, mine = app_and_stack()
    batch(mine, platform(mine), owner="R&D", scheduler="aws", parameters={"A": "x"})

    template = templates(home)["stack"]
    for kind in ("ECS::TaskDefinition", "StepFunctions::StateMachine", "Logs::LogGroup", "SSM::Parameter"):
        tags = [resource["Properties"].get("Tags") for resource in of_type(template, f"AWS::{kind}")]
        assert any("R_D" in str(tag) for tag in tags), kind


def test_in_a_stack_of_its_own_it_is_a_tag_of_the_stack(samples: Assembly) -> None:
    assert samples.tags["batches-staging-every-argument"]["batchwright:owner"] == "finance-systems"


def by_aspect(tags: dict[str, str]) -> Callable[[Construct, Stack], None]:
    def add(made: Construct, _: Stack) -> None:
        for key, value in tags.items():
            Tags.of(made).add(key, value)

    return add


def by_stack(tags: dict[str, str]) -> Callable[[Construct, Stack], None]:
    def add(_: Construct, stack: Stack) -> None:
        for key, value in tags.items():
            stack.tags.set_tag(key, value)

    return add


@pytest.mark.parametrize("add", [by_aspect, by_stack])
@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"batchwright:timeout": "5"}, r"tags: \{'batchwright:timeout': '5'\} was given"),
        ({**EACH, "one-more": "x"}, "tags: 41 were given; allowed: 40"),
        ({**EACH, "batchwright:batch": "other"}, "tags: 41 were given; allowed: 40"),
    ],
)
def test_tags_from_outside_are_checked_at_the_end(
    add: Callable[[dict[str, str]], Callable[[Construct, Stack], None]], tags: dict[str, str], message: str
) -> None:
    home, mine = app_and_stack()
    add(tags)(batch(mine, platform(mine)), mine)

    if add is by_stack and "batchwright:batch" in tags:
        home.synth()  # a resource's own tag wins over its stack's
        return
    with pytest.raises(DeclarationError, match=f"batch report: {message}"):
        home.synth()


@pytest.mark.parametrize("add", [by_aspect, by_stack])
def test_as_many_as_fit_are_taken_and_what_a_deployment_knows_is_not_looked_at(
    add: Callable[[dict[str, str]], Callable[[Construct, Stack], None]],
) -> None:
    home, mine = app_and_stack()
    tags: dict[str, Any] = {**EACH, "tag-0": Token.as_string({"Ref": "AWS::StackName"})}
    add(tags)(batch(mine, platform(mine), fargate=Fargate(tags={"tag-1": "declared"})), mine)

    made = only(templates(home)["stack"], "AWS::ECS::TaskDefinition")
    assert len(made["Tags"]) == (4 + 40 if add is by_aspect else 4 + 1)
