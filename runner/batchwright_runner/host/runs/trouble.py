"""What cannot be seen of a run for now: a note says it once, and another when it is over."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from batchwright_runner.contract.duration import format_duration

SAID_AFTER = 5.0
"""Seconds of failures after which a note says so."""
HANGS_AFTER = 8.0
"""Seconds of a call without an answer after which a note says so. Most calls that are late are late by less."""


@dataclass(frozen=True, slots=True)
class RepeatedLook:
    """A look, or a request, that is made again and again."""

    fails: str
    works: str


STATE = RepeatedLook("the batch cannot be seen", "the batch can be seen again")
STOP = RepeatedLook("the stop does not get through", "the stop has got through")


def log_of(container: str) -> RepeatedLook:
    """The look at a container's log."""
    return RepeatedLook(f"the log of {container} cannot be read", f"the log of {container} can be read again")


class Trouble:
    """Looks that fail. What fails at the same time is one trouble, with one note."""

    def __init__(self, note: Callable[[str], None], now: Callable[[], float]) -> None:
        self._note = note
        self._now = now
        self._lock = threading.Lock()
        self._failing: dict[RepeatedLook, tuple[float, str]] = {}
        self._running: tuple[RepeatedLook, float] | None = None
        self._noted: RepeatedLook | None = None

    @contextmanager
    def asking(self, look: RepeatedLook) -> Iterator[None]:
        """Around a look, which may hang."""
        self._running = (look, self._now())
        try:
            yield
        finally:
            self._running = None

    def check(self) -> None:
        """Notes that a look hangs. For another thread."""
        running = self._running
        if running is not None and self._now() - running[1] >= HANGS_AFTER:
            self.failed(running[0], f"no answer for {format_duration(self._now() - running[1])}", running[1])

    def failed(self, look: RepeatedLook, why: str, began: float) -> None:
        """A look has failed."""
        with self._lock:
            since = min(began, self._failing.get(look, (began, ""))[0])
            self._failing[look] = (since, why)
            oldest = min(at for at, _ in self._failing.values())
            if self._noted is not None or self._now() - oldest < SAID_AFTER:
                return
            # Where the batch itself cannot be seen, that says enough.
            self._noted = STATE if STATE in self._failing else look
            self._note(f"{self._noted.fails}: {self._failing[self._noted][1]}\ntrying again")

    def good(self, look: RepeatedLook) -> None:
        """A look has succeeded."""
        with self._lock:
            self._failing.pop(look, None)
            if self._noted is not None and not self._failing:
                self._note(self._noted.works)
                self._noted = None

    def give_up(self, look: RepeatedLook) -> None:
        """Something is not looked at any more."""
        with self._lock:
            self._failing.pop(look, None)
            if not self._failing or self._noted == look:
                self._noted = None


@dataclass(frozen=True, slots=True)
class Troubles:
    """What cannot be seen, or done, for now: what fails in a way that passes, and what is refused."""

    # Looks that fail in a way that passes, or hang
    outage: Trouble
    refusal: Trouble

    @classmethod
    def told_to(cls, note: Callable[[str], None], now: Callable[[], float]) -> "Troubles":
        """Two that have not begun. The arguments are those of `Trouble`."""
        return cls(Trouble(note, now), Trouble(note, now))

    def good(self, look: RepeatedLook) -> None:
        """A look has succeeded."""
        self.outage.good(look)
        self.refusal.good(look)

    def give_up(self, look: RepeatedLook) -> None:
        """Something is not looked at any more."""
        self.outage.give_up(look)
        self.refusal.give_up(look)
