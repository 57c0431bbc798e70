"""What a declaration may ask of its stage."""

import pytest

from batchwright import BatchPlatform, DeclarationError
from batchwright.tokens import is_token
from tests.library.support import app, platform, stack


@pytest.fixture(scope="module")
def staging() -> BatchPlatform:
    return platform(stack(app()), stages=["staging", "production"], settings={"bucket": "sales", "table": "t"})


@pytest.fixture(scope="module")
def local() -> BatchPlatform:
    return platform(stack(app()), stage="local", stages=["staging", "production"], settings={"bucket": "mine"})


def test_the_value_of_this_stage_wins(staging: BatchPlatform) -> None:
    assert staging.choose(default=1, staging=2, production=3) == 2


def test_other_stages_have_the_default(staging: BatchPlatform, local: BatchPlatform) -> None:
    assert staging.choose(default=1, production=3) == 1
    assert local.choose(default=1, production=3) == 1
    assert local.choose(default=1, local=3) == 3


def test_values_that_are_false_are_values(staging: BatchPlatform) -> None:
    assert staging.choose(default=1, staging=0) == 0
    assert staging.choose(default="", production="x") == ""
    assert staging.choose(default=False, production=True) is False


def test_a_misspelt_stage_is_named_with_the_nearest(staging: BatchPlatform) -> None:
    with pytest.raises(DeclarationError) as error:
        staging.choose(default="x", prodution="y")

    assert str(error.value) == (
        "platform staging: choose: 'prodution' was given; known: local, production, staging; did you mean production?"
    )


@pytest.mark.parametrize(("by_stage", "given"), [({"production": 1}, "production"), ({}, "no stage")])
def test_a_stage_without_a_value(staging: BatchPlatform, by_stage: dict[str, int], given: str) -> None:
    with pytest.raises(DeclarationError) as error:
        staging.choose(**by_stage)

    assert str(error.value) == (
        f"platform staging: choose: values for {given} were given; allowed: one for every stage, or default="
    )


def test_a_setting(staging: BatchPlatform, local: BatchPlatform) -> None:
    assert staging.setting("bucket") == "sales"
    assert local.setting("bucket") == "mine"


def test_a_misspelt_setting_is_named_with_the_nearest(staging: BatchPlatform) -> None:
    with pytest.raises(DeclarationError) as error:
        staging.setting("bucked")

    assert str(error.value) == (
        "platform staging: setting: 'bucked' was given; known: bucket, table; did you mean bucket?"
    )


def test_locally_a_setting_may_be_missing(local: BatchPlatform) -> None:
    assert is_token(local.setting("table"))
