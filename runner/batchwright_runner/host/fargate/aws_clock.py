"""AWS's time, more exactly than one answer tells it. Pure."""

from collections import deque
from collections.abc import Callable, Mapping
from heapq import nlargest
from typing import Any

from batchwright_runner.contract.moments import answered_at

HEARD = 50
"""Answers from which the time is told: a few minutes of following, and wrong dates are forgotten after them."""


class AwsClock:
    """What time it is at AWS.

    An answer's date is cut to the second, so one alone is up to a second behind. Of many answers, those that are least
    behind are behind by much less, and none is ahead: a date is older than its arrival. The one that is furthest ahead
    is left out all the same where there are others, since a single wrong date would be that one.

    Args:
        clock: A clock of this host that never goes back, in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ahead: deque[float] = deque(maxlen=HEARD)

    def hear(self, answer: Mapping[str, Any]) -> None:
        """Learns from an answer that has just come."""
        date = answered_at(answer)
        if date is not None:
            self._ahead.append(date - self._clock())

    def now(self) -> float | None:
        """AWS's time in seconds since 1970, never later than it is there; none before an answer had a date."""
        if not self._ahead:
            return None
        return self._clock() + nlargest(2, self._ahead)[-1]
