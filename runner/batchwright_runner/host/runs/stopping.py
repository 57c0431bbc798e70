"""A stop that is asked for: repeated until it gets through, and not waited for without end.

Making a `Stopping` asks for nothing yet: the follower holds it before the first call, so that a second signal in the
middle of that call finds it.
"""

import os
from dataclasses import dataclass, replace
from typing import Self

from batchwright_runner.contract.judgment.ending import ended_by_stop, stop_reason
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import StopRequest
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import AlreadyStoppingError, RefusedError, Task, TemporaryError
from batchwright_runner.host.runs.trouble import STOP, Troubles

GRACE = 90
"""Seconds beyond the stop timeout that a stop may take before it is no longer waited for."""
UNREACHABLE_FOR = 600
"""Seconds beyond the stop timeout for which a stop that does not get through is tried. The deadline acts meanwhile."""
RETRY = 1.0
"""Seconds between attempts at a stop."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a runner runs, which it says with a stop that a signal has made it ask for."""

    host: str = ""
    # A person sits at it: its stdin or its stderr is a terminal
    attended: bool = False

    @classmethod
    def here(cls) -> Self:
        """Those of this process."""
        return cls(os.uname().nodename, os.isatty(0) or os.isatty(2))


NOWHERE = Whereabouts()


class Stopping:
    """The stop of a run, once it is asked for.

    `timeout`: the timeout that may be the reason, in seconds.
    """

    def __init__(self, task: Task, waiter: Waiter, troubles: Troubles, request: StopRequest, timeout: float) -> None:
        self._task = task
        self._waiter = waiter
        self._troubles = troubles
        self._request = request
        self._reason = stop_reason(request, timeout)
        self._asked_at = self._due = waiter.now()
        self._sent_at: float | None = None
        self._taken = False

    @property
    def refused(self) -> bool:
        """Whether it will never get through."""
        return bool(self._request.refused)

    @property
    def due(self) -> float | None:
        """When it is tried next; none once it has got through."""
        return self._due if self._sent_at is None else None

    def given_up(self, stop_timeout: float) -> bool:
        """Whether the end is not waited for any more."""
        now = self._waiter.now()
        if self._sent_at is None:
            return now - self._asked_at > stop_timeout + UNREACHABLE_FOR
        return now - self._sent_at > stop_timeout + GRACE

    def try_now(self) -> None:
        """Asks for it, or repeats what did not get through, if it is time for that."""
        if self._sent_at is None and not self.refused and self._waiter.now() >= self._due:
            self._send()

    def judged(self, state: TaskState) -> StopRequest | None:
        """The stop as what is seen of the run lets one judge it; none if that ended otherwise."""
        if self.refused:
            return self._request
        # ECS takes a stop of what is ending already, too. It knows what was first.
        if self._sent_at is None and not state.ended:
            return replace(self._request, refused="the request is not known to have got through")
        if state.ended and not ended_by_stop(state, self._reason, accepted=self._taken):
            return None
        return self._request

    def _send(self) -> None:
        began = self._waiter.now()
        try:
            with self._troubles.outage.asking(STOP):
                self._task.stop(self._reason)
        except TemporaryError as error:
            self._due = self._waiter.now() + RETRY
            self._troubles.outage.failed(STOP, str(error), began)
        except AlreadyStoppingError:
            self._got_through()
        except RefusedError as error:
            self._request = replace(self._request, refused=str(error))
        else:
            self._taken = True
            self._got_through()

    def _got_through(self) -> None:
        self._sent_at = self._waiter.now()
        self._troubles.good(STOP)
