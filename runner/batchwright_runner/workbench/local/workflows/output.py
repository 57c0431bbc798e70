"""Where the words of a workflow's steps go: the step's name is before each line of a log, and before each remark."""

import json
import tempfile
from collections.abc import Callable, Iterable
from typing import Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.contract.workflows.structure import Step
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.log_output import Output
from batchwright_runner.host.terminal.outlet import Outlet
from batchwright_runner.host.workflows.lines import StepLines
from batchwright_runner.workbench.local.workflows.loop import StepResult

ShownLog = Literal["all", "failed", "none"]
"""Whose log is shown: that of all steps, of failed ones at their end, or none."""


class StepConsole(Console):
    """A console on which one step is spoken of.

    Args:
        console: The command's console.
        step: The step's name.
        alone: Whether nothing else goes on meanwhile, so that a live line is its own. Default: others do.
    """

    def __init__(self, console: Console, step: str, *, alone: bool = False) -> None:
        self._console = console
        self._step = step
        self._alone = alone
        self.quiet = console.quiet
        self.live = console.live and alone

    def note(self, text: str) -> None:
        """Says one thing of the step."""
        self._console.note(f"{self._step}: {text}")

    def keep(self, line: Callable[[], str] | None) -> None:
        """Draws a live line from now on, with the step's name before it; none for none."""
        if self._alone:
            self._console.keep(line and (lambda: f"{self._step}: {line()}"))

    def draw(self) -> None:
        """Brings the live line up to date."""
        if self._alone:
            self._console.draw()

    def hide(self) -> None:
        """Takes the live line away until it is drawn again."""
        if self._alone:
            self._console.hide()


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

    def ended(self, step: Step, result: StepResult) -> None:
        """A step has ended."""
        told = [f"{word(result.verdict.row, result.verdict.code)}, {format_duration(result.seconds)}"]
        if result.verdict.row is not Row.OWN:
            told.append(result.verdict.why)
        if result.end is not None:
            told += [f"advice: {result.end.advice}"] if result.end.advice else []
            told += result.end.facts
        with self._console.above():
            self.end(step.name, "\n".join(told), self._wall())
