"""Does what takes long in a thread, so that a signal is obeyed meanwhile."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

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


class _Work(Generic[T]):
    def __init__(self, work: Callable[[], T], done: Callable[[], None]) -> None:
        self._work = work
        self._done = done
        self.result: list[T] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            self.error = error
        finally:
            self._done()


def aside(work: Callable[[], T], waiter: Waiter, tick: Callable[[], object] = lambda: None) -> T:
    """Does it and waits for it.

    Args:
        work: What to do.
        waiter: Time and signals.
        tick: Called each second meanwhile.

    Raises:
        InterruptedEarlyError: A signal came; what was begun is left to itself, and ends with this process.
    """
    wake = Wake()
    job = _Work(work, wake.now)
    thread = threading.Thread(target=job.run, daemon=True)
    thread.start()
    while thread.is_alive() and not (job.result or job.error):
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        waiter.wait(1.0, [wake.fileno()])
        wake.clear()
        tick()
    thread.join()
    wake.close()
    if job.error is not None:
        raise job.error
    return job.result[0]
