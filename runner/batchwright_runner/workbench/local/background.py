"""Does what takes long in a thread, so that a signal is obeyed meanwhile."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.host.runs.signals import Waiter

T = TypeVar("T")


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


def aside(work: Callable[[], T], waiter: Waiter, tick: Callable[[], object] = lambda: None) -> T:
    """Does it and waits for it.

    Args:
        work: What to do.
        waiter: Time and signals.
        tick: Called each second meanwhile.

    Raises:
        InterruptedEarlyError: A signal came; what was begun is left to itself, and ends with this process.
    """
    wake, result = Wake(), Future[T]()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            result.set_exception(error)
        wake.now()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not result.done():
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        waiter.wait(1.0, [wake.fileno()])
        wake.clear()
        tick()
    thread.join()
    wake.close()
    return result.result()
