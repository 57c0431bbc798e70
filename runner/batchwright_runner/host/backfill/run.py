"""The loop of a backfill: a run for each due time, the oldest first, beside no other run unless that was asked for."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from batchwright_runner.contract.due_times import became
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.turns import SAME_MINUTE
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.backfill.end import BackfillEnd, DueEnd, verdict_of
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.backfill.plan import Planned, Rhythm, run_of
from batchwright_runner.host.runs.crew import Crew
from batchwright_runner.host.runs.end import End, RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.labeled import LabeledConsole

Begin = Callable[[Planned, RunId, Surroundings], End]
"""Starts the run of a due time, or joins the one of that id, and follows it to its end."""
EVERY = 5.0
"""Seconds between two looks at what is waited for."""


@dataclass(slots=True)
class Backfill:
    """Runs due times. A signal ends the run in progress, and the whole."""

    subject: BatchManifest | WorkflowRecord
    planned: Sequence[Planned]
    # Looks at the runs on AWS; none on this machine, where none are known
    look: BackfillLook | None
    begin: Begin
    around: Surroundings
    rhythm: Rhythm
    # Whether what has succeeded is run, too. Default: not.
    every: bool = False
    # Whether a failure ends nothing. Default: it ends the whole.
    keep_going: bool = False
    # How many may run at once; more than one do not wait for other runs. Default: one.
    parallelism: int = 1
    # Seconds since 1970
    wall: Callable[[], float] = time.time
    # Has the runs go on side by side
    crew: "Callable[[Waiter], Crew[DueEnd]]" = Crew
    _started: list[str] = field(default_factory=list)
    _done: dict[datetime, DueEnd] = field(default_factory=dict)

    def to_the_end(self) -> BackfillEnd:
        """Runs them."""
        rest, was_left = deque(planned for planned in self.planned if planned.runs), False
        begun: dict[str, Planned] = {}
        with self.crew(self.around.waiter) as crew:
            while True:
                while rest and len(crew) < self.parallelism and not self._is_over():
                    planned = rest.popleft()
                    begun[planned.name] = planned
                    self._start(planned, crew)
                if not len(crew):
                    return self._end()
                try:
                    for name, result in crew.ended().items():
                        self._take(begun[name], result)
                except LeaveNow:
                    if was_left:
                        raise
                    was_left = True
                    crew.leave()

    def _end(self) -> BackfillEnd:
        ends = [self._done.get(planned.due) or DueEnd(planned=planned) for planned in self.planned]
        runs = [(done.planned.name, done.end) for done in self._done.values() if done.end is not None]
        return BackfillEnd(
            verdict=verdict_of(ends, self.around.waiter.signals),
            manifest=self.subject,
            ends=ends,
            incomplete="; ".join(f"{name}: {run.incomplete}" for name, run in runs if run.incomplete),
            goes_on=[line for _, run in runs for line in run.goes_on],
        )

    def _is_over(self) -> bool:
        """Whether no more is started: after a signal, a pause, or a failure that counts."""
        failed = [done.verdict for done in self._done.values() if done.failed]
        paused = any(verdict is not None and verdict.row is Row.PAUSED for verdict in failed)
        return bool(self.around.waiter.signals) or paused or bool(failed and not self.keep_going)

    def _start(self, planned: Planned, crew: Crew[DueEnd]) -> None:
        around = self.around
        if self.parallelism > 1:
            output = around.output.labeled(f"{planned.name} | ".encode())
            around = replace(around, console=LabeledConsole(around.console, planned.name), output=output)
        crew.start(planned.name, lambda waiter: self._run_planned(planned, replace(around, waiter=waiter)))

    def _take(self, planned: Planned, result: Future[DueEnd]) -> None:
        try:
            done = result.result()
        except InterruptedEarlyError:
            return  # nothing of it was started
        except (RunnerError, LeaveNow) as error:
            done = DueEnd(planned=planned, verdict=error.verdict())
        self._done[planned.due] = done
        end = done.end
        lines = [f"due {planned.name}: {done.verdict.said if done.verdict else done.word}"]
        if done.failed and end is not None:
            advice = [f"advice: {end.advice}"] if isinstance(end, RunEnd) and end.advice else []
            lines += [*advice, *(end.lines if isinstance(end, WorkflowEnd) else ()), *end.on_failure]
            lines += [f"run this one again: {end.run_again}"] if end.run_again else []
        self.around.tell.note("\n".join(lines))

    def _note(self, planned: Planned, around: Surroundings, text: str) -> None:
        """Prints a note about a due time, which a labeled console names already."""
        around.tell.note(text if self.parallelism > 1 else f"due {planned.name}: {text}")

    def _run_planned(self, planned: Planned, around: Surroundings) -> DueEnd:
        """Runs one, as soon as it may."""
        while True:
            run = self._turn(planned, around)
            if run is None:
                return DueEnd(planned=replace(planned, runs=False, why="succeeded"))
            self._note(planned, around, f"run {run.text}")
            began, end = around.waiter.now(), None
            try:
                end = self.begin(planned, run, around)
                verdict = end.verdict
            except InterruptedEarlyError:
                raise
            except RunnerError as error:
                verdict = error.verdict()
            # What a step was refused for is no run of the workflow: it is not seen, and would be waited for in vain.
            of_step = isinstance(end, WorkflowEnd) and any(step.state.has_failed for step in end.steps)
            refused = verdict.row is Row.OVERLAP and not of_step
            if not refused or self.look is None or around.waiter.signals:
                took = around.waiter.now() - began
                return DueEnd(planned=planned, verdict=verdict, run=run.text, seconds=took, end=end)
            self._note(planned, around, f"{verdict.why}: waiting")
            around.waiter.wait(EVERY)

    def _turn(self, planned: Planned, around: Surroundings) -> RunId | None:
        """Waits until it may be started; gives the id of its run, or none where one has succeeded meanwhile."""
        noted, runs, look = "", list[Seen](), self.look and self.look.within(around)
        while True:
            if around.waiter.signals:
                raise InterruptedEarlyError(around.waiter.signals[0])
            why, until = "", 0.0
            if look is not None:
                watched, blind = look.known()
                runs = list(watched.runs)
                mine = [run for run in runs if run.ended is None and run.backfill and _is_for(run, planned.due)]
                if mine:
                    return RunId(mine[0].identity, given=True)
                times = [due_time.due for due_time in self.planned]
                states = {state.due: state for state in became(watched, blind, times, self.wall())}
                if states[planned.due].state == "succeeded" and not self.every:
                    return None
                why, until = self._ahead(runs, states[planned.due].run)
            if not why:
                run = run_of(planned.due, [*(run.identity for run in runs), *self._started])
                self._started.append(run.text)
                return run
            if why != noted:
                self._note(planned, around, f"waiting: {why}")
            noted = why
            around.waiter.wait(EVERY)
            goes_on = look.goes_on if look is not None and self.parallelism == 1 else bool
            while not around.waiter.signals and (self.wall() < until or goes_on()):
                around.waiter.wait(EVERY)

    def _ahead(self, runs: Sequence[Seen], own: Seen | None) -> tuple[str, float]:
        """What is waited for, and until when at least, in seconds since 1970; nothing where it may be started."""
        alone, now = self.parallelism == 1, datetime.fromtimestamp(self.wall(), UTC)
        first = next((run for run in runs if run.ended is None and (alone or run is own)), None)
        if first is not None:
            return f"run {first.named} is in progress", 0.0
        last = self.rhythm.last(now)
        begun = last is not None and any(not run.backfill and _is_for(run, last, later=True) for run in runs)
        held = self.rhythm.held(now, begun=begun) if alone else None
        return (held[1], held[0].timestamp()) if held else ("", 0.0)


def _is_for(run: Seen, due: datetime, *, later: bool = False) -> bool:
    """Whether a run is for a due time, or for one after it."""
    at = due.timestamp()
    if run.scheduled is None:
        return later and run.started >= at - SAME_MINUTE
    return run.scheduled >= at - SAME_MINUTE if later else abs(run.scheduled - at) < SAME_MINUTE
