"""Shows what a command is doing, once that takes longer than a moment: in a live line, or in a note."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.host.runs.vigil import Vigil
from batchwright_runner.host.terminal.console import Console

SAID_AFTER = 2.0
"""Seconds after which it is shown."""
REFRESH = 1.0
"""Seconds after which the live line is drawn again."""


@contextmanager
def doing(console: Console, what: str, *, after: float = SAID_AFTER) -> Iterator[None]:
    """Around what makes many calls, each of which may be fast.

    `what`: what is being done: "reading the runs of stage staging".
    """
    begun, lock, goes_on = time.monotonic(), Lock(), True

    def say() -> None:
        with lock:
            if goes_on and console.live:
                console.keep(lambda: f"{what} · {format_duration(time.monotonic() - begun)}")
            elif goes_on:
                console.note(what)

    with Vigil(say, after, REFRESH if console.live else None):
        try:
            yield
        finally:
            with lock:
                goes_on = False
                console.keep(None)
