"""What is done once a minute: events that waited, due times that did not come, and the outbox."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from batchwright_runner.alerting.clients import CallError
from batchwright_runner.alerting.post import Post
from batchwright_runner.alerting.reads import CurrentRuns, Reads
from batchwright_runner.alerting.table import PENDING, Change, ClockState, Outcome, Table
from batchwright_runner.alerting.treat import ConflictError, Treatment
from batchwright_runner.contract.alerting.due import (
    Check,
    checks,
    claim_of_lapse,
    look_at,
    needs_a_look,
    notice_of_lapse,
    notice_of_unwatchable,
    unwatchable,
)
from batchwright_runner.contract.alerting.events import from_pending
from batchwright_runner.contract.alerting.known import Known
from batchwright_runner.contract.alerting.messages import MUTED, TRIED, messages_of, muted_by
from batchwright_runner.contract.alerting.record import Record, RecordError
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.notices.note import Notice
from batchwright_runner.contract.pauses import Pause

SOON = 30.0
"""Seconds after a tick before which another one has nothing to do: after a pause of the queue many come at once."""
LOOKS = 10
"""Looks at ECS and Step Functions in one tick; the rest is for the next ones."""
FARTHEST = 6 * 3600.0
"""Seconds that the clock looks back at most, after it has stood still."""


class MinuteClock:
    """Does it."""

    def __init__(
        self,
        settings: AlertSettings,
        reads: Reads,
        table: Table,
        post: Post,
        treatment: Treatment,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._reads = reads
        self._table = table
        self._post = post
        self._treatment = treatment
        self._say = say

    def tick(self, now: float, has_time: Callable[[], bool]) -> None:
        """Does what is due, and counts a tick that was finished.

        Args:
            now: Now, in seconds since 1970.
            has_time: Whether there is time for more.

        Raises:
            CallError: AWS does not answer.
        """
        state = self._table.lease(now)
        if state is None:
            return
        try:
            if state.last != now and now - state.last < SOON:
                return
            self._pending(now, has_time)
            self._post.empty_outbox(self._reads.mutes(), now)
            state = self._due(state, now, has_time)
        finally:
            self._table.release(state)
        self._post.measure({"Ticks": 1.0})

    def _pending(self, now: float, has_time: Callable[[], bool]) -> None:
        for name, body in list(self._table.pending(now)):
            if not has_time():
                return
            try:
                self._treatment.treat(from_pending(body), now)
            except (CallError, ConflictError) as error:
                if name > utc(now - TRIED):
                    self._say(f"{name} waits on: {error}")
                    continue
                self._post.bury(body, f"{error}, for an hour")
            except Exception as error:  # noqa: BLE001 - none keeps the others, or the clock, from being looked at
                self._post.bury(body, f"{type(error).__name__}: {error}")
            self._table.remove(PENDING, name)

    def _due(self, state: ClockState, now: float, has_time: Callable[[], bool]) -> ClockState:
        """Looks at due times since the last tick; what there is no room for waits for the next one."""
        begin = max(state.last, now - FARTHEST)
        watches = self._reads.watches()
        for name, watch in watches.items():
            if why := unwatchable(watch):
                with suppress(ConflictError):  # it is told in the next minute
                    self._unwatchable(name, why, now)
        due = [check for name, watch in watches.items() for check in checks(name, watch, begin, now)]
        looks = [
            *(_check(look) for look in state.looks if look[0] in watches),
            *sorted(due, key=lambda check: check.at),
        ]
        ready = [check for check in looks if check.at <= now]
        left = [check for check in looks if check.at > now]
        room = LOOKS
        for check in ready:
            if not room or not has_time():
                left.append(check)
                continue
            try:
                again, looked = self._look(check, now, state.first)
            except ConflictError as error:
                self._say(f"{check.batch} is looked at again: {error}")
                again, looked = now, 1
            except CallError:
                raise
            except Exception as error:  # noqa: BLE001 - none keeps the others from being looked at
                self._post.bury(json.dumps({"look": _kept(check)}), f"{type(error).__name__}: {error}")
                continue
            room -= looked
            left += [replace(check, at=again)] if again else []
        return ClockState(first=state.first, last=now, looks=[_kept(check) for check in left])

    def _look(self, check: Check, now: float, first: float) -> tuple[float, int]:
        """Looks at one due time: when to look again, 0 for never, and how many looks at AWS it took."""
        record = self._record(check.batch)
        asks = needs_a_look(check, record)
        records = self._reads.records(check.batch)
        known = Known(settings=self._settings, manifest=records.manifest, watch=records.watch, pause=records.pause)
        if not records.watch.schedule or not records.watch.expected_seconds:
            return 0.0, 0
        current = CurrentRuns((), Blind())
        if asks and records.workflow is not None:
            current = self._reads.current_of(records.workflow)
        elif known.manifest is not None and asks:
            current = self._reads.current(known.manifest)
        since = max(records.since, first)
        found = look_at(check, known, record, current.runs, now, blind=current.blind, since=since)
        for lapse in found.lapses:
            notice = notice_of_lapse(lapse, check, known, record)
            self._tell(claim_of_lapse(lapse, check), notice, known, records.mutes, now)
        return found.again_at, int(asks)

    def _unwatchable(self, batch: str, why: str, now: float) -> None:
        """Tells it once a week."""
        records = self._reads.records(batch)
        known = Known(settings=self._settings, manifest=records.manifest, watch=records.watch)
        self._tell(f"{batch}#unwatchable", notice_of_unwatchable(batch, why, known), known, records.mutes, now)

    def _tell(self, claim: str, notice: Notice, known: Known, mutes: Mapping[str, Pause], now: float) -> None:
        muted = muted_by(notice.batch, mutes, now)
        messages = messages_of(notice, self._settings, known.ask, f"{MUTED} {muted}" if muted else "")
        change = Change(claim=claim, batch=notice.batch, record=None, messages=messages, now=now)
        outcome = self._table.commit(change)
        if outcome is Outcome.CONFLICT:
            raise ConflictError(f"the table is busy with {claim}")
        if outcome is Outcome.DONE:
            self._post.deliver({change.key_of(message): message for message in messages}, now)

    def _record(self, batch: str) -> Record:
        try:
            return self._table.record(batch)
        except RecordError:
            return Record()


def _kept(check: Check) -> Sequence[Any]:
    return [check.batch, check.due.isoformat(), check.final, check.at]


def _check(kept: Sequence[Any]) -> Check:
    batch, due, final, at = kept
    return Check(str(batch), datetime.fromisoformat(due), bool(final), float(at))
