"""All that a stage's alerts keep of one batch: its last ends in their order, and which were reported. Pure.

Events come late, twice and out of order. Ends are kept in the order of time, and what readers read (`Last`) is computed
from them: it is the same whatever the order in which they came.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import reduce
from typing import Any, Self

from batchwright_runner.contract.json_text import compact, parsed
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.last import Last, RecordedEnd, after
from batchwright_runner.contract.missed.reasons import REMEMBERED
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import name_of_run
from batchwright_runner.contract.verdicts import word

SCHEMA = 1
KEPT_ENDS = 60
"""Ends that are kept one by one. An end that comes later than so many others is counted as if it were the oldest."""
KEPT_EARLIER = 20
"""Runs whose earlier attempts are kept, until their end is known."""
HOUR = 3600.0
"""Seconds for which further failures of a batch with the same verdict are counted, and reported together."""


class AlertRecordError(Exception):
    """A record that cannot be used: it is no JSON object, or a newer version wrote it. It is replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Failures of one verdict since one was reported."""

    # When it was reported, in seconds since 1970
    at: float
    # When the first run ended that was not reported by itself, as ISO 8601; empty for none
    since: str = ""
    runs: int = 0
    # The last of them; none for none
    last: RecordedEnd | None = None

    def to_dict(self) -> dict[str, Any]:
        """The form in which it is kept."""
        return {**asdict(self), "last": _short(self.last) if self.last is not None else None}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Reads that form."""
        (last,) = _ends([data["last"]]) if data.get("last") else (None,)
        return cls(**{**data, "last": last})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRecord:
    """What is recorded of a batch."""

    ends: Sequence[RecordedEnd] = ()
    before: Last = field(default_factory=Last)
    # Verdict to the failures since it was reported
    repeats: Mapping[str, Repeats] = field(default_factory=dict)
    # The last attempt so far of each run whose end is not known, with all before it: ECS forgets them
    earlier: Sequence[RecordedEnd] = ()
    # Version of the item in the table; 0 where there is none yet
    version: int = 0

    @property
    def last(self) -> Last:
        """What is known of its last ends; a run that gave way is none."""
        return reduce(after, (end for end in self.ends if not end.gave_way), self.before)

    def follows(self, attempt: Attempt, until: float, now: float) -> bool:
        """Whether it holds the end of a later attempt of the same run, which ECS may have forgotten.

        `until`: Until when another one may have begun, in seconds since 1970. Later on it is a run of the same name.
        """
        ended = attempt.ended or attempt.created
        same = [end for end in self.ends if end.run == attempt.attempt_of and now > ended + REMEMBERED]
        return any((moment(end.started) or ended) <= until and moment_of(end) > ended for end in same)

    def with_attempt(self, end: RecordedEnd) -> Self:
        """The record with the end of an attempt that may be followed by another; as it is where its run has ended."""
        if any(other.run == end.run and other.ended >= end.ended for other in self.ends):
            return self
        others = [other for other in self.earlier if other.run != end.run]
        return replace(self, earlier=(*others, end)[-KEPT_EARLIER:])

    def forgotten(self, attempt: Attempt, others: Sequence[Attempt]) -> Sequence[Attempt]:
        """The attempts of a run before the known ones, as one attempt; none where all are known."""
        first = min(other.created for other in (attempt, *others) if other.attempt_of == attempt.attempt_of)
        ended = TaskState(status="STOPPED", ended=True)
        return [
            replace(attempt, arn="", state=replace(ended, began=end.began), created=at, known_verdict=None)
            for end in self.earlier
            if end.run == attempt.attempt_of and (at := moment(end.started) or first) < int(first)
        ]

    def with_end(self, end: RecordedEnd) -> Self:
        """The record with one more end, in its place. One that it holds already is replaced."""
        ends = [other for other in self.ends if not _same(end, other)]
        place = next((at for at, other in enumerate(ends) if moment_of(other) > moment_of(end)), len(ends))
        ends.insert(place, end)
        before = self.before
        earlier = tuple(other for other in self.earlier if other.run != end.run)
        while len(ends) > KEPT_ENDS:
            oldest = ends.pop(0)
            before = before if oldest.gave_way else after(before, oldest)
        return replace(self, ends=tuple(ends), before=before, earlier=earlier)

    def with_repeats(self, verdict: str, repeats: Repeats | None) -> Self:
        """The record with what is known of a verdict's repeats; none to forget them."""
        others = {name: counted for name, counted in self.repeats.items() if name != verdict}
        return replace(self, repeats=others if repeats is None else {**others, verdict: repeats})

    def to_json(self) -> str:
        """The form in which it is kept: ASCII JSON, without what is as the defaults say."""
        data: dict[str, Any] = {
            "schema": SCHEMA,
            "ends": [_short(end) for end in self.ends],
            "before": json.loads(self.before.to_json()),
            "repeats": {name: counted.to_dict() for name, counted in self.repeats.items()},
            "earlier": [_short(end) for end in self.earlier],
        }
        return compact(data)

    @classmethod
    def from_text(cls, text: str, version: int) -> Self:
        """Reads that form."""
        try:
            data = parsed(text)
            if data["schema"] > SCHEMA:
                raise AlertRecordError(f"its schema is {data['schema']}, not {SCHEMA}")
            ends, earlier = _ends(data["ends"]), _ends(data.get("earlier", ()))
            repeats = {name: Repeats.of(counted) for name, counted in data.get("repeats", {}).items()}
            before = Last.from_text(json.dumps(data.get("before", {})))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AlertRecordError(f"it cannot be read: {type(error).__name__}: {error}") from error
        return cls(ends=ends, before=before, repeats=repeats, earlier=earlier, version=version)


def moment_of(end: RecordedEnd) -> float:
    """When a run ended, in seconds since 1970; 0 where that cannot be read."""
    return moment(end.ended) or 0.0


def seen_of(batch: str, end: RecordedEnd) -> Seen:
    """An end as a run that was seen, for the judgment of what was due."""
    return Seen(
        id=name_of_run(batch, end.task, end.run),
        by=end.by,
        started=moment(end.started) or moment_of(end) - end.seconds,
        ended=moment_of(end),
        began=end.began,
        row=end.row,
        words=word(end.row, end.code),
        good=end.good,
        scheduled=moment(end.scheduled),
    )


def _same(end: RecordedEnd, other: RecordedEnd) -> bool:
    """Whether two are one end, received twice: of one task, or of one run without a task."""
    if end.task or other.task:
        return end.task == other.task
    return (end.run, end.ended) == (other.run, other.ended)


def _ends(data: Sequence[Mapping[str, Any]]) -> tuple[RecordedEnd, ...]:
    known = {name.name for name in fields(RecordedEnd)}
    return tuple(RecordedEnd(**{name: value for name, value in end.items() if name in known}) for end in data)


def _short(end: RecordedEnd) -> dict[str, Any]:
    plain = {name.name: name.default for name in fields(RecordedEnd)}
    return {name: value for name, value in asdict(end).items() if value != plain[name]}
