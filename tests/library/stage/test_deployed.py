"""The two kinds of platform: siblings, so that neither is made without its own constructor."""

import inspect

import pytest

from batchwright import BatchPlatform, DeployedPlatform, FargateBatch, Platform
from tests.library.support import app, batch, stack


def test_a_platform_is_either_made_here_or_deployed_elsewhere() -> None:
    assert BatchPlatform.__bases__ == DeployedPlatform.__bases__ == (Platform,)
    assert FargateBatch.__init__.__annotations__["platform"] is Platform


def test_from_deployed_gives_a_deployed_platform_and_makes_nothing() -> None:
    home = app()

    on = BatchPlatform.from_deployed(stack(home), "Platform", stage="staging")

    assert type(on) is DeployedPlatform
    assert on.node.children == []
    assert batch(stack(home, "theirs"), on).platform is on


def test_the_base_is_no_platform_of_its_own() -> None:
    assert inspect.isabstract(Platform)
    with pytest.raises(TypeError, match=r"abstract.*facts"):
        Platform(stack(app()), "Platform", stage="staging", project="batches", settings=None, stages=())  # type: ignore[abstract]
