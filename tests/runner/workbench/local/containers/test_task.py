"""The task as the follow loop sees it, on an engine that a test plays."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.host.runs.signals import LeaveNow
from batchwright_runner.workbench.local.attempts import aside, note_when_slow
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.task import ContainerTask
from tests.kit.fakes import FakeWaiter, Notes
from tests.runner.workbench.local.containers.fake_engine import VOLUME, FakeEngine, after, plan, side


@dataclass
class Removing(FakeEngine):
    """An engine that counts what it removes."""

    removed: list[str] = field(default_factory=list)
    stuck: str = ""

    def remove(self, container: str) -> None:
        if container == self.stuck:
            raise EngineError("busy")
        self.removed.append(container)

    def remove_volume(self, name: str) -> None:
        self.removed.append(name)


class Waiter:
    """Waits a little, in real time, and leaves if it is told to."""

    signals: Sequence[int] = ()
    leaves = False
    comes: int | None = None

    def now(self) -> float:
        return time.monotonic()

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del seconds, read, write
        if self.leaves:
            raise LeaveNow(signal.SIGINT)
        time.sleep(0.005)

    def note(self, text: str) -> None:
        pass


class Signaled(Waiter):
    """Has had signals before, and gets one more in the first wait after ``comes`` is set."""

    def __init__(self, before: list[int]) -> None:
        self.signals = list(before)

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        super().wait(seconds, read, write)
        if self.comes is not None:
            self.signals = [*self.signals, self.comes]
            self.comes = None


class Leaving(Waiter):
    """Leaves once, in the first wait."""

    def __init__(self) -> None:
        self.first = True

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        first, self.first = self.first, False
        if first:
            raise LeaveNow(signal.SIGINT)
        super().wait(seconds, read, write)


def begun(engine: Removing, waiter: Waiter | None = None, say: Callable[[str], None] = lambda _: None) -> ContainerTask:
    planned = plan(side(**VOLUME), **VOLUME)
    task = ContainerTask(engine, planned, shown=("main",), waiter=waiter or Waiter(), say=say)
    task.begin()
    until(lambda: "start side" in engine.calls)
    return task


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_nothing_is_left_after_an_end() -> None:
    engine = Removing(on_signal={"side": 0})
    task = begun(engine)
    engine.end("main", 3)

    assert task.finish(hurry=False) == []
    assert engine.removed == ["main", "side", "network", "p-v"]
    assert task.codes == {"main": 3, "side": 0}
    assert "SIGKILL side" not in engine.calls


def test_who_leaves_kills_and_leaves_nothing_either() -> None:
    engine = Removing()
    task = begun(engine)

    assert task.finish(hurry=True) == []
    assert {"SIGKILL main", "SIGKILL side"} <= set(engine.calls)
    assert engine.removed == ["main", "side", "network", "p-v"]


@pytest.mark.parametrize(
    "waiter_of", [lambda: Signaled([]), lambda: Signaled([signal.SIGTERM]), Leaving], ids=["one", "one more", "leaving"]
)
def test_a_signal_after_mains_end_kills_what_is_waited_for_and_leaves_nothing(
    waiter_of: Callable[[], Waiter],
) -> None:
    engine, waiter = Removing(), waiter_of()
    task = begun(engine, waiter)
    engine.end("main", 0)
    until(lambda: task.describe().ended)
    waiter.comes = signal.SIGINT

    assert task.finish(hurry=False) == []
    assert "SIGKILL side" in engine.calls


def test_what_is_waited_for_is_said() -> None:
    engine, remarks = Removing(), list[str]()

    def say(text: str) -> None:
        remarks.append(text)
        if "waiting" in text:
            engine.end("side", 0)

    task = begun(engine, say=say)
    engine.end("main", 0)
    task.finish(hurry=False)

    assert any("main has ended: waiting for side" in text for text in remarks)


def test_what_cannot_be_removed_is_told() -> None:
    engine = Removing(on_signal={"side": 0}, stuck="network")
    task = begun(engine)
    engine.end("main", 0)

    assert task.finish(hurry=False) == ["network (busy)"]


def test_who_is_told_to_leave_while_cleaning_up_says_all_that_may_be_there() -> None:
    waiter = Waiter()
    task = begun(Removing(), waiter)
    waiter.leaves = True

    assert task.finish(hurry=True) == ["main", "side", "network", "p-v"]


def test_the_log_of_a_container_that_never_started_is_closed_when_all_is_over() -> None:
    engine = Removing()
    waits = plan(side(), **after("side", "SUCCESS"))
    task = ContainerTask(engine, waits, shown=("main",), waiter=Waiter(), say=print)
    task.begin()
    until(lambda: "start side" in engine.calls)
    assert not task.read_log("main", "").closed
    engine.end("side", 1)
    until(lambda: task.describe().status == "STOPPED")

    assert task.read_log("main", "").closed


def test_work_aside_gives_its_result_or_its_error() -> None:
    assert aside(lambda: 7, Waiter()) == 7
    with pytest.raises(EngineError, match="no"):
        aside(lambda: fail("no"), Waiter())


def test_a_signal_does_not_wait_for_work_aside() -> None:
    never = threading.Event()

    with pytest.raises(InterruptedEarlyError) as caught:
        aside(never.wait, FakeWaiter(at={0.5: signal.SIGTERM}))

    assert caught.value.exit_code == 143
    never.set()


def fail(message: str) -> None:
    raise EngineError(message)


def test_what_takes_long_is_said_once() -> None:
    waiter, notes = FakeWaiter(), Notes()
    tick = note_when_slow("waiting", waiter, notes)

    for _ in range(3):
        tick()
        waiter.wait(1)
    assert notes.texts == []

    for _ in range(5):
        tick()
        waiter.wait(1)
    assert notes.texts == ["waiting"]
