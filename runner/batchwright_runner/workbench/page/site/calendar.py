"""When a stage's batches and workflows run within a week, and where they get in each other's way. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import groupby
from typing import Literal
from zoneinfo import ZoneInfo

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.times import due_between
from batchwright_runner.contract.schedules.zones import UTC as UTC_NAME
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.workflow import KnownWorkflow

_Subject = Batch | KnownWorkflow
_Kind = Literal["together", "resource", "itself"]
DAYS = 7
ALL_DAY = 24
"""Starts of a day from which on a batch counts as one that runs all day long, and so is often due beside others."""
_MINUTE, _NO_TIME = timedelta(minutes=1), datetime.min.replace(tzinfo=UTC)
_STREAMS = frozenset(
    "sqs sns events eventbridge kinesis firehose ses cloudwatch states step-functions lambda".split()  # noqa: SIM905
)
"""Kinds of resources that many may write to at the same time, and read meanwhile."""


@dataclass(frozen=True, slots=True, order=True)
class CalendarStart:
    """A time at which a batch is due."""

    # When, as a clock shows it in the calendar's time zone. Its offset is a fixed one, so that it is compared and
    # counted on also across a change of the clock.
    at: datetime
    batch: str
    # How long it usually takes; 0 where that is not known
    seconds: int = 0

    @property
    def end(self) -> datetime:
        """When it has usually ended. A minute where that is not known."""
        return self.at + max(timedelta(seconds=self.seconds), _MINUTE)

    @property
    def minute(self) -> int:
        """Minutes since midnight, as a clock shows it."""
        return self.at.hour * 60 + self.at.minute

    @property
    def width(self) -> int:
        """Minutes that it usually takes, within its day."""
        return min(max(round(self.seconds / 60), 1), 24 * 60 - self.minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Runs that get in each other's way."""

    # ``together``: they start in the same minute. ``resource``: one has usually not ended when the other starts, both
    # work on a resource, and one at least writes it. ``itself``: a batch has usually not ended when it is due again.
    kind: _Kind
    # When; the first time of the day
    at: datetime
    batches: tuple[str, ...]
    # Id of the resource; empty for none
    resource: str = ""
    # How often on that day
    times: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A batch or a workflow on a day."""

    batch: _Subject
    starts: tuple[CalendarStart, ...]
    # It runs all day long
    all_day: bool
    # Those of its starts, in minutes since midnight, that are part of a clash
    clashing: frozenset[int] = frozenset()
    # Minutes after midnight for which a run of an earlier day usually goes on; 0 for none
    until: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the calendar."""

    date: date
    # The batches that are due or still run, by their first time
    lanes: tuple[Lane, ...]
    # What gets in each other's way, by time
    clashes: tuple[Clash, ...]

    @property
    def hours(self) -> list[int]:
        """How many runs start in each hour of the clock."""
        count = Counter(start.at.hour for lane in self.lanes for start in lane.starts)
        return [count[hour] for hour in range(24)]

    @property
    def moments(self) -> list[tuple[str, list[str]]]:
        """Clock times, each with the batches that are due then; without those that run all day long."""
        starts = sorted(start for lane in self.lanes if not lane.all_day for start in lane.starts)
        by_time = groupby(starts, key=lambda start: start.at)
        return [(f"{at:%H:%M}", [start.batch for start in due]) for at, due in by_time]


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Seven days."""

    zone: str
    days: tuple[Day, ...]
    # Batch to what is wrong with its schedule, of those that are not shown
    problems: Mapping[str, str]


def week_of(catalog: Catalog) -> Week:
    """The week from the day on which a catalog was made, in its time zone; in UTC where that is not known here."""
    zone = _zone(catalog)
    today = catalog.now.astimezone(zone).date()
    midnights = [datetime.combine(today + timedelta(day), datetime.min.time(), zone) for day in range(DAYS + 1)]
    entries: list[_Subject] = [*catalog.batches, *catalog.workflows]
    batches = {batch.name: batch for batch in entries}
    longest = timedelta(seconds=max(map(usual_seconds, entries), default=0))
    begin, end = midnights[0].astimezone(UTC) - longest, midnights[-1].astimezone(UTC)
    starts = _starts(entries, begin, end, zone)
    problems = {entry.name: entry.due.problem for entry in entries if entry.due and entry.due.cron is None}
    meetings = list(_meetings(starts, batches))
    days = [_day(begin, starts, meetings, batches) for begin in midnights[:-1]]
    return Week(zone=str(zone), days=tuple(days), problems=problems)


def _zone(catalog: Catalog) -> ZoneInfo:
    try:
        return zone_of(catalog.zone)
    except ScheduleError:
        return zone_of(UTC_NAME)


def usual_seconds(batch: _Subject) -> int:
    """How long a batch usually takes: as its last runs tell, or as it is declared; 0 where that is not known."""
    return (batch.past.usual_seconds if batch.past else 0) or batch.expected_seconds


def _together(starts: Sequence[CalendarStart]) -> Iterator[Clash]:
    """Those that start in the same minute, without the batches that run all day long."""
    often = {name for name, count in Counter(start.batch for start in starts).items() if count >= ALL_DAY}
    once = sorted(start for start in starts if start.batch not in often)
    for at, beginning in groupby(once, key=lambda start: start.at):
        names = tuple(dict.fromkeys(start.batch for start in beginning))
        if len(names) > 1:
            yield Clash(kind="together", at=at, batches=names)


def _meetings(starts: Sequence[CalendarStart], batches: Mapping[str, _Subject]) -> Iterator[Clash]:
    """Each time at which a run begins while another one goes on that it must not meet."""
    going: list[CalendarStart] = []
    for start in starts:
        going = [earlier for earlier in going if earlier.end > start.at]
        for earlier in going:
            if earlier.batch == start.batch:
                yield Clash(kind="itself", at=start.at, batches=(start.batch,))
                continue
            for resource in _contested(batches[earlier.batch], batches[start.batch]):
                names = tuple(sorted((earlier.batch, start.batch)))
                yield Clash(kind="resource", at=start.at, batches=names, resource=resource)
        going.append(start)


def _counted(meetings: Iterable[Clash]) -> Iterator[Clash]:
    """The same ones once, with the first time and at how many times."""
    times: dict[Clash, set[datetime]] = {}
    for clash in meetings:
        times.setdefault(replace(clash, at=_NO_TIME), set()).add(clash.at)
    return (replace(clash, at=min(moments), times=len(moments)) for clash, moments in times.items())


def _contested(batch: _Subject, second: _Subject) -> list[str]:
    """The resources that both work on, and one at least writes; without those that are made for that."""
    both = {*batch.writes} & {*second.reads, *second.writes} | {*second.writes} & {*batch.reads}
    return sorted(id for id in both if id.partition(":")[0] not in _STREAMS)


def _starts(entries: Iterable[_Subject], begin: datetime, end: datetime, zone: ZoneInfo) -> list[CalendarStart]:
    """All starts from one moment to before another one, by time."""
    starts = []
    for entry in entries:
        for time in due_between(entry.due.cron, begin - _MINUTE, end - _MINUTE) if entry.due and entry.due.cron else ():
            at = time.astimezone(zone)
            fixed = timezone(at.utcoffset() or timedelta())
            starts.append(CalendarStart(at.replace(tzinfo=fixed), entry.name, usual_seconds(entry)))
    return sorted(starts)


def _day(
    begin: datetime, all_starts: Sequence[CalendarStart], meetings: Sequence[Clash], batches: Mapping[str, _Subject]
) -> Day:
    starts = [start for start in all_starts if start.at.date() == begin.date()]
    met = [clash for clash in meetings if clash.at.date() == begin.date()]
    all_clashes = [*_together(starts), *_counted(met)]
    times: dict[str, set[datetime]] = {}
    for clash in (*met, *all_clashes):
        for name in clash.batches:
            times.setdefault(name, set()).add(clash.at)
    until = {start.batch: _until(start, begin) for start in all_starts if start.at < begin < start.end}
    by_batch: dict[str, list[CalendarStart]] = {name: [] for name in until}
    for start in starts:
        by_batch.setdefault(start.batch, []).append(start)
    lanes = [
        Lane(
            batch=batches[name],
            starts=tuple(own),
            all_day=len(own) >= ALL_DAY,
            clashing=frozenset(
                start.minute for start in own if any(start.at <= at < start.end for at in times.get(name, ()))
            ),
            until=until.get(name, 0),
        )
        for name, own in by_batch.items()
    ]
    lanes.sort(key=lambda lane: (not lane.all_day, begin if lane.until else lane.starts[0].at, lane.batch.name))
    clashes = sorted(all_clashes, key=lambda clash: (clash.at, clash.kind, clash.batches))
    return Day(date=begin.date(), lanes=tuple(lanes), clashes=tuple(clashes))


def _until(start: CalendarStart, begin: datetime) -> int:
    """Minutes of a day, which begins then, for which a run that was begun before usually goes on."""
    end = start.end.astimezone(begin.tzinfo)
    return end.hour * 60 + end.minute if end.date() == begin.date() else 24 * 60
