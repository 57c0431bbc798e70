"""Reports that something takes long while it does, whatever it is blocked in."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Vigil:
    """A thread that reports after some seconds, and again after some more. Use as a context manager."""

    def __init__(self, say: Callable[[], None], first: float, again: float | None = None) -> None:
        self._say = say
        self._first = first
        self._again = again
        self._over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()

    def _watch(self) -> None:
        pause: float | None = self._first
        while pause is not None and not self._over.wait(pause):
            self._say()
            pause = self._again
