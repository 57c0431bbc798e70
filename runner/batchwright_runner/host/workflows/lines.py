"""How the steps of a workflow are shown while they run: a live line each at a terminal, elsewhere a line a change."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.moments import CLOCK, shown
from batchwright_runner.host.runs.phases import shown_phases
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.live_line import LiveLine, phase_of

ShownLog = Literal["all", "failed", "none"]
"""Whose log is shown: that of all steps, of failed ones at their end, or none."""


class StepLines(LiveLine):
    """A live line for each step in progress; elsewhere a line for each change of phase. Use as a context manager.

    `wall`: seconds since 1970.
    """

    def __init__(self, console: Console, *, wall: Callable[[], float] = time.time) -> None:
        super().__init__(console, "waiting for the first step", wall=wall)
        self._steps: dict[str, tuple[float, TaskState | None]] = {}
        self._phases: dict[str, str] = {}

    def begin(self, step: str, since: float) -> None:
        """A step has begun."""
        self._steps[step] = (since, None)
        self._phase = "waiting for the next step"
        self._say(step, "started", since)

    def end(self, step: str, words: str, at: float | None = None) -> None:
        """A step has ended: now, unless a time is given."""
        self._steps.pop(step, None)
        self._say(step, words, self._wall() if at is None else at)

    def over(self) -> None:
        """The workflow has ended: what is left is the rest of logs."""
        self._phase = "ended, showing the rest of the log"

    def of(self, step: str, state: TaskState) -> None:
        """A task of a step was seen."""
        if step in self._steps:
            self._steps[step] = (self._steps[step][0], state)
            phase = phase_of(state)
            if phase != self._phases.get(step) and phase != "stopped" and not self._console.live:
                spent = shown_phases(state.times)
                self._say(step, f"{phase} ({spent})" if spent else phase, self._wall())
            self._phases[step] = phase
        self._console.draw()

    def _say(self, step: str, words: str, at: float) -> None:
        self._console.note(f"{shown(at, CLOCK)} {step}: {words}")

    def _text(self) -> str:
        if not self._steps:
            return super()._text()
        now, width = self._wall(), max(map(len, self._steps))
        lines = []
        for step, (since, state) in self._steps.items():
            spent = shown_phases(state.times, now) if state is not None else ""
            phase = phase_of(state) if state is not None else "starting"
            parts = [f"{step:{width}}  {phase}", format_duration(now - since), *([spent] if spent else [])]
            lines.append(" · ".join(parts))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class StepWatcher:
    """Receives what the follow loop of a step reports."""

    lines: StepLines
    step: str

    def note(self, text: str) -> None:
        """Something a person should know."""
        self.lines.note(f"{self.step}: {text}")

    def state(self, state: TaskState) -> None:
        """The step's task was seen."""
        self.lines.of(self.step, state)

    def tick(self) -> float:
        """Nothing: the lines of all steps are brought up to date together."""
        return float("inf")
