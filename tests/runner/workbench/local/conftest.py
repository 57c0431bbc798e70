"""What tests of runs on this machine share."""

from collections.abc import Iterator

import pytest

from tests.containers.backends import open_backend


@pytest.fixture
def engine() -> Iterator[None]:
    """Docker: its absence would be said first."""
    with open_backend("docker"):
        yield
