"""What the tests of the function share."""

from collections.abc import Iterator

import pytest

from tests.alerting.stage import Stage
from tests.runner.contract.alerting.support import batch


@pytest.fixture(scope="session")
def warm_stage() -> Iterator[Stage]:
    """A stage whose function stays warm."""
    with Stage() as stage:
        yield stage


@pytest.fixture
def stage(warm_stage: Stage) -> Stage:
    """A stage with one batch, ``daily-report``, and nothing that has happened."""
    warm_stage.begin_anew()
    warm_stage.deploy(batch())
    return warm_stage
