"""The loop of a workflow's steps on this machine: the rules say what starts, a crew runs it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from batchwright_runner.contract.verdicts import Row, Verdict
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

RunStep = Callable[[Step, str, Waiter], RunEnd]
"""Runs a step to its end, with the names of the steps that have failed, and with time and signals of its own."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """The end of a step.

    Attributes:
        verdict: What it means.
        seconds: How long it took.
        end: What was seen of it; none where it could not be run.
    """

    verdict: Verdict
    seconds: float
    end: RunEnd | None


class StepsWatcher(Protocol):
    """Who is told how it goes."""

    def begun(self, step: Step) -> None:
        """A step has begun."""

    def ended(self, step: Step, result: StepResult) -> None:
        """A step has ended."""

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
        results: Step to its end.
    """

    structure: Structure
    run: RunStep
    waiter: Waiter
    watcher: StepsWatcher
    parallelism: int
    states: dict[str, StepState] = field(default_factory=dict)
    results: dict[str, StepResult] = field(default_factory=dict)
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
        seconds = self.waiter.now() - self._begun[name]
        try:
            end = result.result()
            ended = StepResult(end.verdict, seconds, end)
        except (RunnerError, LeaveNow) as error:
            ended = StepResult(error.verdict(), seconds, None)
        self.states[name] = StepState.of(ended.verdict.row, ended.verdict.code)
        self.results[name] = ended
        self.watcher.ended(next(step for step in self.structure.all_steps if step.name == name), ended)
