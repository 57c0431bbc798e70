"""The end of a workflow's run, whatever ran it: the table of its steps, and what the result file holds of them."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.verdicts import ROWS, RetryAdvice, Row, Verdict, word
from batchwright_runner.contract.workflows.rules import PASSED_OVER, StepState
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.host.runs.end import End

STEP_HEAD = ("STEP", "TOOK", "RESULT")
"""The head of a table of `StepEnd.cells`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnd:
    """What has become of a step."""

    step: WorkflowStep
    state: StepState
    verdict: Verdict | None = None
    # How long it took; none where that is not known
    seconds: float | None = None
    # Why it was passed over; empty where it was not
    done: str = ""
    # What else the result file holds of it, such as its task
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def passed_over(cls, step: WorkflowStep, done: str) -> "StepEnd":
        """The end of a step that was not to run, with why."""
        return cls(step=step, state=PASSED_OVER, done=done)

    @property
    def word(self) -> str:
        """Its end in a word or two, for people: ``exit 3``, ``not started``; of one that was passed over also why."""
        if self.done:
            return f"{self.state.status.value}: {self.done}"
        if self.verdict is None:
            return self.state.status.value
        return word(self.verdict.row, self.verdict.code)

    @property
    def cells(self) -> tuple[str, str, str]:
        """It in a row of a table: the step, how long it took, its end."""
        ignored = " (ignored)" if self.state.has_failed and self.step.on_failure == "ignore" else ""
        took = "-" if self.seconds is None else format_duration(self.seconds)
        return self.step.name, took, f"{self.word}{ignored}"

    def to_dict(self) -> dict[str, Any]:
        """What the result file holds of it."""
        outcome = self.verdict
        return {
            "step": self.step.name,
            "batch": self.step.batch,
            "state": self.state.status.value,
            "word": self.word,
            "code": outcome.code if outcome else None,
            "row": outcome.row.value if outcome else None,
            "why": outcome.why if outcome else self.done,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            **self.extra,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowEnd(End):
    """The end of a workflow's run."""

    # What has become of its steps, in declared order
    steps: Sequence[StepEnd]

    @property
    def lines(self) -> Sequence[str]:
        """The table of its steps."""
        if not self.steps:
            return []
        rows = [STEP_HEAD, *(step.cells for step in self.steps)]
        first, second, _ = (max(map(len, column)) for column in zip(*rows, strict=True))
        return [f"{row[0]:{first}}  {row[1]:{second}}  {row[2]}" for row in rows]

    def details(self) -> dict[str, Any]:
        """What the result file holds beyond the verdict."""
        return {"steps": [step.to_dict() for step in self.steps], **End.details(self)}


def stopped_on(number: int, more: str, again: RetryAdvice = "ask") -> Verdict:
    """The verdict of what a signal has stopped. Pure."""
    why = f"{ROWS[Row.SIGNAL].phrase} on {signal.Signals(number).name} ({more})"
    return Verdict(Row.SIGNAL, 128 + number, why, again)
