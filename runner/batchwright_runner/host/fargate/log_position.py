"""How far a log has been read, so that the reading can begin again without doubling a line. Pure."""

from collections import Counter
from collections.abc import Sequence

from batchwright_runner.host.runs.task import LogLine

WINDOW = 10_000
"""Milliseconds before the newest line from which a log is read again: lines of one stream come nearly in order."""


class LogPosition:
    """How many lines of each millisecond have been taken lately.

    Args:
        window: Milliseconds before the newest line from which the log is read again.

    Attributes:
        start: From which millisecond on the log is read; 0 for its beginning.
        newest: When the newest line was written, in milliseconds since 1970.
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

        Args:
            lines: The lines.
            moments: When each was written, in milliseconds since 1970.
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
