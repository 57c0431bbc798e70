"""Does what takes long in a thread, so that a signal is obeyed meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.host.runs.crew import Wake
from batchwright_runner.host.runs.signals import Waiter

T = TypeVar("T")


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
