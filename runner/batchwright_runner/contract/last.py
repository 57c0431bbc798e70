"""The record of a batch's last ends: what messages, ``list``, ``describe`` and ``runs --missed`` read. Pure.

The stage's alerts function keeps it in its table, changed once for each run that has ended, whoever started it. Readers
ignore fields they do not know, and a field that cannot be read is as one that is not there.
"""

from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Self

from batchwright_runner.contract.json_text import compact, filled, json_object, positive
from batchwright_runner.contract.moments import moment
from batchwright_runner.contract.verdicts import Row, name, named

KEPT = 20
"""Good runs whose durations are kept."""
ENOUGH = 3
"""Good runs without which nothing is called usual."""
TEXTS = ("ended", "run", "task", "verdict", "succeeded", "failing_since")
NUMBERS = ("code", "seconds", "failures")


class LastError(ValueError):
    """A text that is no such record: it is not a JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEnd:
    """How one run has ended."""

    # When, as ISO 8601 in UTC
    ended: str
    # What its end is called, ``Batchwright.Timeout``
    verdict: str
    code: int
    # The run's id; empty where it is not known
    run: str = ""
    # The ARN of its last task; empty for a run that had none
    task: str = ""
    # How long it took from the start that was asked for; 0 where that is not known
    seconds: int = 0
    # Whether it is a failure where it is no success. Not for a stop that someone asked for, nor for a run that gave way
    # to another or to a pause.
    counts: bool = True
    # When it was asked for, as ISO 8601 in UTC. Default: not known.
    started: str = ""
    # The time for which it was due, as ISO 8601. Default: not known.
    scheduled: str = ""
    # Who started it, for people. Default: not known.
    by: str = ""
    began: bool = True
    told: bool = False
    # The run of a workflow that it is, or is a step of, ``nightly@RUN``. Default: of none.
    workflow: str = ""

    @property
    def row(self) -> Row:
        """The row of the exit codes that it belongs to."""
        return named(self.verdict)[0]

    @property
    def gave_way(self) -> bool:
        """Whether nothing ran, as another run was in progress or the batch was paused."""
        return self.row in (Row.OVERLAP, Row.PAUSED)

    @property
    def good(self) -> bool:
        """Whether it succeeded."""
        return self.verdict == name(Row.OWN, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What is known of a batch's last ends. All fields have defaults: a batch that never ran is ``Last()``."""

    # When the last run ended, as ISO 8601 in UTC. Default: none has ended yet.
    ended: str = ""
    # That run's id. Default: not known.
    run: str = ""
    # The ARN of its last task. Default: it had none.
    task: str = ""
    # What its end is called, ``Batchwright.Exit3``. Default: none has ended yet.
    verdict: str = ""
    # Its exit code. Default: 0.
    code: int = 0
    # How long it took, in seconds. Default: 0, not known.
    seconds: int = 0
    # When a run last ended well, as ISO 8601 in UTC. Default: not seen yet.
    succeeded: str = ""
    # How many runs in a row have failed since. Default: 0.
    failures: int = 0
    # When the first of them ended, as ISO 8601 in UTC. Default: none fails.
    failing_since: str = ""
    # Seconds of the last good runs, the newest last; `KEPT` at most. Default: none.
    durations: tuple[int, ...] = ()

    @property
    def row(self) -> Row | None:
        """The row of the exit codes that the last end belongs to; none where nothing has ended yet."""
        return named(self.verdict)[0] if self.verdict else None

    @property
    def began(self) -> float | None:
        """When the last run began, in seconds since 1970: its end, where it is not known how long it took."""
        ended = moment(self.ended)
        return None if ended is None else ended - self.seconds

    @property
    def usual_seconds(self) -> float | None:
        """How long a good run usually takes; see `usual`."""
        return usual(self.durations)

    def to_json(self) -> str:
        """The form in which it is kept: ASCII JSON, without what is empty, within SSM's 4,096 characters."""
        return compact(filled(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads that form."""
        try:
            data = json_object(text)
        except ValueError as error:
            raise LastError(f"the record of the last ends cannot be read: {error}") from error
        values: dict[str, Any] = {name: data[name] for name in TEXTS if isinstance(data.get(name), str)}
        values |= {name: positive(data.get(name)) for name in NUMBERS}
        durations = data.get("durations")
        good = [seconds for seconds in map(positive, durations) if seconds] if isinstance(durations, list) else []
        return cls(**values, durations=tuple(good[-KEPT:]))


def usual(durations: tuple[int, ...]) -> float | None:
    """The median of good runs' durations, in seconds; none for fewer than `ENOUGH`."""
    return float(median(durations)) if len(durations) >= ENOUGH else None


def slow(durations: tuple[int, ...]) -> int | None:
    """What 19 of 20 good runs took at most, in seconds: the 95th percentile, by nearest rank.

    `durations`: how long they took, in seconds. For fewer than `ENOUGH` there is none.
    """
    if len(durations) < ENOUGH:
        return None
    return sorted(durations)[-(-len(durations) * 95 // 100) - 1]


def after(last: Last, end: RecordedEnd) -> Last:
    """The record after another run has ended. Ends may come out of their order."""
    newest = later(end.ended, last.ended)
    copied = ("ended", "run", "task", "verdict", "code", "seconds") if newest else ()
    record = replace(last, **{field: getattr(end, field) for field in copied})
    if end.good:
        durations = (*last.durations, end.seconds)[-KEPT:] if end.seconds > 0 else last.durations
        succeeded = end.ended if later(end.ended, last.succeeded) else last.succeeded
        record = replace(record, durations=durations, succeeded=succeeded)
        return replace(record, failures=0, failing_since="") if newest else record
    if not end.counts or not later(end.ended, last.succeeded):
        return record
    first = end.ended if not last.failing_since or later(last.failing_since, end.ended) else last.failing_since
    return replace(record, failures=last.failures + 1, failing_since=first)


def later(text: str, than: str) -> bool:
    """Whether a moment is not before another; every moment is after none."""
    at, before = moment(text), moment(than)
    return before is None or (at is not None and at >= before)
