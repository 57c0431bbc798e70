"""Does slow work in a thread, so that signals are obeyed meanwhile, and a person sees what is being waited for."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from batchwright_runner.errors import InterruptedEarlyError
from batchwright_runner.host.runs.crew import Wake
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell

T = TypeVar("T")
SILENT = 3.0
"""Seconds for which no message is needed."""


def aside(work: Callable[[], T], waiter: Waiter, tick: Callable[[], object] = lambda: None) -> T:
    """Does it and waits for it.

    `tick`: Called each second meanwhile.
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


def note_when_slow(text: str, waiter: Waiter, tell: Tell) -> Callable[[], None]:
    """Gives what is called again and again during a wait, and notes the text once when that takes long."""
    due = [waiter.now() + SILENT]

    def tick() -> None:
        if due and waiter.now() >= due[0]:
            due.clear()
            tell.note(text)

    return tick
