"""Where the words of a workflow's steps go: the step's name is before each line of a log, and before each remark."""

import json
import tempfile
from collections.abc import Iterable
from typing import Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.structure import Step
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.terminal.outlet import Outlet
from batchwright_runner.host.workflows.lines import StepLines

ShownLog = Literal["all", "failed", "none"]
"""Whose log is shown: that of all steps, of failed ones at their end, or none."""


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

    def begun(self, step: Step) -> None:
        """A step has begun."""
        with self._console.above():  # a step's own thread may draw the line
            now = self._wall()
            self.begin(step.name, now)
            self._steps[step.name] = (now, TaskState(status="RUNNING", began=True))

    def ended(self, end: StepEnd, run: RunEnd | None) -> None:
        """A step has ended: what has become of it, and of its run; none where it could not be run."""
        told = [f"{end.word}, {format_duration(end.seconds or 0.0)}"]
        if end.verdict is not None and end.verdict.row is not Row.OWN:
            told.append(end.verdict.why)
        if run is not None:
            told += [f"advice: {run.advice}"] if run.advice else []
            told += run.facts
        with self._console.above():
            self.end(end.step.name, "\n".join(told), self._wall())
