import re
from typing import Any

import pytest

from batchwright import DeclarationError, Place
from batchwright.app.cdk_json import LOCAL_PLACE, ProjectContext, check_limits, choose_stages, read_project

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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"project": 3}, "cdk.json: context.project: 3 was given; allowed: a name"),
        ({"project": "My-Project"}, "project: name: 'My-Project' was given"),
        ({"projct": "x"}, "cdk.json: context: unknown key 'projct'; did you mean project?"),
        ({"Registry": PLACE}, "cdk.json: context: unknown key 'Registry'; did you mean registry?"),
        ({"stages": {"local": {}}}, "cdk.json: context.stages: {'local': {}} was given; allowed: an object"),
        ({"stages": ["staging"]}, "cdk.json: context.stages: ['staging'] was given; allowed: an object"),
        ({"stages": {"pre-prod": STAGING}}, "stage: name: 'pre-prod' was given"),
        ({"stages": {"staging": None}}, "cdk.json: context.stages.staging: None was given; allowed: an object"),
        (
            {"stages": {"staging": {**STAGING, "subnet": "x"}}},
            "cdk.json: context.stages.staging: 'subnet' was given; known: account, ",
        ),
        (
            {"stages": {"staging": {**STAGING, "account": 111111111111}}},
            "cdk.json: context.stages.staging.account: 111111111111 was given; allowed: a string of 12 digits",
        ),
        (
            {"stages": {"staging": {**STAGING, "account": "1" * 13}}},
            f"cdk.json: context.stages.staging.account: '{'1' * 13}' was given; allowed: a string of 12 digits",
        ),
        (
            {"stages": {"staging": {"account": "111111111111"}}},
            "cdk.json: context.stages.staging.region: None was given; allowed: a region's name",
        ),
        (
            {"stages": {"staging": {**STAGING, "settings": {"n": 3}}}},
            "cdk.json: context.stages.staging.settings: {'n': 3} was given; allowed: an object of strings",
        ),
        (
            {"stages": {"staging": {**STAGING, "shared_parameters": ["A"]}}},
            "cdk.json: context.stages.staging.shared_parameters: ['A'] was given; allowed: an object of strings",
        ),
        (
            {"stages": {"staging": STAGING, "local": {"account": "x", "sets": {}}}},
            "cdk.json: context.stages.local: 'sets' was given; known:",
        ),
        ({"registry": "333333333333"}, "cdk.json: context.registry: '333333333333' was given; allowed: an object"),
        (
            {"registry": {**PLACE, "image": []}},
            "cdk.json: context.registry: 'image' was given; known: account, execution_roles, images, managed, oidc_pro",
        ),
        (
            {"registry": {**PLACE, "managed": "false"}},
            "cdk.json: context.registry.managed: 'false' was given; allowed: true or false",
        ),
        (
            {"registry": {**PLACE, "managed": False, "release_roles": ["arn:aws:iam::111111111111:role/x"]}},
            "cdk.json: context.registry.release_roles: something else manages the registry (managed: false), so that",
        ),
        (
            {"registry": {**PLACE, "managed": False, "images": {"rails": {"managed": True}}}},
            "cdk.json: context.registry.images.rails: managed: true was given, and the whole registry",
        ),
        (
            {"registry": {**PLACE, "managed": False, "images": {"rails": "github:acme/rails@main"}}},
            "cdk.json: context.registry.images.rails: pushed_by: something else manages the image's repository",
        ),
    ],
)
def test_mistakes_in_cdk_json(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=f"^{re.escape(message)}"):
        project(**changes)


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


@pytest.mark.parametrize(
    "key",
    [
        "projectName",
        "vpc-provider:account=1",
        "@aws-cdk/core:target-partitions",
        "regions",
    ],
)
def test_a_key_of_the_cdk_or_of_another_stack_is_left_alone(key: str) -> None:
    assert project(project="sales", **{key: "x"}).name == "sales"


def test_an_object_as_the_one_stage_is_named() -> None:
    with pytest.raises(DeclarationError, match=r"context.stage: .* was given; allowed: the name of the one stage"):
        choose_stages(project(), {"staging": STAGING})  # type: ignore[arg-type]
