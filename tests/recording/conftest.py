"""An emulator for a session."""

from collections.abc import Iterator

import pytest

from tests.recording.emulator import Emulator, emulator


@pytest.fixture(scope="module")
def aws() -> Iterator[Emulator]:
    with emulator() as started:
        yield started
