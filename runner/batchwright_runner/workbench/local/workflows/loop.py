"""The loop of a workflow's steps on this machine: the rules say what starts, a crew runs it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.rules import (
    NOT_STARTED,
    RUNNING,
    StepState,
    WorkflowVerdict,
    decide,
    failed_steps,
)
from batchwright_runner.contract.workflows.structure import Step, Structure
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.runs.crew import Crew
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.workflow_end import StepEnd

_DETAILS = ("task", "container_code", "reason", "advice", "log_complete")
"""What the result file holds of a step, of what it holds of a run."""
RunStep = Callable[[Step, str, Waiter], RunEnd]
"""Runs a step to its end, with the names of the steps that have failed, and with time and signals of its own."""


class StepsWatcher(Protocol):
    """Who is told how it goes."""

    def begun(self, step: Step) -> None:
        """A step has begun."""

    def ended(self, end: StepEnd, run: RunEnd | None) -> None:
        """A step has ended: what has become of it, and of its run; none where it could not be run."""

    def tick(self) -> float:
        """Time has passed; gives the seconds after which the next tick is wanted at the latest."""


@dataclass(slots=True)
class StepsLoop:
    """Runs a workflow's steps.

    Attributes:
        structure: The workflow.
        run: Runs a step.
        waiter: Time and signals.
        watcher: Who is told how it goes.
        parallelism: How many steps may run at once; of several that may start, the first declared ones do.
        states: Step to state.
        ends: Step to what has become of it.
        incomplete: Step to why lines of its log may be missing.
    """

    structure: Structure
    run: RunStep
    waiter: Waiter
    watcher: StepsWatcher
    parallelism: int
    states: dict[str, StepState] = field(default_factory=dict)
    ends: dict[str, StepEnd] = field(default_factory=dict)
    incomplete: dict[str, str] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)

    def to_the_end(self) -> WorkflowVerdict:
        """Runs them to the end of the whole. A signal stops it, a second one leaves what does not end.

        Raises:
            LeaveNow: A second signal came, and steps could not be left.
        """
        with Crew[RunEnd](self.waiter, self.watcher.tick) as crew:
            while True:
                try:
                    verdict = self._turn(crew)
                except LeaveNow:
                    crew.leave()
                else:
                    if verdict is not None:
                        return verdict

    def _turn(self, crew: Crew[RunEnd]) -> WorkflowVerdict | None:
        """Starts what starts now, and waits for the next end; the verdict where all is over."""
        halted = WorkflowVerdict(Row.SIGNAL, 128 + self.waiter.signals[0]) if self.waiter.signals else None
        decision = decide(self.structure, self.states, halted)
        self.states |= {step.name: NOT_STARTED for step in decision.never}
        for step in decision.start[: self.parallelism - len(crew)]:
            self._start(step, crew)
        for name, result in crew.ended().items():
            self._end(name, result)
        return decision.verdict

    def _start(self, step: Step, crew: Crew[RunEnd]) -> None:
        failed = " ".join(failed_steps(self.structure, self.states))
        self.states[step.name], self._begun[step.name] = RUNNING, self.waiter.now()
        self.watcher.begun(step)
        crew.start(step.name, lambda waiter: self.run(step, failed, waiter))

    def _end(self, name: str, result: Future[RunEnd]) -> None:
        seconds, run = self.waiter.now() - self._begun[name], None
        try:
            run = result.result()
            found, details = run.verdict, run.details()
            self.incomplete |= {name: run.incomplete} if run.incomplete else {}
        except (RunnerError, LeaveNow) as error:
            found, details = error.verdict(), {}
        state = self.states[name] = StepState.of(found.row, found.code)
        step = next(step for step in self.structure.all_steps if step.name == name)
        extra = {key: details[key] for key in _DETAILS if key in details}
        self.ends[name] = StepEnd(step=step, state=state, verdict=found, seconds=seconds, extra=extra)
        self.watcher.ended(self.ends[name], run)
