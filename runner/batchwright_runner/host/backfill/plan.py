"""What a backfill runs, in which order, and what it leaves out and why. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from batchwright_runner.contract.due_times import Became, number_of
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.run_id import RunId

MANY = 100
"""Runs from which on a person is asked before they are started, in any stage."""

_IN_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_DAY = re.compile(r"date(?:([+-])([0-9]{1,3}))?")
_ID = "due-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A due time, and what a backfill does for it."""

    due: datetime
    runs: bool
    # What became of it so far: ``succeeded``, ``exit 3``, ``no run``
    why: str
    options: Mapping[str, str] = field(default_factory=dict)
    # Whether it was due, and its scheduler may still start it
    may_start: bool = False

    @property
    def name(self) -> str:
        """The due time for people."""
        return named(self.due)


def plan_of(times: Sequence[Became], options: Mapping[str, str], *, every: bool) -> list[Planned]:
    """What is done for each due time, the earliest first."""
    forgotten = [time for time in times if time.state == "unknown" and time.run is None]
    if forgotten and not every:
        last = forgotten[-1]
        raise UsageError(
            f"--due is refused: what became of {number_of(forgotten)} is not known, the last of them "
            f"{named(last.due)}: {last.why}",
            hint="Begin later, or run it for every due time, whatever became of it, with --all",
        )
    return [
        Planned(
            due=time.due,
            runs=time.state not in {"open", "not due"} and (every or time.state != "succeeded"),
            why=time.word,
            options=filled(options, time.due),
            may_start=time.state == "open",
        )
        for time in times
    ]


def named(due: datetime) -> str:
    """A due time for people, in the schedule's zone: ``2026-11-03 02:30 JST``."""
    return f"{due:%Y-%m-%d %H:%M %Z}"


def filled(options: Mapping[str, str], due: datetime) -> dict[str, str]:
    """Options with the due time's day in the place of ``{date}``, and days around it for ``{date-1}``, ``{date+1}``."""

    def day(match: re.Match[str]) -> str:
        shift = _DAY.fullmatch(match[1] or "")
        if shift is None:
            raise ValueError(f"{match[0]} means nothing")
        return (due.date() + timedelta(int(f"{shift[1] or ''}{shift[2] or 0}"))).isoformat()

    values = {}
    for name, value in options.items():
        try:
            values[name] = _IN_BRACES.sub(day, value)
        except (ValueError, OverflowError) as error:
            raise UsageError(
                f"-o {name}={value} is refused: {error}",
                hint="With --due, braces stand for a day: {date}, {date-1}, {date+1}",
            ) from error
    return values


def run_of(due: datetime, ids: Iterable[str]) -> RunId:
    """The id of the next run for a due time. Whoever starts it again without knowing of it joins it."""
    begin = f"{_ID}{due:%Y-%m-%dT%H%M}-"
    numbers = (run_id.removeprefix(begin) for run_id in ids if run_id.startswith(begin))
    last = max((int(number) for number in numbers if number.isdecimal()), default=0)
    return RunId(f"{begin}{last + 1}", given=True)
