"""Work that is done side by side, each piece in a thread. Signals come to the main thread, which passes them on."""

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

from batchwright_runner.host.runs.signals import LeaveNow, Waiter, ready_among

T = TypeVar("T")
LOOK = 1.0
"""Seconds after which who waits for the end of a piece of work may do something else."""
PATIENCE = 5.0
"""Seconds for which work that is to be left at once is waited for."""


class Wake:
    """Wakes a loop that waits on descriptors, from another thread: a pipe that is readable after a call of `now`."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._reader

    def now(self) -> None:
        """Makes it readable. Does nothing when it is or when it was closed."""
        with suppress(OSError):
            os.write(self._writer, b"!")

    def clear(self) -> None:
        """Makes it unreadable."""
        with suppress(BlockingIOError):
            while os.read(self._reader, 512):
                pass

    def close(self) -> None:
        """Ends it."""
        reader, self._reader = self._reader, -1
        writer, self._writer = self._writer, -1
        os.close(reader)
        os.close(writer)


class HandWaiter:
    """Time and signals of one piece of work: the command's."""

    def __init__(self, command: Waiter) -> None:
        self._command = command
        self._wake = Wake()
        self._leaves = False
        self.now = command.now
        self.note = command.note

    @property
    def signals(self) -> Sequence[int]:
        """The signals received so far, oldest first."""
        return self._command.signals

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        """Pauses for at most ``seconds``: less when a signal comes or a descriptor is ready."""
        if not self._leaves:
            ready_among(seconds, [self._wake.fileno(), *read], write)
        self._wake.clear()
        if self._leaves:
            raise LeaveNow(*self.signals[:1] or [signal.SIGTERM])

    def wake(self, *, leave: bool = False) -> None:
        """Ends the pause: a signal has come. For the main thread."""
        self._leaves |= leave
        self._wake.now()

    def close(self) -> None:
        """Ends it, after the work."""
        self._wake.close()


class Crew(Generic[T]):
    """Does work side by side. Use as a context manager: whatever ends it, no work goes on that can be left.

    `tick`: Called each second while work is waited for.
    """

    def __init__(self, waiter: Waiter, tick: Callable[[], object] = lambda: None) -> None:
        self._waiter = waiter
        self._tick = tick
        self._wake = Wake()
        self._hands: dict[str, tuple[HandWaiter, Future[T]]] = {}
        self._passed_on = False
        self._given_up_at = float("inf")

    def __len__(self) -> int:
        """How many pieces of work are not known to have ended."""
        return len(self._hands)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for waiter, _ in self._hands.values():
            waiter.wake(leave=True)
        wait([result for _, result in self._hands.values()], PATIENCE)

    def start(self, name: str, work: Callable[[Waiter], T]) -> None:
        """Starts a piece of work."""
        waiter, result = HandWaiter(self._waiter), Future[T]()
        self._hands[name] = waiter, result

        def run() -> None:
            try:
                result.set_result(work(waiter))
            except BaseException as error:  # noqa: BLE001 - it is raised where its end is waited for
                result.set_exception(error)
            self._wake.now()

        threading.Thread(target=run, name=name, daemon=True).start()

    def ended(self) -> Mapping[str, Future[T]]:
        """Waits for the end of a piece of work, and gives all that have ended since; nothing where none is done."""
        while not (ended := {name for name, (_, result) in self._hands.items() if result.done()}) and self._hands:
            self._pass_on()
            if self._waiter.now() > self._given_up_at:
                raise LeaveNow(self._waiter.signals[0])
            self._waiter.wait(LOOK, [self._wake.fileno()])
            self._wake.clear()
            self._tick()
        hands = {name: self._hands.pop(name) for name in ended}
        for waiter, _ in hands.values():
            waiter.close()
        return {name: result for name, (_, result) in hands.items()}

    def leave(self) -> None:
        """Has all work left at once."""
        self._given_up_at = min(self._given_up_at, self._waiter.now() + PATIENCE)
        for waiter, _ in self._hands.values():
            waiter.wake(leave=True)

    def _pass_on(self) -> None:
        if self._waiter.signals and not self._passed_on:
            self._passed_on = True
            for waiter, _ in self._hands.values():
                waiter.wake()
