"""What was due and did not come, of one batch: its due times held against the runs that there were. Pure.

A run is for the time that it names as its due time; where it names none, for the last due time before its start. So a
run that someone makes up for by hand counts, until the next one is due.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.ends import SAME_DUE
from batchwright_runner.contract.missed.reasons import why_nothing_ran
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.turns import (
    EARLY,
    SAME_TIME,
    Turn,
    by_hand,
    is_just_before,
    times_between,
    turns_of,
)
from batchwright_runner.contract.missed.watched import UNKNOWN, Blind, Kind, Lapse, Watched
from batchwright_runner.contract.schedules.dialects import shortest_period
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.verdicts import Row


@dataclass(frozen=True, slots=True)
class Judgment:
    """What came of it."""

    # What there is to know, in the order of time
    findings: list[Lapse]
    # How many times it was due, of those that were looked at
    due: int


def judge(watched: Watched, blind: Blind, begin: float, now: float, *, grace: float | None = None) -> Judgment:
    """What there is to know of a batch.

    A due time is judged once the time for a start is over. Each is judged in exactly one of several looks that follow
    one another without a gap.

    `begin`: from when on, in seconds since 1970.
    """
    grace = watched.grace if grace is None else grace
    lapses = [*_unknown(watched, blind), *_long(watched, now)]
    if watched.schedule is None:
        return Judgment(lapses, 0)
    first = max(begin - grace, watched.since)
    times = times_between(watched.schedule, first, now + EARLY)
    turns = turns_of(watched, watched.schedule, times, now)
    settled = [turn for turn in turns if turn.due.timestamp() <= now - grace]
    for turn in turns:
        lapses += _twice(watched, watched.schedule, turn)
    for turn in settled:
        lapse = lapse_of(watched, watched.schedule, blind, turn, now)
        lapses += [lapse] if lapse is not None else []
    return Judgment(sorted(lapses, key=lambda lapse: lapse.due or datetime.min.replace(tzinfo=UTC)), len(settled))


def _lapse(
    watched: Watched,
    kind: Kind,
    *,
    due: datetime | None = None,
    what: str = UNKNOWN,
    why: str = "",
    runs: Sequence[Seen] = (),
) -> Lapse:
    return Lapse(
        batch=watched.batch,
        kind=kind,
        due=due,
        what=what,
        why=why,
        scheduler=watched.scheduler,
        runs=tuple(run.id for run in runs),
        identities=tuple(run.identity or run.id for run in runs),
    )


def _unknown(watched: Watched, blind: Blind) -> Iterator[Lapse]:
    if watched.problem:
        yield _lapse(watched, "unknown", why=watched.problem)
    if watched.expected and watched.schedule is None and (blind.tasks or (blind.machines and watched.machine)):
        yield _lapse(watched, "unknown", why=blind.tasks or blind.machines)


def _long(watched: Watched, now: float) -> Iterator[Lapse]:
    for run in watched.runs:
        takes = now - run.started
        if watched.expected and run.ended is None and takes > watched.expected and not run.backfill:
            what = f"takes {format_duration(takes)}, expected {format_duration(watched.expected)}"
            due = None
            if watched.schedule is not None and run.scheduled is not None:
                due = datetime.fromtimestamp(run.scheduled, zone_of(watched.schedule.zone))
            yield _lapse(watched, "long", due=due, what=what, runs=[run])


def _twice(watched: Watched, schedule: CronSchedule, turn: Turn) -> Iterator[Lapse]:
    near = min(SAME_TIME, shortest_period(schedule) * 30)
    begun: list[Seen] = []
    for run in [*turn.early, *turn.runs]:
        named = run.started if run.scheduled is None else run.scheduled
        at_once = named <= turn.due.timestamp() + near
        over = [earlier for earlier in begun if earlier.ended is not None and earlier.ended <= run.started]
        repeats = any(not earlier.good for earlier in over) or (bool(over) and by_hand(watched, run))
        # A schedule may start more than once; what gave way then is no second scheduler's run.
        again = SAME_DUE in run.words and any(earlier.by == run.by for earlier in begun)
        if at_once and not repeats and not again and (run.began or run.row is Row.OVERLAP):
            begun.append(run)
    if len(begun) > 1:
        starts = " and ".join(f"by {run.by} ({run.id})" for run in begun)
        what = "begun twice" if len(begun) == 2 else f"begun {len(begun)} times"
        yield _lapse(watched, "twice", due=turn.due, what=what, why=f"begun {starts}", runs=begun)


def lapse_of(watched: Watched, schedule: CronSchedule, blind: Blind, turn: Turn, now: float) -> Lapse | None:
    """What there is to know of a due time at which a run should have been started by now; none where one was.

    `now`: Now, in seconds since 1970.
    """
    if any(run.began for run in turn.runs):
        return None
    if watched.starts_may_wait(now):
        return None
    # The scheduled run just before was still in progress, and the batch starts no other.
    if watched.at_once.refused and any(is_just_before(watched, schedule, run, turn.due) for run in turn.others):
        return None
    kind, what, why = why_nothing_ran(watched, blind, turn, now)
    return _lapse(watched, kind, due=turn.due, what=what, why=why, runs=[*turn.early, *turn.runs])
