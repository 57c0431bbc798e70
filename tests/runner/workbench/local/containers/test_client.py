"""An engine that does not answer."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.containers.client import FIRST_ANSWER, Engine
from batchwright_runner.workbench.local.containers.engine import EngineError


@pytest.fixture
def hanging(tmp_path: Path) -> Iterator[str]:
    """A socket that takes connections, and never answers."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "engine.sock"))
        server.listen(8)
        yield f"unix://{tmp_path}/engine.sock"


def test_the_first_answer_is_not_waited_for_long(hanging: str) -> None:
    with pytest.raises(EngineError, match=r"^no answer within 0\.2 s$"):
        Engine(hanging, within=0.2)
    assert FIRST_ANSWER == 10
