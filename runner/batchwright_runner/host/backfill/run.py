"""The loop of a backfill: a run for each due time, the oldest first, beside no other run."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.due_times import became
from batchwright_runner.contract.manifests import Manifest
from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.turns import SAME_MINUTE
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.backfill.end import BackfillEnd, DueEnd, verdict_of
from batchwright_runner.host.backfill.look import BackfillLook
from batchwright_runner.host.backfill.plan import Planned, run_of
from batchwright_runner.host.runs.end import End, RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.runs.signals import LeaveNow, end_if_told
from batchwright_runner.host.runs.workflow_end import WorkflowEnd
from batchwright_runner.host.stage.session import Surroundings

Begin = Callable[[Planned, RunId, Surroundings], End]
"""Starts the run of a due time, or joins the one of that id, and follows it to its end."""
EVERY = 5.0
"""Seconds between two looks at what is waited for."""


@dataclass(slots=True)
class Backfill:
    """Runs due times, one after another. A signal ends the run in progress, and the whole."""

    subject: Manifest
    planned: Sequence[Planned]
    # Looks at the runs on AWS; none on this machine, where none are known
    look: BackfillLook | None
    begin: Begin
    around: Surroundings
    # Whether what has succeeded is run, too. Default: not.
    every: bool = False
    # Whether a failure ends nothing. Default: it ends the whole.
    keep_going: bool = False
    # Seconds since 1970
    wall: Callable[[], float] = time.time
    _started: list[str] = field(default_factory=list)

    def to_the_end(self) -> BackfillEnd:
        """Runs them."""
        ends: list[DueEnd] = []
        for planned in self.planned:
            ends.append(self._done(planned) if planned.runs and not self._is_over(ends) else DueEnd(planned=planned))
        runs = [(done.planned.name, done.end) for done in ends if done.end is not None]
        return BackfillEnd(
            verdict=verdict_of(ends, self.around.waiter.signals),
            manifest=self.subject,
            ends=ends,
            incomplete="; ".join(f"{name}: {run.incomplete}" for name, run in runs if run.incomplete),
            goes_on=[line for _, run in runs for line in run.goes_on],
        )

    def _is_over(self, ends: Sequence[DueEnd]) -> bool:
        """Whether no more is started: after a signal, a pause, or a failure that counts."""
        failed = [done.verdict for done in ends if done.failed]
        paused = any(verdict is not None and verdict.row is Row.PAUSED for verdict in failed)
        return bool(self.around.waiter.signals) or paused or bool(failed and not self.keep_going)

    def _done(self, planned: Planned) -> DueEnd:
        try:
            done = self._run(planned)
        except InterruptedEarlyError:
            return DueEnd(planned=planned)  # nothing of it was started
        except (RunnerError, LeaveNow) as error:
            done = DueEnd(planned=planned, verdict=error.verdict())
        end = done.end
        lines = [done.verdict.said if done.verdict else done.word]
        if done.failed and end is not None:
            advice = [f"advice: {end.advice}"] if isinstance(end, RunEnd) and end.advice else []
            lines += [*advice, *(end.lines if isinstance(end, WorkflowEnd) else ()), *end.on_failure]
            lines += [f"run this one again: {end.run_again}"] if end.run_again else []
        self._note(planned, "\n".join(lines))
        return done

    def _note(self, planned: Planned, text: str) -> None:
        self.around.tell.note(f"due {planned.name}: {text}")

    def _run(self, planned: Planned) -> DueEnd:
        """Runs one, as soon as it may."""
        waiter, subject = self.around.waiter, self.subject
        name = subject.name
        while True:
            run = self._turn(planned)
            if run is None:
                return DueEnd(planned=replace(planned, runs=False, why="succeeded"))
            self._note(planned, f"run {name}@{run.text}")
            began, end = waiter.now(), None
            try:
                end = self.begin(planned, run, self.around)
                verdict = end.verdict
            except InterruptedEarlyError:
                raise
            except RunnerError as error:
                verdict = error.verdict()
            # What a step was refused for is no run of the workflow: it is not seen, and would be waited for in vain.
            of_step = isinstance(end, WorkflowEnd) and any(step.state.has_failed for step in end.steps)
            refused = verdict.row is Row.OVERLAP and not of_step
            if not refused or self.look is None or waiter.signals:
                return DueEnd(planned=planned, verdict=verdict, run=run.text, seconds=waiter.now() - began, end=end)
            self._note(planned, f"{verdict.why}: waiting")
            waiter.wait(EVERY)

    def _turn(self, planned: Planned) -> RunId | None:
        """Waits while another run is in progress. Gives the id of its run; none where one has succeeded meanwhile."""
        noted, waiter = "", self.around.waiter
        while True:
            end_if_told(waiter)
            runs: Sequence[Seen] = ()
            if self.look is not None:
                watched, blind = self.look.known()
                runs = watched.runs
                mine = [run for run in runs if run.ended is None and run.backfill and _is_for(run, planned.due)]
                if mine:
                    return RunId(mine[0].identity, given=True)
                times = [due_time.due for due_time in self.planned]
                states = {state.due: state for state in became(watched, blind, times, self.wall())}
                if states[planned.due].state == "succeeded" and not self.every:
                    return None
            other = next((run for run in runs if run.ended is None), None)
            if other is None:
                run = run_of(planned.due, [*(run.identity for run in runs), *self._started])
                self._started.append(run.text)
                return run
            why = f"waiting: run {other.named} is in progress"
            if why != noted:
                self._note(planned, why)
            noted = why
            waiter.wait(EVERY)
            while self.look is not None and not waiter.signals and self.look.goes_on():
                waiter.wait(EVERY)


def _is_for(run: Seen, due: datetime) -> bool:
    """Whether a run is for a due time."""
    return run.scheduled is not None and abs(run.scheduled - due.timestamp()) < SAME_MINUTE
