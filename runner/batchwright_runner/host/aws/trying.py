"""Says what is tried, and for how long, once that takes longer than a moment."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.vigil import Vigil

SAID_AFTER = 2.0
"""Seconds of failures, or of a call without an answer, after which a note says so."""
SAID_AGAIN = 15.0
"""Seconds after which that is repeated."""


class Trying:
    """Attempts at one thing, of one call or of many.

    `what`: what fails with them, for the message: "the manifest cannot be read".
    """

    def __init__(self, what: str, waiter: Waiter, say: Callable[[str], None] | None = None) -> None:
        self._what = what
        self._waiter = waiter
        self._say_text = say or waiter.note
        self._lock = threading.Lock()
        self._due = self._began = self._until = self._give_up = 0.0
        self._said_at = float("-inf")
        self._why = ""

    @contextmanager
    def during(self, seconds: float) -> Iterator[None]:
        """Around attempts, for so many seconds at most. Says it also while an attempt is blocked in a call."""
        now = self._waiter.now()
        self._began, self._until, self._why = now, now + seconds, ""
        self._give_up = self._until
        self._due = max(now + SAID_AFTER, self._said_at + SAID_AGAIN)
        with Vigil(self._say, self._due - now, SAID_AGAIN):
            yield

    def failed(self, error: Exception, until: float | None = None) -> None:
        """An attempt has failed, in a way that passes."""
        self._give_up = self._until if until is None else until
        if not self._why and self._said_at >= self._began:
            self._due = self._waiter.now()  # a note has said that there was no answer: here is why
        self._why = str(error)
        if self._waiter.now() >= self._due:
            self._say()

    def _say(self) -> None:
        with self._lock:
            now = self._waiter.now()
            if now < self._due:
                return
            self._said_at, self._due = now, now + SAID_AGAIN
            left = self._give_up - now
            limit = f" for {format_duration(left)} at most" if 0 < left < float("inf") else ""
            why = self._why or f"no answer for {format_duration(now - self._began)}"
            self._say_text(f"{self._what} yet: {why}\n{'trying again' if self._why else 'waiting for it'}{limit}")
