"""The end of a backfill: the table of its due times, and what the result file holds of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from batchwright_runner.contract.due_times import number_of
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict, word
from batchwright_runner.host.backfill.plan import Planned
from batchwright_runner.host.runs.end import End
from batchwright_runner.host.runs.workflow_end import stopped_on
from batchwright_runner.host.terminal.table import table

_SHOWN = ("task", "execution", "attempt", "container_code", "reason", "links", "cost")
"""Fields of a run's result file that are also those of a due time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEnd:
    """What has become of a due time."""

    planned: Planned
    # The id of its run; empty where none was started, or joined
    run: str = ""
    verdict: Verdict | None = None
    # How long it took; none where that is not known
    seconds: float | None = None
    end: End | None = None

    @property
    def failed(self) -> bool:
        """Whether its run has ended, and not well."""
        return self.verdict is not None and not self.verdict.succeeded

    @property
    def state(self) -> Literal["succeeded", "failed", "left out", "not run"]:
        """What has become of it, for programs."""
        if not self.planned.runs:
            return "left out"
        if self.verdict is None or self.verdict.row in (Row.OVERLAP, Row.PAUSED):
            return "not run"
        return "failed" if self.failed else "succeeded"

    @property
    def word(self) -> str:
        """The same for people: ``exit 3``, ``left out: succeeded``, ``not run``."""
        if self.verdict is None:
            return self.state if self.planned.runs else f"left out: {self.planned.why}"
        return word(self.verdict.row, self.verdict.code)

    def to_dict(self) -> dict[str, Any]:
        """What the result file holds of it."""
        verdict, details = self.verdict, self.end.details() if self.end else {}
        return {
            "due": self.planned.due.isoformat(),
            "state": self.state,
            "word": self.word,
            "before": self.planned.why,
            "run_id": self.run,
            "code": verdict.code if verdict else None,
            "row": verdict.row.value if verdict else None,
            "why": verdict.why if verdict else "",
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            **{name: details[name] for name in _SHOWN if name in details},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillEnd(End):
    """The end of a backfill."""

    # What has become of its due times, in order
    ends: Sequence[DueEnd]

    @property
    def lines(self) -> Sequence[str]:
        """The table of its due times."""
        took = ["-" if end.seconds is None else format_duration(end.seconds) for end in self.ends]
        rows = [(end.planned.name, seconds, end.word) for end, seconds in zip(self.ends, took, strict=True)]
        return table(("DUE", "TOOK", "RESULT"), rows).split("\n")

    def details(self) -> dict[str, Any]:
        """What the result file holds beyond the verdict."""
        return {"due": [end.to_dict() for end in self.ends], **End.details(self)}


def verdict_of(ends: Sequence[DueEnd], signals: Sequence[int]) -> Verdict:
    """The verdict: that of the first run that failed, by due time; 123 while a due run may still start. Pure."""
    failed = next((end for end in ends if end.failed), None)
    states = [end.state for end in ends]
    became = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    became = f"{number_of(ends)}: {became}"
    if failed is not None and failed.verdict is not None:
        verdict = failed.verdict
        return Verdict(verdict.row, verdict.code, f"due {failed.planned.name}: {verdict.why} ({became})", verdict.again)
    if signals and "not run" in states:
        return stopped_on(signals[0], became, "safe")
    if pending := next((end.planned.name for end in ends if end.planned.may_start), ""):
        why = f"{ROWS[Row.OVERLAP].phrase} (due {pending}: its scheduler may still start it; {became})"
        return Verdict(Row.OVERLAP, 123, why, "safe")
    return Verdict(Row.OWN, 0, became, "ask")
