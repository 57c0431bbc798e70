"""The record of a run that waits for its turn: it has no task by which it could be found. Pure.

The runner that waits writes it, reads it at each look, and removes it when the wait ends. One that a killed runner has
left ends by itself.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Self

from batchwright_runner.contract.execution_ends import WAITING
from batchwright_runner.contract.json_text import compact, filled, json_object
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.values import without_references

WORDS_LIMIT = 300
"""Characters of a reason that are kept: outside of ASCII each takes six or twelve of SSM's 4,096."""

STARTED = "Batchwright.Started"
"""The end of a wait whose run has a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRun:
    """A run that waits."""

    run: str
    # When it began to wait, as ISO 8601 in UTC
    since: str
    # When it has waited for as long as it may, as ISO 8601 in UTC
    until: str
    # The time for which it was due, as ISO 8601. Default: not known.
    scheduled: str = ""
    # The id of the backfill that it belongs to. Default: none.
    backfill: str = ""
    # Why it is to be stopped. Default: it is not.
    stop: str = ""
    # How the wait has ended: `STARTED`, or the name of an end for machines. Default: it goes on.
    end: str = ""
    why: str = ""

    def to_json(self) -> str:
        """The form in which it is kept: ASCII JSON, without what SSM would take for a reference."""
        return without_references(compact({name: text[:WORDS_LIMIT] for name, text in filled(self).items()}))

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Reads that form; none where the text has another."""
        try:
            data = json_object(text)
        except ValueError:
            return None
        record = cls(**{field.name: str(data.get(field.name, "")) for field in fields(cls)})
        return record if record.run and None not in (moment(record.since), moment(record.until)) else None

    def holds(self, now: float) -> bool:
        """Whether it waits.

        `now`: Now, in seconds since 1970.
        """
        return not self.end and now < (moment(self.until) or 0.0)


def exact_utc(seconds: float) -> str:
    """A moment as ISO 8601 in UTC, with milliseconds: a run may give way and wait again within a second.

    `seconds`: the moment, in seconds since 1970.
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def waiting_attempt(manifest: BatchManifest, path: str, record: WaitingRun) -> Attempt:
    """A waiting run as an attempt without a task. Pure."""
    since = moment(record.since) or 0.0
    state = TaskState(status=WAITING, times={"createdAt": since})
    return Attempt(
        manifest,
        path,
        record.run,
        state,
        since,
        in_ecs=False,
        stopping=bool(record.stop),
        scheduled=record.scheduled,
        backfill=record.backfill,
    )
