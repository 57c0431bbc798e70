"""What was due and did not come, of one batch: its due times held against the runs that there were. Pure.

A run belongs to the time for which it says that it was due; where it says none, to the last due time before its start.
So a run that was made up for by hand counts, until the next one is due.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.missed.lapse import UNKNOWN, Kind, Lapse
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.pauses import Pause, moment
from batchwright_runner.contract.schedules.dialects import shortest_period
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.verdicts import Row

EARLY = 60.0
"""Seconds that a scheduler's clock may be ahead."""
SAME_TIME = 300.0
"""Seconds after a due time within which a run that does not say for when it was due was started for it."""
REMEMBERED = 3000.0
"""Seconds for which ECS surely knows a task after its end: an hour or so (ECS developer guide, 2026-11)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of it.

    Attributes:
        findings: What there is to know, in the order of time.
        due: How many times it was due, of those that were looked at.
    """

    findings: list[Lapse]
    due: int


def judge(watched: Watched, blind: Blind, begin: float, now: float) -> Judged:
    """What there is to know of a batch.

    A due time is judged once the time for a start is over. Each is judged in exactly one of several looks that follow
    one another without a gap.

    Args:
        watched: The batch.
        blind: What could not be looked at.
        begin: From when on, in seconds since 1970.
        now: Now, likewise.
    """
    found = [*_unknown(watched, blind), *_long(watched, now)]
    if watched.schedule is None:
        return Judged(found, 0)
    first = max(begin - watched.grace, watched.since)
    times = _times(watched.schedule, first, now + EARLY)
    of = _by_time(watched, times)
    settled = [due for due in times if due.timestamp() <= now - watched.grace]
    for due in times:
        found += _twice(watched, watched.schedule, due, of.get(due.timestamp(), ()))
    for due in settled:
        found += _missed(watched, blind, due, of.get(due.timestamp(), ()), times, now)
    return Judged(sorted(found, key=lambda one: one.due or datetime.min.replace(tzinfo=UTC)), len(settled))


def _times(schedule: CronSchedule, first: float, last: float) -> list[datetime]:
    return list(due_between(schedule, datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)))


def _by_time(watched: Watched, times: Sequence[datetime]) -> Mapping[float, Sequence[Seen]]:
    """Due time to the runs that belong to it."""
    if not times or watched.schedule is None:
        return {}
    early = min(EARLY, shortest_period(watched.schedule) * 30)
    edges = [due.timestamp() for due in times]
    found: dict[float, list[Seen]] = {}
    for run in watched.runs:
        at = _said(run, edges)
        if at is None:
            place = bisect_right(edges, run.started + early) - 1
            at = edges[place] if place >= 0 else 0.0
        found.setdefault(at, []).append(run)
    return found


def _said(run: Seen, edges: Sequence[float]) -> float | None:
    """The due time that a run says; 0 for one before all of these, none where it says none of them."""
    if run.scheduled is None:
        return None
    place = bisect_right(edges, run.scheduled) - 1
    if place < 0:
        return 0.0
    return edges[place] if run.scheduled - edges[place] < 60 else None


def _unknown(watched: Watched, blind: Blind) -> Iterator[Lapse]:
    if watched.problem:
        yield Lapse(batch=watched.batch, kind="unknown", why=watched.problem, scheduler=watched.scheduler)
    if watched.expected and watched.schedule is None and (blind.tasks or (blind.machines and watched.machine)):
        why = blind.tasks or blind.machines
        yield Lapse(batch=watched.batch, kind="unknown", why=why, scheduler=watched.scheduler)


def _long(watched: Watched, now: float) -> Iterator[Lapse]:
    for run in watched.runs:
        takes = now - run.started
        if watched.expected and run.ended is None and takes > watched.expected:
            what = f"takes {format_duration(takes)}, expected {format_duration(watched.expected)}"
            due = None
            if watched.schedule is not None and run.scheduled is not None:
                due = datetime.fromtimestamp(run.scheduled, zone_of(watched.schedule.zone))
            yield Lapse(
                batch=watched.batch, kind="long", due=due, what=what, scheduler=watched.scheduler, runs=(run.id,)
            )


def _twice(watched: Watched, schedule: CronSchedule, due: datetime, runs: Sequence[Seen]) -> Iterator[Lapse]:
    near = min(SAME_TIME, shortest_period(schedule) * 30)
    begun: list[Seen] = []
    for run in runs:
        at_once = run.scheduled is not None or run.started <= due.timestamp() + near
        repeats = any(one.ended is not None and one.ended <= run.started and not one.good for one in begun)
        if at_once and not repeats and (run.began or run.row is Row.OVERLAP):
            begun.append(run)
    if len(begun) > 1:
        said = " and ".join(f"by {run.by} ({run.id})" for run in begun)
        ids = tuple(run.id for run in begun)
        what = "begun twice" if len(begun) == 2 else f"begun {len(begun)} times"
        yield Lapse(
            batch=watched.batch,
            kind="twice",
            due=due,
            what=what,
            why=f"begun {said}",
            scheduler=watched.scheduler,
            runs=ids,
        )


def _missed(
    watched: Watched, blind: Blind, due: datetime, runs: Sequence[Seen], times: Sequence[datetime], now: float
) -> Iterator[Lapse]:
    at = due.timestamp()
    if any(run.began or run.row is Row.OVERLAP for run in runs) or _gave_way(watched, at):
        return
    kind, what, why = _kind(watched, blind, at, runs, now)
    if kind == "unknown" and watched.last_ended is not None and _is_last(at, watched.last_ended, times):
        return  # a run has ended since, by the record of the last one
    ids = tuple(run.id for run in runs)
    yield Lapse(batch=watched.batch, kind=kind, due=due, what=what, why=why, scheduler=watched.scheduler, runs=ids)


def _kind(watched: Watched, blind: Blind, at: float, runs: Sequence[Seen], now: float) -> tuple[Kind, str, str]:
    """What it is that nothing ran for a due time: its kind, in a few words, and why."""
    if watched.pause is not None and _covers(watched.pause, at):
        return "paused", "paused", watched.pause.words()
    if runs and all(run.row is Row.PAUSED for run in runs):
        return "paused", "paused", ""
    unseen = "" if runs else _unseen(watched, blind, at, now)
    if unseen:
        return "unknown", UNKNOWN, unseen
    words = next((run.words for run in reversed(runs) if run.row is not Row.PAUSED), "")
    what, _, reason = words.partition(": ")
    more = [reason, f"whether it is paused cannot be seen: {blind.pauses}" if blind.pauses else ""]
    return "missed", what or "did not run", "; ".join(one for one in more if one)


def _gave_way(watched: Watched, at: float) -> bool:
    """Whether a run was in progress at a due time, beside which the batch starts no other."""
    return watched.overlap != "allow" and any(
        run.began and run.started < at and (run.ended is None or run.ended > at) for run in watched.runs
    )


def _covers(pause: Pause, at: float) -> bool:
    """Whether a pause held at a due time."""
    since, until = moment(pause.since), moment(pause.until)
    return (since is None or since <= at) and (until is None or at < until)


def _unseen(watched: Watched, blind: Blind, at: float, now: float) -> str:
    """Why it cannot be told whether there was a run for a due time; empty where it can."""
    if blind.tasks:
        return blind.tasks
    if watched.machine and blind.machines:
        return blind.machines
    return watched.forgotten if at < now - REMEMBERED else ""


def _is_last(at: float, ended: float, times: Sequence[datetime]) -> bool:
    """Whether a due time is the last one before an end."""
    before = [due.timestamp() for due in times if due.timestamp() <= ended]
    return bool(before) and before[-1] == at
