"""Treats one event: reads what is known, has it decided, tells the topic, and then records it."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from batchwright_runner.alerting.clients import Call, CallError, say
from batchwright_runner.alerting.reads import Reads
from batchwright_runner.alerting.table import CLAIM, AlertTable, ConflictError
from batchwright_runner.contract.alerting.decide import decide, is_hint, judged, task_of
from batchwright_runner.contract.alerting.due import look_at, needs_a_look
from batchwright_runner.contract.alerting.ends import may_be_tried_again
from batchwright_runner.contract.alerting.events import (
    Check,
    Decidable,
    EventError,
    ExecutionEnded,
    RepeatsCounted,
    TaskEnded,
    machine_of_execution,
)
from batchwright_runner.contract.alerting.forms import published
from batchwright_runner.contract.alerting.known import Decision, KnownBatch
from batchwright_runner.contract.alerting.notes import lines_of
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.alerting.workflows import WorkflowPart
from batchwright_runner.contract.manifest import BatchManifest

TRIES = 5
"""How often a decision is made anew as the record has changed meanwhile."""
REMEMBERED = 3000
"""Claims that a process remembers of what it has told, for a table that fails when an event comes once more."""
NAMESPACE = "Batchwright"
"""The metrics' namespace in CloudWatch."""
UNITS = {"Runs": "Count", "Failures": "Count", "Duration": "Seconds", "Ticks": "Count"}


class Treatment:
    """Treats events."""

    def __init__(self, call: Call, settings: AlertSettings, reads: Reads, table: AlertTable) -> None:
        self._call = call
        self._settings = settings
        self._reads = reads
        self._table = table
        self._told: deque[str] = deque(maxlen=REMEMBERED)

    def treat(self, event: Decidable, now: float) -> int:
        """Treats an event.

        `now`: Now, in seconds since 1970.
        Returns how many looks at a batch's current runs it took.
        """
        event, known = self._look(event, now)
        for _ in range(TRIES):
            with suppress(ConflictError):
                return self._decide(event, known, now)
        raise ConflictError(f"the record of {event.batch} changes all the time")

    def measure(self, metrics: Mapping[str, float], batch: str = "") -> None:
        """Gives CloudWatch metrics of the stage, or of a batch. What is not taken is lost, and noted in the log."""
        of = {"project": self._settings.project, "stage": self._settings.stage} | ({"batch": batch} if batch else {})
        dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
        data = [
            {"MetricName": name, "Value": value, "Unit": UNITS[name], "Dimensions": dimensions}
            for name, value in metrics.items()
        ]
        try:
            self._call("cloudwatch", "put_metric_data", Namespace=NAMESPACE, MetricData=data)
        except CallError as error:
            say(f"not counted: {error}")

    def _look(self, event: Decidable, now: float) -> tuple[Decidable, KnownBatch]:
        """Reads what a decision needs beside the record."""
        known = self._reads.known(event.batch)
        if isinstance(event, RepeatsCounted | Check):
            return event, known
        if isinstance(event, ExecutionEnded):
            whose, execution = self._reads.execution(event.arn)
            event, known = replace(event, execution=execution or event.execution), replace(known, execution=whose)
            if is_hint(event, known, now):
                return event, known
            known = replace(known, part=self._part(event, known))
        attempt = judged(event, known)
        verdict = attempt.verdict if attempt is not None else None
        if attempt is None or verdict is None or not isinstance(attempt.subject, BatchManifest):
            return event, known
        if isinstance(event, TaskEnded) and attempt.execution and not verdict.succeeded:
            known = replace(known, execution=self._reads.execution(attempt.execution)[0])
            attempt = judged(event, known) or attempt
        if may_be_tried_again(attempt) or (attempt.manifest.retries and attempt.has_task and not attempt.execution):
            known = replace(known, attempts=self._reads.attempts(attempt))
        count = lines_of(known, attempt.manifest.log_group)
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
        return replace(part, told=part.told_of(step, self._table.record(step.batch)[0]))

    def _decide(self, event: Decidable, known: KnownBatch, now: float) -> int:
        record, readable = self._record(event)
        known = replace(known, recorded=readable)
        looks = isinstance(event, Check) and needs_a_look(event, record)
        if looks:
            known = self._reads.with_current(known)
        for decision in _decided(event, known, record, now):
            if decision.claim:
                self._keep(event, decision, now, changed=decision.record is not record)
                continue
            say(f"{event.arn}: {decision.why}")
            if decision.again_at:
                self._table.postpone(decision.again_at, event)
            elif isinstance(event, ExecutionEnded) and known.execution == "unseen" and is_hint(event, known, now):
                raise EventError(f"{event.arn} could not be seen")
        return int(looks)

    def _record(self, event: Decidable) -> tuple[AlertRecord, bool]:
        """The record, and whether it can be read; without one an end is told, and comes again."""
        try:
            return self._table.record(event.batch)
        except CallError as error:
            if not isinstance(event, TaskEnded | ExecutionEnded):
                raise
            say(f"decided without a record: {error}")
            return AlertRecord(), True

    def _keep(self, event: Decidable, decision: Decision, now: float, *, changed: bool) -> None:
        """Tells the topic what was decided, unless that was done before, and then records it: rather twice than never.

        What the topic or the table refuses is raised, so that the event comes again.
        """
        record = (event.batch, decision.record) if changed else None
        later = (decision.again_at, decision.again or event) if decision.again_at else None
        if decision.messages and self._is_to_be_told(decision.claim, now):
            self._tell(decision)
        if not self._table.commit(decision.claim, now, record=record, later=later):
            say(f"{decision.claim} was treated before")
            return
        say(f"{decision.claim}: {decision.why or 'recorded'}")
        if decision.metrics and self._settings.metrics:
            self.measure(decision.metrics, event.batch)

    def _tell(self, decision: Decision) -> None:
        try:
            for message in decision.messages:
                publish(self._call, self._settings.topic, published(message))
                say(f"told: {message.title}")
        except CallError:
            with suppress(CallError):  # else it is in hand for a minute
                self._table.remove(decision.claim, CLAIM)
            raise
        self._told.append(decision.claim)

    def _is_to_be_told(self, claim: str, now: float) -> bool:
        try:
            return claim not in self._told and self._table.take(claim, now)
        except CallError as error:
            say(f"told without the table: {error}")
            return True


def publish(call: Call, topic: str, request: Mapping[str, Any]) -> None:
    """Gives the topic a message; raises `CallError` where it does not take it."""
    call("sns", "publish", TopicArn=topic, **request)


def _decided(event: Decidable, known: KnownBatch, record: AlertRecord, now: float) -> Sequence[Decision]:
    return look_at(event, known, record, now) if isinstance(event, Check) else [decide(event, known, record, now)]
