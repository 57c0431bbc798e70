"""Calls AWS for one task, and learns its time; its failures become the follow loop's own errors."""

from collections import deque
from collections.abc import Callable, Mapping
from heapq import nlargest
from typing import Any

from batchwright_runner.contract.moments import answered_at
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import SETUP_HINTS
from batchwright_runner.host.runs.task import RefusedError, TemporaryError

HEARD = 50
"""Answers from which the time is taken: a few minutes of following, and wrong dates are forgotten after them."""


class AwsClock:
    """What time it is at AWS.

    An answer's date is cut to the second, so one alone is up to a second behind. Of many answers, those that are least
    behind are behind by much less, and none is ahead: a date is older than its arrival. The one that is furthest ahead
    is left out all the same where there are others, since a single wrong date would be that one.

    `clock`: a clock of this host that never goes back, in seconds.
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


class ForbiddenError(RefusedError):
    """A permission is missing, or is not known everywhere yet."""


class NotFoundError(RefusedError):
    """A log stream, or its group, is not there."""


class InvalidError(RefusedError):
    """AWS does not take an argument, such as a token that is too old."""


class TaskCalls:
    """Calls AWS, and learns its time from the answers.

    `clock`: a clock that never goes back, in seconds.
    """

    def __init__(self, aws: Aws, clock: Callable[[], float]) -> None:
        self._aws = aws
        self._aws_clock = AwsClock(clock)

    def now(self) -> float | None:
        """AWS's time, in seconds since 1970; none where it is not known."""
        return self._aws_clock.now()

    def call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes one call."""
        try:
            answer = self._aws.call(service, operation, **parameters)
        except ApiError as error:
            raise meaning_of(error) from error
        self._aws_clock.hear(answer)
        return answer


def meaning_of(error: ApiError) -> TemporaryError | RefusedError:
    """What a failed call means to the follower of a task. Pure.

    Credentials that are no good, and what answers in AWS's place, pass as an outage does: the task goes on meanwhile.
    """
    by_hand = error.credentials or error.foreign or error.code in SETUP_HINTS
    if error.temporary or by_hand:
        return TemporaryError(str(error), throttled=error.throttled, by_hand=by_hand)
    if error.code == "ResourceNotFoundException":
        return NotFoundError(str(error))
    if error.code == "InvalidParameterException":
        return InvalidError(str(error))
    return (ForbiddenError if error.forbidden else RefusedError)(str(error))
