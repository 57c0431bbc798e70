"""The examples of docs/add-a-batch.md are real: each is synthesized, and each test in them passes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from constructs import Construct

from batchwright import BatchPlatform, DeclarationError, FargateBatch
from batchwright.testing import STAGES, synthesize
from tests.batches.checkout import copy_project
from tests.kit.pages import blocks
from tests.library.support import app, app_and_stack, batch, only, platform, stack, templates

TEXT = Path(__file__).parents[2].joinpath("docs/add-a-batch.md").read_text(encoding="utf-8")
BLOCKS = blocks(TEXT, "python")
SETTINGS = {"orders_bucket": "orders"}


def names() -> dict[str, Any]:
    """What the page defines, all blocks in one module."""
    module: dict[str, Any] = {"__name__": "declaring"}
    exec(compile("\n".join(BLOCKS), "docs/add-a-batch.md", "exec"), module)  # the page is ours
    return module


NAMES = names()
BATCHES = [value for value in NAMES.values() if isinstance(value, type) and issubclass(value, FargateBatch)]
TESTS = [function for name, function in NAMES.items() if name.startswith("test_")]


@pytest.mark.parametrize("stage", [*STAGES, "local"])
def test_the_examples_synthesize(stage: str) -> None:
    for example in [*(kind for kind in BATCHES if kind is not FargateBatch), NAMES["declare"]]:
        assert synthesize(example, stage=stage, settings=SETTINGS, shared_parameters={"LOG_LEVEL": "info"}).template

    for name in NAMES["TASKS"]:
        made = synthesize(NAMES["batches"], stage=stage, name=name)
        assert made.container()["Command"] == ["bundle", "exec", "rake", name.replace("-", ":")]
        assert made.manifest.image.name == "rails"
        assert ":role/rails" in str(only(made.template, "AWS::ECS::TaskDefinition")["TaskRoleArn"])


def test_the_example_with_existing_resources_uses_them() -> None:
    home, theirs = app_and_stack()
    NAMES["adopt"](theirs, platform(theirs))

    task = only(templates(home)["stack"], "AWS::ECS::TaskDefinition")
    assert task["TaskRoleArn"] == "arn:aws:iam::111111111111:role/legacy/report"
    assert task["ContainerDefinitions"][0]["LogConfiguration"]["Options"]["awslogs-group"] == "/legacy/report"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


@pytest.mark.process
@pytest.mark.parametrize("test", TESTS)
def test_an_example_of_a_test_passes(test: Callable[[], None], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)

    test()


def test_the_page_has_examples() -> None:
    assert (len(BATCHES), len(TESTS)) == (11, 4)


def test_the_error_that_the_page_shows_is_the_one_that_is_raised() -> None:
    (shown,) = [block.strip() for block in blocks(TEXT, "") if block.startswith("batch hello: ")]

    with pytest.raises(DeclarationError) as error:
        synthesize(
            lambda scope, platform: FargateBatch(
                scope, "hello", platform=platform, owner="x", description="x", memory=700
            )
        )
    assert str(error.value) == shown


def test_the_error_of_two_branches_is_the_one_that_is_raised() -> None:
    (shown,) = [block.strip() for block in blocks(TEXT, "") if block.startswith("batch order-export: ")]

    def declare(scope: Construct, platform: BatchPlatform) -> FargateBatch:
        NAMES["Stock"](scope, platform)
        return batch(scope, platform, "order-export", image="shop", pushed_by="github:acme/orders@main")

    with pytest.raises(DeclarationError) as error:
        synthesize(declare)
    assert str(error.value) == shown


def test_the_error_of_an_argument_in_the_wrong_place_is_the_one_that_is_raised() -> None:
    (shown,) = [block.strip() for block in blocks(TEXT, "") if block.startswith("batch invoice-render: ")]

    with pytest.raises(DeclarationError) as error:
        synthesize(lambda scope, platform: batch(scope, platform, "invoice-render", user="1000:1000"))
    assert str(error.value) == shown


def test_the_reference_lists_what_a_batch_offers_and_nothing_else() -> None:
    theirs = stack(app())
    made = NAMES["adopt"](theirs, platform(theirs))
    offered = {name for name in {*dir(type(made)), *vars(made)} if not name.startswith("_")} - set(dir(Construct))
    reference = Path(__file__).parents[2].joinpath("docs/reference/declaration.md").read_text(encoding="utf-8")
    section = reference.partition("### FargateBatch")[2].partition("\n### ")[0].partition("| it has |")[2]

    assert set(re.findall(r"^\| `(\w+)", section, re.MULTILINE)) == offered
