"""Treats one event: reads what is known, has it decided, records the decision, and sends its messages."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from batchwright_runner.alerting.clients import CallError, say
from batchwright_runner.alerting.post import Post
from batchwright_runner.alerting.reads import Reads
from batchwright_runner.alerting.table import AlertTable, ConflictError, outbox_name
from batchwright_runner.contract.alerting.decide import decide, judged, task_of
from batchwright_runner.contract.alerting.due import look_at, needs_a_look
from batchwright_runner.contract.alerting.ends import may_be_tried_again
from batchwright_runner.contract.alerting.events import (
    Check,
    Decidable,
    ExecutionEnded,
    RepeatsCounted,
    machine_of_execution,
)
from batchwright_runner.contract.alerting.known import Decision, KnownBatch
from batchwright_runner.contract.alerting.messages import MUTED, Message, messages_of, muted_by
from batchwright_runner.contract.alerting.notes import lines_of
from batchwright_runner.contract.alerting.record import AlertRecord, AlertRecordError
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import WorkflowPart
from batchwright_runner.contract.manifest import BatchManifest

TRIES = 5
"""How often a decision is made anew as the record has changed meanwhile."""

REMEMBERED = 3000
"""Messages that a process remembers, for a table that fails when an event comes once more."""


class Treatment:
    """Treats events."""

    def __init__(self, settings: AlertSettings, reads: Reads, table: AlertTable, post: Post) -> None:
        self._settings = settings
        self._reads = reads
        self._table = table
        self._post = post
        self._told: deque[str] = deque(maxlen=REMEMBERED)

    def treat(self, event: Decidable, now: float, *, tell_anyway: bool = False) -> int:
        """Treats an event.

        `now`: Now, in seconds since 1970.
        Returns how many looks at a batch's current runs it took.
        """
        event, known = self._look(event)
        try:
            for _ in range(TRIES):
                with suppress(ConflictError):
                    return self._decide(event, known, now)
        except CallError:
            if tell_anyway:
                for decision in _decided(event, known, AlertRecord(), now):
                    self._tell_anyway(decision, known, now)
            raise
        raise ConflictError(f"the record of {event.batch} changes all the time")

    def _tell_anyway(self, decision: Decision, known: KnownBatch, now: float) -> None:
        """Sends the messages without the table; each channel takes one once, as far as this process can know."""
        for message in self._messages(decision, known, now).values():
            key = f"{decision.claim} {message.address}"
            if key not in self._told and self._post.deliver_directly(message):
                self._told.append(key)

    def _look(self, event: Decidable) -> tuple[Decidable, KnownBatch]:
        """Reads what a decision needs beside the record."""
        known = self._reads.known(event.batch)
        if isinstance(event, RepeatsCounted | Check):
            return event, known
        if isinstance(event, ExecutionEnded):
            event = replace(event, execution=self._reads.execution(event.arn) or event.execution)
            known = replace(known, part=self._part(event, known))
        attempt = judged(event, known)
        verdict = attempt.verdict if attempt is not None else None
        if attempt is None or verdict is None:
            return event, known
        if not isinstance(attempt.subject, BatchManifest):
            return event, known
        if may_be_tried_again(attempt) or (attempt.manifest.retries and attempt.has_task and not attempt.execution):
            known = replace(known, attempts=self._reads.attempts(attempt))
        count = lines_of(known.ask, attempt.manifest, self._settings.lines)
        task = task_of(event.execution) if isinstance(event, ExecutionEnded) else attempt.arn
        if known.manifest is not None and not verdict.succeeded and count and task:
            known = replace(known, lines=self._reads.lines(attempt.manifest, task, count))
        return event, known

    def _part(self, event: ExecutionEnded, known: KnownBatch) -> WorkflowPart | None:
        """The run of a workflow that has ended, or of which a step has."""
        parent = machine_of_execution(event.execution.parent, self._settings)
        workflow = known.workflow or (self._reads.known(parent).workflow if parent else None)
        part = WorkflowPart.of(event, workflow) if workflow is not None else None
        if part is None:
            return None
        step = part.decided_by
        if step is None:
            return replace(part, missing=self._reads.missing(part.children))
        return replace(part, told=part.told_of(step, self._record(step.batch)[0]))

    def _decide(self, event: Decidable, known: KnownBatch, now: float) -> int:
        record, usable = self._record(event.batch)
        looks = isinstance(event, Check) and needs_a_look(event, record)
        if looks:
            known = self._reads.with_current(known)
        for decision in _decided(event, known, record, now):
            if decision.claim:
                self._keep(event, decision, known, now, changed=usable and decision.record is not record)
            else:
                say(f"{event.arn}: {decision.why}")
                if decision.again_at:
                    self._table.postpone(decision.again_at, event)
        return int(looks)

    def _record(self, batch: str) -> tuple[AlertRecord, bool]:
        """The record, and whether it may be changed: one of a newer version is left as it is."""
        try:
            return self._table.record(batch), True
        except AlertRecordError as error:
            say(f"the record of {batch} is left as it is: {error}")
            return AlertRecord(), False

    def _keep(self, event: Decidable, decision: Decision, known: KnownBatch, now: float, *, changed: bool) -> None:
        """Records a decision and sends its messages, unless that was done before."""
        messages = self._messages(decision, known, now)
        record = (event.batch, decision.record) if changed else None
        later = (decision.again_at, decision.again or event) if decision.again_at else None
        if not self._table.commit(decision.claim, now, messages=messages, record=record, later=later):
            say(f"{decision.claim} was treated before")
            return
        self._told.extend(f"{decision.claim} {message.address}" for message in messages.values())
        say(f"{decision.claim}: {decision.why or ', '.join(notice.kind for notice in decision.notes)}")
        self._post.deliver(messages, now)
        if decision.of is not None:
            self._post.count(decision.of, decision.metrics, now)

    def _messages(self, decision: Decision, known: KnownBatch, now: float) -> Mapping[str, Message]:
        """Name of an item in the outbox to what goes into it."""
        messages: list[Message] = []
        for notice in decision.notes:
            muted = muted_by(notice.batch, known.mutes, now)
            waits = f"{MUTED} {muted}" if muted else decision.waits
            messages += messages_of(notice, self._settings, known.ask, waits)
        return {outbox_name(decision.claim, message, now): message for message in messages}


def _decided(event: Decidable, known: KnownBatch, record: AlertRecord, now: float) -> Sequence[Decision]:
    return look_at(event, known, record, now) if isinstance(event, Check) else [decide(event, known, record, now)]
