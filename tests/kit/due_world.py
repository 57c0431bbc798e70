"""A stage in which a batch is due each night, on a clock of its own: for backfills of whole weeks in a moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from batchwright_runner.contract.due_times import became, due_times
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Blind, Watched
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_text
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.schedules.zones import zone_of
from batchwright_runner.contract.verdicts import Row, Verdict, word
from batchwright_runner.errors import InterruptedEarlyError, OverlapError
from batchwright_runner.host.backfill.end import DueEnd
from batchwright_runner.host.backfill.plan import Planned, plan_of
from batchwright_runner.host.backfill.run import Backfill
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import Output
from tests.fake_aws.fixtures import sample_manifest

NIGHTLY = from_text("30 2 * * * Asia/Tokyo")
GOOD, STOPPED = 0, 143


class Killed(BaseException):
    """The command was killed."""


@dataclass
class Happened:
    """A run that there was; ``shown`` is from when on ECS shows it, moments are in seconds since 1970."""

    id: str
    due: float
    began: float
    ends: float
    code: int
    shown: float
    backfill: str = ""


@dataclass
class World:
    """The stage. It is the time and signals of who waits, and what a look sees.

    ``takes`` gives how long its next run takes, and its code. Where somebody starts it when it is due, ``nights`` is by
    how many seconds they are late. ``listed`` seconds after its begin ECS shows a run. ``kill`` and ``signal`` are when
    the command is killed, or gets SIGTERM. ``swallowed`` are the due times whose run was refused for another one.
    """

    time: float
    schedule: CronSchedule = NIGHTLY
    takes: Callable[[], tuple[float, int]] = lambda: (600.0, GOOD)
    nights: float | None = None
    listed: float = 0.0
    kill: float | None = None
    signal: float | None = None
    runs: list[Happened] = field(default_factory=list)
    swallowed: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _next: tuple[float, float] | None = None

    # Time and signals.

    @property
    def signals(self) -> Sequence[int]:
        return [15] if self.signal is not None and self.signal <= self.time else []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time

    def note(self, text: str) -> None:
        self.notes.append(text)

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        until = self.time + seconds
        if self.signal is not None and self.time < self.signal:
            until = min(until, self.signal)
        while self.nights is not None and (due := self._next_start())[1] <= until:
            self._move(due[1])
            self._due(due[0])
            self.time += 0.001
        self._move(until)

    def _next_start(self) -> tuple[float, float]:
        """The next due time, and when its run is asked for."""
        assert self.nights is not None
        if self._next is None or self._next[1] < self.time:
            due = next_times(self.schedule, datetime.fromtimestamp(self.time - self.nights, UTC))[0].timestamp()
            self._next = due, due + self.nights
        return self._next

    def _move(self, to: float) -> None:
        if self.kill is not None and self.kill <= to:
            self.time = max(self.time, self.kill)
            raise Killed
        self.time = to

    def _due(self, due: float) -> None:
        if any(run.due == due and not run.backfill for run in self.runs) or due in self.swallowed:
            return
        if self.goes_on_really():
            self.swallowed.append(due)
            return
        self.begin(f"rundeck/ops/{len(self.runs)}", due)

    def begin(self, name: str, due: float, backfill: str = "") -> Happened:
        seconds, code = self.takes()
        run = Happened(name, due, self.time, self.time + seconds, code, self.time + self.listed, backfill)
        self.runs.append(run)
        return run

    def goes_on_really(self) -> bool:
        return any(run.ends > self.time for run in self.runs)

    # What a look sees.

    def known(self) -> tuple[Watched, Blind]:
        runs = [self._seen(run) for run in self.runs if run.shown <= self.time]
        name = "daily-report"
        return Watched(batch=name, schedule=self.schedule, scheduler="rundeck", overlap="forbid", runs=runs), Blind()

    def goes_on(self) -> bool:
        return any(run.ends > self.time for run in self.runs if run.shown <= self.time)

    def _seen(self, run: Happened) -> Seen:
        over = run.ends <= self.time
        return Seen(
            id=run.id,
            identity=run.id,
            by="rundeck",
            started=run.began,
            ended=run.ends if over else None,
            row=Row.OWN if over else None,
            words=word(Row.OWN, run.code) if over else "",
            good=over and run.code == GOOD,
            scheduled=run.due,
            backfill=run.backfill,
        )

    # A command.

    def command(self, first: date, last: date, **way: Any) -> list[DueEnd]:  # noqa: ANN401
        """One command, to its end.

        Raises:
            Killed: It was killed.
        """
        times = due_times(self.schedule, zone_of(self.schedule.zone), first, last)
        watched, blind = self.known()
        planned = plan_of(became(watched, blind, times, self.time), {}, every=bool(way.get("every")))
        around = Surroundings(Path(), {}, self, _NoOutput(), _Notes(self))
        look: Any = self
        backfill = Backfill(sample_manifest(), planned, look, self._begin, around, wall=self.wall, **way)
        return list(backfill.to_the_end().ends)

    def _begin(self, planned: Planned, run: RunId, around: Surroundings) -> RunEnd:
        """Starts the run of that id, or joins it, as `FargateRun` does with a given id."""
        del around
        self.wait(1.0)
        if self.signals:
            raise InterruptedEarlyError(15)
        happened = next((earlier for earlier in self.runs if earlier.id == run.text), None)
        if happened is None:
            if self.goes_on_really():
                raise OverlapError("another run is in progress")
            happened = self.begin(run.text, planned.due.timestamp(), backfill="set")
        while happened.ends > self.time and not self.signals:
            self.wait(min(5.0, happened.ends - self.time))
        if self.signals and happened.ends > self.time:
            happened.ends, happened.code = self.time, STOPPED
        row = Row.SIGNAL if happened.code == STOPPED else Row.OWN
        return RunEnd(verdict=Verdict(row, happened.code, "", "ask"), manifest=sample_manifest(), task=happened.id)


class _Notes(Console):
    def __init__(self, world: World) -> None:
        self._world = world

    def note(self, text: str) -> None:
        self._world.note(text)


class _NoOutput(Output):
    def __init__(self) -> None:
        pass
