"""Which runs are for a due time, and which one of before stands for it. Pure.

A run that begins before a due time by hand, of a backfill or for another time never stands for it. A scheduler's run
may still be in progress when its batch is due again: where only one may run, that one does.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Watched, grace_of
from batchwright_runner.contract.schedules.dialects import shortest_period
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_between, next_times
from batchwright_runner.contract.sizes import AWS, NOBODY

EARLY = 60.0
"""Seconds that a scheduler's clock may be ahead."""
SAME_TIME = 300.0
"""Seconds after a due time within which a run that names no due time was started for it; and before it, for a
scheduler's run that names it."""
LATEST = 3600.0
"""Seconds after a due time within which a scheduler starts the run that names it. EventBridge Scheduler tries for an
hour at most, as its schedules declare; GitHub is late by as much. What begins later is a backfill's."""
SAME_MINUTE = 60.0
"""Seconds by which the due time that a run names may differ from the due time: it may contain seconds."""
NOT_BY_HOSTS = ("", NOBODY, AWS, "rundeck")
"""Those whose runs are never named after a user and a host, as those by hand are; any other scheduler's may be."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A due time."""

    due: datetime
    runs: list[Seen] = field(default_factory=list)
    # Those that name it, and began before it: they do not count
    early: list[Seen] = field(default_factory=list)
    # The runs in progress at that moment, which began before
    others: list[Seen] = field(default_factory=list)
    # The runs of backfills that are for it: they do not count
    filled: list[Seen] = field(default_factory=list)


def times_between(schedule: CronSchedule, after: float, until: float) -> list[datetime]:
    """The due times after one moment and up to another, both in seconds since 1970."""
    return list(due_between(schedule, datetime.fromtimestamp(after, UTC), datetime.fromtimestamp(until, UTC)))


def turns_of(watched: Watched, schedule: CronSchedule, times: Sequence[datetime], now: float) -> list[Turn]:
    """The due times, each with its runs.

    A run is for the last due time before the moment that it names as its due time; where it names none, before its
    start.

    `now`: Now, in seconds since 1970.
    """
    turns = [Turn(due) for due in times]
    edges = [due.timestamp() for due in times]
    for run in watched.runs:
        by_a_person = by_hand(watched, run)
        moment = run.started if run.scheduled is None else run.scheduled
        ahead = 0.0 if run.scheduled is None and by_a_person else _ahead(schedule)
        place = bisect_right(edges, moment + ahead) - 1
        to_come = run.scheduled is not None and run.scheduled > now + EARLY
        if place >= 0 and not to_come:
            before = run.started < edges[place] - (0.0 if by_a_person else SAME_TIME)
            turn = turns[place]
            (turn.filled if run.backfill else turn.early if before else turn.runs).append(run)
        if run.began:
            over = len(edges) if run.ended is None else bisect_left(edges, run.ended)
            for turn in turns[bisect_right(edges, run.started) : over]:
                turn.others.append(run)
    return turns


def is_just_before(watched: Watched, schedule: CronSchedule, run: Seen, due: datetime) -> bool:
    """Whether a run is the scheduled one of the due time before another."""
    if run.backfill or by_hand(watched, run):
        return False
    if run.scheduled is None:
        late = grace_of(watched.scheduler, SAME_TIME) + watched.window
        times = times_between(schedule, run.started - late, run.started + _ahead(schedule))
    else:
        late = LATEST + watched.window
        times = times_between(schedule, run.scheduled - SAME_MINUTE, run.scheduled)
    return bool(times) and run.started <= times[-1].timestamp() + late and next_times(schedule, times[-1]) == [due]


def by_hand(watched: Watched, run: Seen) -> bool:
    """Whether a person has started a run, as far as its id shows.

    Of a batch that AWS starts, it is also an execution that does not say for when: its schedule always does.
    """
    if run.by == AWS:
        return watched.scheduler == AWS and run.scheduled is None
    return "@" in run.by and watched.scheduler in NOT_BY_HOSTS


def _ahead(schedule: CronSchedule) -> float:
    return min(EARLY, shortest_period(schedule) * 30)
