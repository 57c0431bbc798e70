"""The loop of a workflow's steps on this machine, by the rules, with a crew; and what is shown of the steps."""

import json
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.rules import (
    NOT_STARTED,
    RUNNING,
    StepState,
    WorkflowVerdict,
    decide,
    failed_steps,
)
from batchwright_runner.contract.workflows.structure import Structure, WorkflowStep
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.runs.crew import Crew
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.terminal.outlet import Outlet
from batchwright_runner.host.workflows.lines import StepLines

_DETAILS = ("task", "container_code", "reason", "advice", "log_complete")
"""What the result file holds of a step, of what it holds of a run."""
RunStep = Callable[[WorkflowStep, str, Waiter], RunEnd]
"""Runs a step to its end, with the names of the steps that have failed, and with time and signals of its own."""


class HeldOutput(Output):
    """Takes the lines of a step, and shows them at its end or not at all."""

    def __init__(self, output: Output) -> None:
        self._shown_on = output
        self._file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - it goes with the step
        super().__init__(Outlet(self._file.fileno()))

    def put(self, lines: Iterable[LogLine], label: bytes = b"") -> None:
        """Takes lines."""
        for line in lines:
            text = (label + line.text).decode("latin-1")  # a character for each byte, whatever it is
            self._file.write(json.dumps([text, line.at]) + "\n")

    def show(self, waiter: Waiter) -> None:
        """Shows all of it, as fast as the reader takes it; after a signal only what can be written at once."""
        self._file.seek(0)
        for entry in self._file:
            text, at = json.loads(entry)
            self._shown_on.put([LogLine(text.encode("latin-1"), at)])
            while self._shown_on.full and not waiter.signals:
                self._wait(waiter)
        while not self._shown_on.empty and not waiter.signals:
            self._wait(waiter)

    def close(self) -> None:
        """Forgets it."""
        self._file.close()

    def _wait(self, waiter: Waiter) -> None:
        waiter.wait(1.0, write=self._shown_on.watch())
        self._shown_on.pump()


class LocalSteps(StepLines):
    """How the steps go, at a terminal and elsewhere."""

    def begun(self, step: WorkflowStep) -> None:
        """A step has begun."""
        with self._console.above():  # a step's own thread may draw the line
            now = self._wall()
            self.begin(step.name, now)
            self._steps[step.name] = (now, TaskState(status="RUNNING", began=True))

    def ended(self, end: StepEnd, run: RunEnd | None) -> None:
        """A step has ended: what has become of it, and of its run; none where it could not be run."""
        lines = [f"{end.word}, {format_duration(end.seconds or 0.0)}"]
        if end.verdict is not None and end.verdict.row is not Row.OWN:
            lines.append(end.verdict.why)
        if run is not None:
            lines += [f"advice: {run.advice}"] if run.advice else []
            lines += run.facts
        with self._console.above():
            self.end(end.step.name, "\n".join(lines), self._wall())


@dataclass(slots=True)
class StepsLoop:
    """Runs a workflow's steps."""

    structure: Structure
    run: RunStep
    waiter: Waiter
    shown: LocalSteps
    # How many steps may run at once; of several that may start, the first declared ones do
    parallelism: int
    states: dict[str, StepState] = field(default_factory=dict)
    ends: dict[str, StepEnd] = field(default_factory=dict)
    # Step to why lines of its log may be missing
    incomplete: dict[str, str] = field(default_factory=dict)
    _begun: dict[str, float] = field(default_factory=dict)

    def to_the_end(self) -> WorkflowVerdict:
        """Runs them to the end of the whole. A signal stops it, a second one leaves what does not end."""
        with Crew[RunEnd](self.waiter, self.shown.tick) as crew:
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

    def _start(self, step: WorkflowStep, crew: Crew[RunEnd]) -> None:
        failed = " ".join(failed_steps(self.structure, self.states))
        self.states[step.name], self._begun[step.name] = RUNNING, self.waiter.now()
        self.shown.begun(step)
        crew.start(step.name, lambda waiter: self.run(step, failed, waiter))

    def _end(self, name: str, result: Future[RunEnd]) -> None:
        seconds, run = self.waiter.now() - self._begun[name], None
        try:
            run = result.result()
            verdict, details = run.verdict, run.details()
            self.incomplete |= {name: run.incomplete} if run.incomplete else {}
        except (RunnerError, LeaveNow) as error:
            verdict, details = error.verdict(), {}
        state = self.states[name] = StepState.of(verdict.row, verdict.code)
        step = next(step for step in self.structure.all_steps if step.name == name)
        extra = {key: details[key] for key in _DETAILS if key in details}
        self.ends[name] = StepEnd(step=step, state=state, verdict=verdict, seconds=seconds, extra=extra)
        self.shown.ended(self.ends[name], run)
