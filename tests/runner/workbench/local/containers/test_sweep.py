import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.ground import LOCK, RUN, sweep
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead

HOLD = """
import sys
from pathlib import Path
from batchwright_runner.workbench.local.run_lock import RunLock
with RunLock(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""


class FakeShelf(Engine):
    """Containers and volumes, each with its owner."""

    def __init__(self, containers: Mapping[str, str], volumes: Mapping[str, str], stuck: str = "") -> None:
        self.containers = dict(containers)
        self.volumes = dict(volumes)
        self.stuck = stuck

    def labeled(self, label: str) -> list[tuple[Callable[[str], None], str, Mapping[str, str]]]:
        assert label == LOCK
        return [
            (remove, name, {LOCK: owner, RUN: f"run-of-{owner}"})
            for remove, owners in ((self.remove, self.containers), (self.remove_volume, self.volumes))
            for name, owner in owners.items()
        ]

    def remove(self, container: str) -> None:
        if container == self.stuck:
            raise EngineError("busy")
        del self.containers[container]

    def remove_volume(self, name: str) -> None:
        del self.volumes[name]


@pytest.fixture
def held(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Another process that holds the lock of ``live``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path), "live"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def left_behind(folder: Path, name: str) -> None:
    with RunLock(folder, name):
        pass


def test_only_what_has_no_living_owner_is_removed(tmp_path: Path, held: "subprocess.Popen[bytes]") -> None:
    del held
    left_behind(tmp_path, "dead")
    engine = FakeShelf({"a": "dead", "b": "live", "c": "elsewhere"}, {"v": "dead", "w": "live"})

    assert sweep(engine, tmp_path) == ["removed what run run-of-dead had left: a, v: its runner was killed"]
    assert (engine.containers, engine.volumes) == ({"b": "live", "c": "elsewhere"}, {"w": "live"})


def test_an_owner_that_was_killed_is_dead(tmp_path: Path, held: "subprocess.Popen[bytes]") -> None:
    assert not is_dead(tmp_path, "live")
    held.send_signal(signal.SIGKILL)
    held.wait()

    assert is_dead(tmp_path, "live")


def test_one_that_nobody_here_knows_is_not(tmp_path: Path) -> None:
    assert not is_dead(tmp_path, "unknown")


def test_what_others_depend_on_is_removed_after_them(tmp_path: Path) -> None:
    class Dependent(FakeShelf):
        def remove(self, container: str) -> None:
            if container == "holder" and len(self.containers) > 1:
                raise EngineError("has dependent containers")
            super().remove(container)

    left_behind(tmp_path, "dead")
    engine = Dependent({"holder": "dead", "main": "dead"}, {})
    sweep(engine, tmp_path)

    assert engine.containers == {}
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_removed_is_tried_again_by_the_next_run(tmp_path: Path) -> None:
    left_behind(tmp_path, "dead")
    engine = FakeShelf({"a": "dead", "b": "dead"}, {}, stuck="a")
    sweep(engine, tmp_path)
    assert engine.containers == {"a": "dead"}
    engine.stuck = ""
    sweep(engine, tmp_path)

    assert engine.containers == {}
