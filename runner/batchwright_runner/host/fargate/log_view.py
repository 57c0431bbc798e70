"""What of a log is wanted, and how far it has been read, so that no line comes twice. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.host.runs.task import LogLine

WINDOW = 10_000
"""Milliseconds before the newest line from which a log is read again: lines of one stream come nearly in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """A part of a log."""

    # From when on, in seconds since 1970; 0 for its beginning
    since: float = 0.0
    until: float | None = None
    # So many of the last lines; 0 for all
    tail: int = 0
    grep: re.Pattern[str] | None = None

    @property
    def between(self) -> dict[str, int]:
        """How CloudWatch Logs is asked for its time."""
        end = {} if self.until is None else {"endTime": int(self.until * 1000)}
        return ({"startTime": int(self.since * 1000)} if self.since > 0 else {}) | end

    def wanted(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """The lines that are wanted, wherever they stand."""
        grep = self.grep
        return lines if grep is None else [line for line in lines if grep.search(line.text.decode("utf-8", "replace"))]


WHOLE = LogView()


def lines_of(event: Mapping[str, Any]) -> list[LogLine]:
    """The lines of an event of CloudWatch Logs. None of the event's fields has to be there.

    Mostly it is one. With ``awslogs-multiline-pattern`` or ``awslogs-datetime-format`` they are several, and the last
    one has its newline too (moby, daemon/logger/awslogs, collectBatch; 2026-11).
    """
    at, text = moment_of(event) / 1000, str(event.get("message", "")).removesuffix("\n")
    return [LogLine(line.encode("utf-8", "replace"), at) for line in text.split("\n")]


def moment_of(event: Mapping[str, Any]) -> int:
    """When an event was written, in milliseconds since 1970; when it was taken in, where only that is known."""
    return int(event.get("timestamp", event.get("ingestionTime", 0)))


class LogPosition:
    """How many lines of each millisecond have been taken lately.

    `start`: from which millisecond on the log is read; 0 for its beginning.
    `newest`: when the newest line was written, in milliseconds since 1970.
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self.start = 0
        self.newest = 0
        self._taken: Counter[int] = Counter()
        self._known: Counter[int] = Counter()
        self._known_until = 0

    def begin_again(self) -> None:
        """The reading begins again, shortly before the newest line."""
        self._forget_old()
        self.start = max(0, self.newest - self._window)
        self._known, self._known_until = self._taken.copy(), self.newest

    def new(self, lines: Sequence[LogLine], moments: Sequence[int]) -> Sequence[LogLine]:
        """Those of a page's lines that were not taken before.

        `moments`: when each was written, in milliseconds since 1970.
        """
        if self._known:
            fresh = [n for n, moment in enumerate(moments) if not self._was_taken(moment)]
            lines, moments = [lines[n] for n in fresh], [moments[n] for n in fresh]
        if moments:
            self._taken.update(moments)
            self.newest = max(self.newest, max(moments))
            if self.newest > self._known_until:
                self._known.clear()
            if len(self._taken) > 2 * self._window:
                self._forget_old()
        return lines

    def _was_taken(self, moment: int) -> bool:
        if not self._known[moment]:
            return False
        self._known[moment] -= 1
        return True

    def _forget_old(self) -> None:
        self._taken = Counter({at: n for at, n in self._taken.items() if at >= self.newest - self._window})
