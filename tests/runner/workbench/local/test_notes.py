"""What is said while something is waited for."""

from batchwright_runner.workbench.local.notes import said_when_slow
from tests.kit.fakes import FakeWaiter, Notes


def test_what_takes_long_is_said_once() -> None:
    waiter, notes = FakeWaiter(), Notes()
    tick = said_when_slow("waiting", waiter, notes)

    for _ in range(3):
        tick()
        waiter.wait(1)
    assert notes.texts == []

    for _ in range(5):
        tick()
        waiter.wait(1)
    assert notes.texts == ["waiting"]
