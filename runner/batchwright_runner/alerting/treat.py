"""Treats one event: reads what is known, has it decided, keeps that, and sends it."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from batchwright_runner.alerting.clients import CallError
from batchwright_runner.alerting.post import Post
from batchwright_runner.alerting.reads import BatchRecords, Reads, task_of
from batchwright_runner.alerting.table import Change, Later, Outcome, Table
from batchwright_runner.contract.alerting.decide import Decision, decide, judged
from batchwright_runner.contract.alerting.ends import may_be_tried_again
from batchwright_runner.contract.alerting.events import (
    Decidable,
    ExecutionEnded,
    RepeatsCounted,
    machine_of_execution,
    to_pending,
)
from batchwright_runner.contract.alerting.known import Known
from batchwright_runner.contract.alerting.messages import MUTED, Message, messages_of, muted_by
from batchwright_runner.contract.alerting.notes import lines_of
from batchwright_runner.contract.alerting.record import Record, RecordError
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import Belongs, told_of_step

TRIES = 5
"""How often a decision is made anew as the record has changed meanwhile."""

CLAIMS = 1000
"""Claims that a process remembers, for a table that fails when an event comes once more."""


class ConflictError(Exception):
    """A record changes all the time; the event is treated later."""


class Treatment:
    """Treats events."""

    def __init__(
        self, settings: AlertSettings, reads: Reads, table: Table, post: Post, say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._reads = reads
        self._table = table
        self._post = post
        self._say = say
        self._told: deque[str] = deque(maxlen=CLAIMS)

    def treat(self, event: Decidable, now: float, *, tell_anyway: bool = False) -> None:
        """Treats an event.

        Args:
            event: It.
            now: Now, in seconds since 1970.
            tell_anyway: Whether people are told although the table does not answer.

        Raises:
            CallError: AWS does not answer: it is treated again later.
            ConflictError: The record changes all the time.
        """
        records = self._reads.records(event.batch)
        event, known = self._look(event, records)
        try:
            self._decide(event, known, records, now)
        except CallError:
            if tell_anyway:
                self._tell_anyway(decide(event, known, Record(), now), known, records, now)
            raise

    def _tell_anyway(self, decision: Decision, known: Known, records: BatchRecords, now: float) -> None:
        """Tells people without the table; once for a claim, as far as this process can know."""
        messages = self._messages(decision, known, records, now)
        if decision.claim not in self._told and self._post.deliver_directly(messages):
            self._told.append(decision.claim)

    def _look(self, event: Decidable, records: BatchRecords) -> tuple[Decidable, Known]:
        """Reads what a decision needs beside the records."""
        known = Known(settings=self._settings, manifest=records.manifest, watch=records.watch, pause=records.pause)
        if isinstance(event, RepeatsCounted):
            return event, known
        if isinstance(event, ExecutionEnded):
            event = replace(event, execution=self._reads.execution(event.arn) or event.execution)
            known = replace(known, belongs=self._belongs(event, records))
        attempt = judged(event, known)
        verdict = attempt.verdict if attempt is not None else None
        if attempt is None or verdict is None:
            return event, known
        if may_be_tried_again(attempt) or (attempt.manifest.retries and attempt.has_task and not attempt.execution):
            known = replace(known, attempts=self._reads.attempts(attempt))
        count = lines_of(known.ask, attempt.manifest, self._settings.lines)
        task = task_of(attempt, event.execution if isinstance(event, ExecutionEnded) else None)
        failed = not verdict.succeeded
        if records.manifest is not None and failed and count and task:
            known = replace(known, lines=self._reads.lines(attempt.manifest, task, count))
        return event, known

    def _belongs(self, event: ExecutionEnded, records: BatchRecords) -> Belongs | None:
        """The run of a workflow that has ended, or of which a step has."""
        parent = machine_of_execution(event.execution.parent, self._settings)
        workflow = records.workflow or (self._reads.records(parent).workflow if parent else None)
        belongs = Belongs.of(event, workflow) if workflow is not None else None
        if belongs is None:
            return None
        belongs = replace(belongs, missing=self._reads.missing(belongs.children))
        if belongs.decided_by is None:
            return belongs
        return replace(belongs, told=told_of_step(belongs, self._record(belongs.decided_by.batch)[0]))

    def _decide(self, event: Decidable, known: Known, records: BatchRecords, now: float) -> None:
        for _ in range(TRIES):
            record, usable = self._record(event.batch)
            decision = decide(event, known, record, now)
            if not decision.claim:
                self._postpone(event, decision)
                return
            messages = self._messages(decision, known, records, now)
            change = Change(
                claim=decision.claim,
                batch=event.batch,
                record=decision.record if usable else None,
                messages=messages,
                later=_repeats(event, decision),
                now=now,
            )
            outcome = self._table.commit(change)
            if outcome is Outcome.CLAIMED:
                self._say(f"{decision.claim} was treated before")
                return
            if outcome is Outcome.DONE:
                self._told.append(decision.claim)
                self._tell(decision, change)
                return
        raise ConflictError(f"the record of {event.batch} changes all the time")

    def _record(self, batch: str) -> tuple[Record, bool]:
        """The record, and whether it may be changed: one of a newer version is left as it is."""
        try:
            return self._table.record(batch), True
        except RecordError as error:
            self._say(f"the record of {batch} is left as it is: {error}")
            return Record(), False

    def _postpone(self, event: Decidable, decision: Decision) -> None:
        self._say(f"{event.arn}: {decision.why}")
        if decision.again_at:
            self._table.postpone(Later(at=decision.again_at, key=event.arn, body=to_pending(event)))

    def _tell(self, decision: Decision, change: Change) -> None:
        self._say(f"{decision.claim}: {decision.why or ', '.join(notice.kind for notice in decision.notes)}")
        self._post.deliver({change.key_of(message): message for message in change.messages}, change.now)
        if decision.of is not None:
            self._post.count(decision.of, decision.metrics, change.now)

    def _messages(self, decision: Decision, known: Known, records: BatchRecords, now: float) -> list[Message]:
        made: list[Message] = []
        for notice in decision.notes:
            muted = muted_by(notice.batch, records.mutes, now)
            waits = f"{MUTED} {muted}" if muted else decision.waits
            made += messages_of(notice, self._settings, known.ask, waits)
        return made


def _repeats(event: Decidable, decision: Decision) -> list[Later]:
    """What tells of further failures once the hour is over."""
    if not decision.repeats_at or isinstance(event, RepeatsCounted):
        return []
    repeats = RepeatsCounted(event.batch, decision.verdict)
    return [Later(at=decision.repeats_at, key=repeats.arn, body=to_pending(repeats))]
