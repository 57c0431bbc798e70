"""What the tests of the function share."""

from collections.abc import Iterator

import pytest

from tests.alerting.stage import Stage
from tests.runner.contract.alerting.support import batch


@pytest.fixture(scope="session")
def kept() -> Iterator[Stage]:
    """A stage whose function stays warm."""
    with Stage() as made:
        yield made


@pytest.fixture
def stage(kept: Stage) -> Stage:
    """A stage with one batch, ``daily-report``, and nothing that has happened."""
    kept.begin_anew()
    kept.deploy(batch())
    return kept
