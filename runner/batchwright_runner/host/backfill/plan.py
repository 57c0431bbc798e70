"""What a backfill runs, in which order, what it leaves out and why, and when it may start the next one. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from batchwright_runner.contract.due_times import Became, number_of
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.due import last_due
from batchwright_runner.host.runs.run_id import RunId

MANY = 100
"""Runs from which on a person is asked before they are started, in any stage."""
_LOOKS_AHEAD = 300
"""Due times among which a gap is looked for."""

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
            runs=time.state != "open" and (every or time.state != "succeeded"),
            why=time.word,
            options=filled(options, time.due),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When a batch is due besides, so that no run of a backfill takes another's place."""

    schedule: CronSchedule | None = None
    # Seconds that a run usually takes; none where that is not known
    usual: float | None = None
    # Seconds after a due time within which its run may begin; 0 where no scheduler starts it
    grace: float = 0.0

    def has_room(self, now: datetime) -> bool:
        """Whether a run fits between any two of the next due times, beside the run that is due at the first of them.

        `now`: the time, with an offset.
        """
        if self.schedule is None or self.usual is None:
            return True
        times = next_times(self.schedule, now, _LOOKS_AHEAD)
        needed = self.usual * (2 if self.grace else 1)
        return any(needed <= later.timestamp() - earlier.timestamp() for earlier, later in pairwise(times))

    def last(self, now: datetime) -> datetime | None:
        """The last due time; none without a schedule."""
        return last_due(self.schedule, now) if self.schedule is not None else None

    def held(self, now: datetime, *, begun: bool) -> tuple[datetime, str] | None:
        """Until when nothing is started, and why; none where something may be.

        `now`: the time, with an offset.
        """
        if self.schedule is None:
            return None
        last, (to_come,) = self.last(now), next_times(self.schedule, now)
        if last is not None and not begun:
            longest = (to_come.timestamp() - last.timestamp()) / 2
            until = last.astimezone(UTC) + timedelta(seconds=min(self.grace, longest))
            if now < until:
                reason = f"the run that is due at {_clock(last)} may begin until {until.astimezone(last.tzinfo):%H:%M}"
                return until, reason
        if self.usual is not None and now + timedelta(seconds=self.usual) > to_come:
            took = format_duration(self.usual)
            return to_come, f"a run usually takes {took}, and the next one is due at {_clock(to_come)}"
        return None


def _clock(at: datetime) -> str:
    return f"{at:%H:%M %Z}"
