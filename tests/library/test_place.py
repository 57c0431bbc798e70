"""Where a batch may be declared, and what its name must not be."""

import pytest
from aws_cdk import Environment, Stack
from constructs import Construct

from batchwright import DeclarationError
from batchwright.arns import Place
from batchwright.stage.stacks import StackPerBatch
from tests.library.support import app, batch, platform, refusal, stack


@pytest.mark.parametrize(
    ("env", "word"),
    [
        (Environment(account="999999999999", region="ap-northeast-1"), "account 999999999999, and its .* 111111111111"),
        (Environment(account="111111111111", region="eu-west-1"), "region eu-west-1, and its .* ap-northeast-1"),
    ],
)
def test_a_batch_of_another_account_or_region_than_its_platform(env: Environment, word: str) -> None:
    home = app()

    with refusal(f"^batch report: scope: its stack other is in {word}; allowed: a stack"):
        batch(stack(home, "other", env), platform(stack(home)))


def test_in_the_stacks_that_an_app_makes_for_batches_too() -> None:
    home = app()
    on = platform(stack(home))
    elsewhere = Place("999999999999", "ap-northeast-1")
    scope = StackPerBatch(home, "batches", names=on._facts.names, place=elsewhere, after=Stack.of(on), tags={})

    with refusal(r"scope: its stack \S+-report is in account 999999999999, and its platform"):
        batch(scope, on)


def test_what_only_a_deployment_knows_is_not_compared() -> None:
    home = app()

    batch(stack(home, "other", None), platform(stack(home)))


def test_two_batches_of_one_name_in_two_stacks() -> None:
    home = app()
    on = platform(stack(home))
    batch(stack(home, "one"), on)

    with pytest.raises(
        DeclarationError,
        match=r"^batch report: name: one/report \(.*support.py:\d+\) has it in the same stage; allowed: each",
    ):
        batch(stack(home, "two"), on)


def test_two_stages_and_two_accounts_may_have_a_batch_of_one_name() -> None:
    home = app()
    batch(stack(home, "one"), platform(stack(home)))
    batch(stack(home, "two"), platform(stack(home, "production"), stage="production"))
    elsewhere = stack(home, "three", Environment(account="222222222222", region="eu-west-1"))
    batch(elsewhere, platform(elsewhere))


def test_two_batches_of_one_name_in_one_stack() -> None:
    ours = stack(app())
    on = platform(ours)
    batch(ours, on)

    with pytest.raises(DeclarationError) as raised:
        batch(ours, on)

    assert str(raised.value) == (
        "batch report: name: 'report' was given, and stack has a construct of this name already; allowed: each name "
        "once in a scope, or another scope, such as Construct(stack, 'Batches')"
    )


def test_batches_of_one_name_of_two_stages_in_one_stack_need_scopes_of_their_own() -> None:
    ours = stack(app())
    batch(ours, platform(ours))
    production = Construct(ours, "production")
    on = platform(production, stage="production")

    with refusal(r"^batch report: name: 'report' was given, and stack has a construct"):
        batch(ours, on)
    assert batch(production, on).name == "report"
