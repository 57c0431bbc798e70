import re
from typing import Any

import pytest

from batchwright import DeclarationError
from batchwright.app.cdk_json import LOCAL_PLACE, ProjectContext, check_limits, choose_stages, read_project
from batchwright.arns import Place
from tests.kit.rows import each_row
from tests.library.support import written

STAGING = {"account": "111111111111", "region": "ap-northeast-1", "subnets": ["subnet-1"]}
PRODUCTION = {"account": "222222222222", "region": "ap-northeast-1", "subnets": ["subnet-2"]}

PLACE = {"account": "333333333333", "region": "ap-northeast-1"}


def project(**changes: Any) -> ProjectContext:  # noqa: ANN401 - any argument
    return read_project({"stages": {"staging": STAGING, "production": PRODUCTION}, **changes})


def test_a_project_of_two_stages() -> None:
    assert (project().name, project().registry, project().managed) == ("batches", None, False)
    read = project(project="nightly", registry={"account": "333333333333", "region": "us-west-2"})

    assert (read.name, read.registry) == ("nightly", Place("333333333333", "us-west-2"))
    assert read.stage_names == ["staging", "production"]
    assert read.stages[0].place == Place("111111111111", "ap-northeast-1")
    assert read.stages[0].platform == {"subnets": ["subnet-1"]}


def test_the_local_stage_needs_nothing_and_takes_settings() -> None:
    stages = {"staging": STAGING, "local": {"settings": {"bucket": "x"}}}

    assert project().local.place == LOCAL_PLACE
    read = project(stages=stages)
    assert read.local.platform == {"subnets": ["subnet-local"], "settings": {"bucket": "x"}}
    assert read.stage_names == ["staging"]


@pytest.mark.parametrize(
    ("only", "names"), [(None, ["staging", "production"]), ("production", ["production"]), ("local", ["local"])]
)
def test_stages_to_synthesize(only: str | None, names: list[str]) -> None:
    assert [stage.name for stage in choose_stages(project(), only)] == names


def test_an_unknown_stage_is_named_with_the_nearest() -> None:
    with pytest.raises(DeclarationError) as error:
        choose_stages(project(), "stagin")

    assert str(error.value) == (
        "cdk.json: context.stage: 'stagin' was given; known: local, production, staging; did you mean staging?"
    )


@each_row("given message", __file__, "cdk_json")
def test_mistakes_in_cdk_json(given: str, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        project(**written(given, STAGING=STAGING, PLACE=PLACE))


@pytest.mark.parametrize("stages", [None, {"staging"}, ["staging", "local"], ("production",), frozenset()])
def test_limits_that_are_known(stages: object) -> None:
    check_limits("batch class Report", stages, ["staging", "production"])


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ("staging", "stages: 'staging' was given; allowed: a set of names"),
        ({"staging": 1}, "stages: {'staging': 1} was given; allowed: a set of names"),
        ({"stagin"}, "stages: 'stagin' was given; known: local, production, staging; did you mean staging?"),
    ],
)
def test_limits_that_are_not(stages: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^batch class Report: {re.escape(message)}"):
        check_limits("batch class Report", stages, ["staging", "production"])


def test_an_image_may_be_in_a_repository_of_someone_elses() -> None:
    foreign = {"repository": "acme/rails", "managed": False}

    read = project(registry={**PLACE, "images": {"rails": foreign, "report": None}})
    whole = project(registry={**PLACE, "managed": False, "images": {"rails": {"repository": "acme/rails"}}})

    assert read.managed
    assert read.repositories == whole.repositories == {"rails": "acme/rails"}
    assert not whole.managed
    assert whole.images == {"rails": foreign}


def test_images_of_batches_declared_elsewhere_are_named_with_the_registry() -> None:
    registry = {"account": "333333333333", "region": "eu-west-1", "images": ["shop-tools"]}

    assert project(registry=registry).images == {"shop-tools": None}
    assert project().images == {}
    with pytest.raises(DeclarationError, match=r"cdk\.json: context\.registry\.images: 'x' was given; allowed: a list"):
        project(registry={**registry, "images": "x"})
    with pytest.raises(DeclarationError, match=r"cdk\.json: context\.registry: image: 'Shop' was given"):
        project(registry={**registry, "images": ["Shop"]})


@pytest.mark.parametrize("key", ["projectName", "vpc-provider:account=1", "@aws-cdk/core:target-partitions", "regions"])
def test_a_key_of_the_cdk_or_of_another_stack_is_left_alone(key: str) -> None:
    assert project(project="sales", **{key: "x"}).name == "sales"


def test_an_object_as_the_one_stage_is_named() -> None:
    with pytest.raises(DeclarationError, match=r"context.stage: .* was given; allowed: the name of the one stage"):
        choose_stages(project(), {"staging": STAGING})  # type: ignore[arg-type]
