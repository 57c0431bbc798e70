"""The end of a backfill: the table of its due times, and what the result file holds of them."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict, word
from batchwright_runner.contract.workflows.record import Workflow
from batchwright_runner.host.runs.workflow_end import aligned


@dataclass(frozen=True, slots=True, kw_only=True)
class DueEnd:
    """What has become of a due time.

    Attributes:
        due: It, as ISO 8601 with an offset.
        name: It, for people.
        why: What was known of it before, ``no run``.
        left_out: Whether it was not to be run.
        run: The id of its run; empty where none was started, or joined.
        verdict: What the end of its run means; none where there was none.
        seconds: How long it took; none where that is not known.
        extra: What else the result file holds of it, such as its task.
    """

    due: str
    name: str
    why: str
    left_out: bool = False
    run: str = ""
    verdict: Verdict | None = None
    seconds: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether its run has ended, and not well."""
        return self.verdict is not None and (self.verdict.row, self.verdict.code) != (Row.OWN, 0)

    @property
    def state(self) -> Literal["succeeded", "failed", "left out", "not run"]:
        """What has become of it, for programs."""
        if self.left_out:
            return "left out"
        if self.verdict is None or self.verdict.row in (Row.OVERLAP, Row.PAUSED):
            return "not run"
        return "failed" if self.failed else "succeeded"

    @property
    def word(self) -> str:
        """The same for people: ``exit 3``, ``left out: succeeded``, ``not run``."""
        if self.verdict is None:
            return f"left out: {self.why}" if self.left_out else self.state
        return word(self.verdict.row, self.verdict.code)

    def to_dict(self) -> dict[str, Any]:
        """What the result file holds of it."""
        found = self.verdict
        return {
            "due": self.due,
            "state": self.state,
            "word": self.word,
            "before": self.why,
            "run_id": self.run,
            "code": found.code if found else None,
            "row": found.row.value if found else None,
            "why": found.why if found else "",
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            **self.extra,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillEnd:
    """The end of a backfill. `batchwright_runner.host.runs.end.tell_end` says it as that of a run.

    Attributes:
        verdict: What it means.
        manifest: The batch, or the workflow.
        ends: What has become of its due times, in order.
        incomplete: Why lines of a run's log may be missing; empty when none are.
        goes_on: Lines that say how to follow and to stop what may still be in progress; none where nothing is.
        again: The command that runs what is left of it.
    """

    verdict: Verdict
    manifest: BatchManifest | Workflow
    ends: Sequence[DueEnd]
    incomplete: str = ""
    goes_on: Sequence[str] = ()
    again: str = ""
    on_failure: Sequence[str] = field(default=(), init=False)
    whole_log: str = field(default="", init=False)
    reason: str = field(default="", init=False)
    advice: str = field(default="", init=False)

    @property
    def succeeded(self) -> bool:
        """Whether each due time that was to be run has succeeded."""
        return self.verdict.row is Row.OWN and self.verdict.code == 0

    @property
    def run_again(self) -> str:
        """The command that runs what is left of it; empty where nothing is, or it may go on, or would end the same."""
        return self.again if self.verdict.may_improve and not self.goes_on else ""

    @property
    def facts(self) -> Sequence[str]:
        """The table of its due times."""
        rows = [(end.name, end.word, "-" if end.seconds is None else format_duration(end.seconds)) for end in self.ends]
        return aligned([("DUE", "RESULT", "TOOK"), *rows])

    def details(self) -> dict[str, Any]:
        """What the result file holds beyond the verdict."""
        return {
            "due": [end.to_dict() for end in self.ends],
            "log_complete": not self.incomplete,
            "run_again": self.run_again,
        }


def verdict_of(ends: Sequence[DueEnd], signals: Sequence[int]) -> Verdict:
    """The verdict of a backfill: that of the first run that failed, in the order of the due times. Pure.

    Args:
        ends: What has become of its due times, in order.
        signals: The signals that the runner has received, oldest first.
    """
    failed = next((end for end in ends if end.failed), None)
    states = [end.state for end in ends]
    counted = ", ".join(f"{states.count(one)} {one}" for one in dict.fromkeys(states))
    counted = f"{len(ends):,} due {'time' if len(ends) == 1 else 'times'}: {counted}"
    if failed is not None and failed.verdict is not None:
        found = failed.verdict
        return Verdict(found.row, found.code, f"due {failed.name}: {found.why} ({counted})", found.again)
    if signals and "not run" in states:
        why = f"{ROWS[Row.SIGNAL].phrase} on {signal.Signals(signals[0]).name} ({counted})"
        return Verdict(Row.SIGNAL, 128 + signals[0], why, "safe")
    return Verdict(Row.OWN, 0, counted, "ask")
