"""Does what takes long in a thread, so that a signal is obeyed meanwhile."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.local.wake import Wake
from batchwright_runner.runs.signals import Waiter

T = TypeVar("T")


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
