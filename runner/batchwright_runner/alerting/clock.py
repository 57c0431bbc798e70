"""What is done once a minute: events that waited, due times that did not come, and the outbox."""

from collections.abc import Callable

from batchwright_runner.alerting.clients import CallError, say
from batchwright_runner.alerting.post import Post
from batchwright_runner.alerting.reads import Reads
from batchwright_runner.alerting.table import PENDING, AlertTable, ConflictError
from batchwright_runner.alerting.treat import Treatment
from batchwright_runner.contract.alerting.due import checks
from batchwright_runner.contract.alerting.events import Check, from_pending, to_pending
from batchwright_runner.contract.alerting.messages import TRIED
from batchwright_runner.contract.moments import utc

SOON = 30.0
"""Seconds after a tick before which another one has nothing to do: after a pause of the queue many come at once."""
LOOKS = 10
"""Looks at ECS and Step Functions in one tick; the rest is for the next ones."""
FARTHEST = 6 * 3600.0
"""Seconds that the clock looks back at most, after it has stood still."""


class MinuteClock:
    """Does what is due once a minute."""

    def __init__(self, reads: Reads, table: AlertTable, post: Post, treatment: Treatment) -> None:
        self._reads = reads
        self._table = table
        self._post = post
        self._treatment = treatment

    def tick(self, now: float, has_time: Callable[[], bool]) -> None:
        """Does what is due, and counts a tick that was finished.

        `now`: Now, in seconds since 1970.
        """
        leased = self._table.lease(now)
        if leased is None:
            return
        first, last = leased
        try:
            if last != now and now - last < SOON:
                return
            room = self._pending(now, has_time)
            self._post.empty_outbox(self._reads.mutes(), now)
            last = self._due(first, max(last, now - FARTHEST), now, room, has_time)
        finally:
            self._table.release(first, last)
        self._post.measure({"Ticks": 1.0})

    def _pending(self, now: float, has_time: Callable[[], bool]) -> int:
        """Treats the events whose time has come; how many looks are left of this tick's."""
        room = LOOKS
        for name, body in self._table.waiting(PENDING, now):
            if not has_time():
                return 0
            try:
                event = from_pending(body)
                if isinstance(event, Check) and not room:
                    continue
                room -= self._treatment.treat(event, now)
            except (CallError, ConflictError) as error:
                if name > utc(now - TRIED):
                    say(f"{name} waits on: {error}")
                    continue
                self._post.bury(body, f"{error}, for an hour")
            except Exception as error:  # noqa: BLE001 - none keeps the others, or the clock, from being looked at
                self._post.bury(body, f"{type(error).__name__}: {error}")
            self._table.remove(PENDING, name)
        return room

    def _due(self, first: float, begin: float, now: float, room: int, has_time: Callable[[], bool]) -> float:
        """Looks at due times since the last tick; what there is no room for waits. Gives until when it has looked."""
        watches = self._reads.watches()
        due = [check for name, watch in watches.items() for check in checks(name, watch, begin, now)]
        for check in sorted(due, key=lambda check: check.at):
            if check.due < first:
                continue
            if not has_time():  # not even to have them all wait, as after hours in which it stood still
                return max(begin, check.at - 1.0)
            try:
                if room:
                    room -= self._treatment.treat(check, now)
                    continue
            except (CallError, ConflictError) as error:
                say(f"{check.arn} waits on: {error}")
            except Exception as error:  # noqa: BLE001 - likewise
                self._post.bury(to_pending(check), f"{type(error).__name__}: {error}")
                continue
            self._table.postpone(now, check)
        return now
