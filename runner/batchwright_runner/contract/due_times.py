"""The times at which a batch was due between two days, and what became of each. Pure.

What nothing ran for is judged as `batchwright_runner.contract.missed.judge` does. But here a run of a backfill counts:
it is no due run, and it has done that run's work.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, Self

from batchwright_runner.contract.missed.judge import lapse_of
from batchwright_runner.contract.missed.reasons import unseen
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.turns import Turn, turns_of
from batchwright_runner.contract.missed.watched import UNKNOWN, Blind, Watched
from batchwright_runner.contract.moments import shown
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.contract.schedules.times import due_between, next_times

State = Literal["succeeded", "failed", "in progress", "missed", "not run", "paused", "unknown", "open", "not due"]
"""What became of a due time: ``missed`` as ``runs --missed`` says it; ``not run`` where that says nothing, as the run
before stood for it, or no schedule made it due then; ``unknown`` beyond the history; ``open`` where it may still start.
"""
WORDS: Mapping[State, str] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "in progress": "in progress",
    "missed": "did not run",
    "not run": "did not run",
    "paused": "paused",
    "unknown": UNKNOWN,
    "open": "may still start",
    "not due": "not due yet",
}
"""What a state is called where several are counted, in their order."""
_STATES: Mapping[str, State] = {"missed": "missed", "paused": "paused", "unknown": "unknown"}
_DAYS = re.compile(r"(\d{4}-\d{2}-\d{2})(?:(\.\.)(\d{4}-\d{2}-\d{2})?)?", re.ASCII)
_DAYS_FROM, _DAYS_TO = date(1970, 1, 1), date(9998, 12, 31)
"""Days that have a day before and after them in every zone."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DueDays:
    """Days at which a batch was due, in the zone of its schedule."""

    first: date
    last: date | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``2026-11-01..2026-11-07``, both included; ``2026-11-01..`` until today; ``2026-11-01``."""
        form = "allowed: a day (2026-11-01), days (2026-11-01..2026-11-07), or until today (2026-11-01..)"
        match = _DAYS.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} was given; {form}")
        try:
            first = date.fromisoformat(match[1])
            last = date.fromisoformat(match[3]) if match[3] else None if match[2] else first
        except ValueError as error:
            raise ValueError(f"{text!r} has a day that no calendar has: {error}") from error
        if last is not None and last < first:
            raise ValueError(f"{text!r} goes backwards: write {last}..{first}")
        if first < _DAYS_FROM or (last or first) > _DAYS_TO:
            raise ValueError(f"{text!r} was given; allowed: days from {_DAYS_FROM} to {_DAYS_TO}")
        return cls(first, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of a due time."""

    due: datetime
    state: State
    # The same in a word or three: ``exit 3``, ``did not run``
    word: str
    # Why, in words; empty where there is no more to say
    why: str = ""
    run: Seen | None = None

    @property
    def said(self) -> str:
        """The same for a table: ``succeeded, backfill``."""
        return f"{self.word}, backfill" if self.run is not None and self.run.backfill else self.word


def number_of(times: Sized) -> str:
    """How many due times they are, for people."""
    return f"{len(times):,} due time{'' if len(times) == 1 else 's'}"


def counted(outcomes: Iterable[Became]) -> str:
    """How many became what: ``2 succeeded, 1 did not run``."""
    count = Counter(WORDS[outcome.state] for outcome in outcomes)
    return ", ".join(f"{count[word]} {word}" for word in dict.fromkeys(WORDS.values()) if count[word])


def due_times(schedule: CronSchedule | None, zone: tzinfo, first: date, last: date) -> list[datetime]:
    """The due times of some days, the earliest first, as ``list`` shows those to come.

    A time that does not exist, as the clock is put forward, is none; one that comes twice is one.

    `schedule`: the schedule, with a zone. Without one it is 00:00 of each day, or the first minute that the day has.
    """
    if schedule is None:
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [begin for day in days if (begin := _begin(day, zone)).date() == day]
    after, until = (_begin(day, zone).astimezone(UTC) - _MINUTE for day in (first, last + timedelta(days=1)))
    return list(due_between(schedule, after, until))


def left_out(schedule: CronSchedule, times: Sequence[datetime], first: date, last: date) -> list[datetime]:
    """The times, without a zone, at which it would have been due, had the clock not been put forward over them."""
    there = {at.replace(tzinfo=None) for at in times}
    clock_times = due_times(replace(schedule, zone="UTC"), UTC, first, last)
    return [clock for at in clock_times if (clock := at.replace(tzinfo=None)) not in there]


def became(
    watched: Watched, blind: Blind, times: Sequence[datetime], now: float, known_since: float = 0.0
) -> list[Became]:
    """What became of due times.

    `times`: the times, as `due_times` gives them; one at least.
    `now`: Now, in seconds since 1970.
    `known_since`: Since when runs that have ended are known, in seconds since 1970.
    """
    zone, last = times[-1].tzinfo or UTC, times[-1]
    schedule = watched.schedule or from_cron("@daily", str(zone))
    # A run is for the last due time before it: that of a later one must not count for the last of these.
    later = next_times(schedule, last) if watched.schedule else [_begin(last.date() + timedelta(days=1), zone)]
    turns = turns_of(watched, schedule, [*times, *later], now)[: len(times)]
    return [_became(watched, schedule, blind, turn, now, known_since) for turn in turns]


def _became(
    watched: Watched, schedule: CronSchedule, blind: Blind, turn: Turn, now: float, known_since: float
) -> Became:
    due, at = turn.due, turn.due.timestamp()
    runs = sorted([*turn.runs, *turn.filled], key=lambda run: run.started, reverse=True)
    if good := next((run for run in runs if run.good), None):
        return Became(due=due, state="succeeded", word=good.word, run=good)
    if current := next((run for run in runs if run.ended is None), None):
        return Became(due=due, state="in progress", word="in progress", run=current)
    if failed := next((run for run in runs if run.began), None):
        return Became(due=due, state="failed", word=failed.word, why=failed.why, run=failed)
    last = runs[0] if runs else None
    if at > now - watched.grace and last is None:
        state: State = "not due" if at > now else "open"
        return Became(due=due, state=state, word=WORDS[state])
    if at < known_since:
        why = f"runs are known since {shown(known_since)}" + (f": {watched.forgotten}" if watched.forgotten else "")
        return Became(due=due, state="unknown", word=UNKNOWN, why=why, run=last)
    if at < watched.since and not unseen(watched, blind, at, now):
        why = f"its schedule holds since {shown(watched.since)}"
        return Became(due=due, state="not run", word="did not run", why=why, run=last)
    lapse = lapse_of(watched, schedule, blind, turn, now)
    if lapse is not None:
        state = "not run" if lapse.kind == "missed" and watched.schedule is None else _STATES[lapse.kind]
        return Became(due=due, state=state, word=lapse.what, why=lapse.why, run=last)
    why = f"another run was in progress ({turn.others[0].named})"
    return Became(due=due, state="not run", word="did not run", why=why, run=last)


def _begin(day: date, zone: tzinfo) -> datetime:
    """The first minute of a day: 00:00, where no clock is put forward over it."""
    return datetime.combine(day, time(), zone).astimezone(UTC).astimezone(zone)
