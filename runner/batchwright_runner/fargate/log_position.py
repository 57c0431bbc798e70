"""How far a log has been read, so that the reading can begin again without doubling a line. Pure."""

from collections import Counter
from collections.abc import Sequence

from batchwright_runner.runs.task import LogLine

WINDOW = 10_000
"""Milliseconds before the newest line from which a log is read again: lines of one stream come nearly in order."""


class LogPosition:
    """How many lines of each millisecond have been taken lately.

    Attributes:
        start: From which millisecond on the log is read; 0 for its beginning.
    """

    def __init__(self) -> None:
        self.start = 0
        self._taken: Counter[int] = Counter()
        self._newest = 0
        self._known: Counter[int] = Counter()
        self._known_until = 0

    def begin_again(self) -> None:
        """The reading begins again, shortly before the newest line."""
        self._forget_old()
        self.start = max(0, self._newest - WINDOW)
        self._known, self._known_until = self._taken.copy(), self._newest

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
            self._newest = max(self._newest, max(moments))
            if self._newest > self._known_until:
                self._known.clear()
            if len(self._taken) > 2 * WINDOW:
                self._forget_old()
        return lines

    def _was_taken(self, moment: int) -> bool:
        if not self._known[moment]:
            return False
        self._known[moment] -= 1
        return True

    def _forget_old(self) -> None:
        self._taken = Counter({at: n for at, n in self._taken.items() if at >= self._newest - WINDOW})
