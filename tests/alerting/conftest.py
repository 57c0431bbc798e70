"""What the tests of the function share."""

from collections.abc import Iterator

import pytest

from tests.alerting.stage import Stage
from tests.runner.contract.alerting.support import batch


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A stage with one batch, ``daily-report``."""
    with Stage() as made:
        made.deploy(batch())
        yield made
