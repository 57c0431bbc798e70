"""The end of a run, whatever ran it: what the result file holds of it, and what a person sees of it."""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import Ending
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.host.runs.phases import phases
from batchwright_runner.host.runs.variables import HIDDEN

if TYPE_CHECKING:
    from batchwright_runner.contract.manifests import Manifest

UNSEEN = TaskState(status="UNKNOWN")
EARLIER = "of an earlier attempt, "
"""Begins the note about a log that is not whole, where that is not the last attempt's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of what was run: a batch, a workflow, or either for several due times."""

    verdict: Verdict
    manifest: "Manifest"
    # Of a workflow, the batch of the step that failed: its owner is asked first
    failed: "BatchManifest | None" = None
    # Why lines of a log may be missing; empty when none are
    incomplete: str = ""
    # What else the result file holds, which only some have
    extra: Mapping[str, Any] = field(default_factory=dict)
    # Lines that say what helps to understand a failure
    on_failure: Sequence[str] = ()
    # Lines that say how to follow and to stop what may still be in progress; none where nothing is
    goes_on: Sequence[str] = ()
    # The command that shows the whole log; empty where there is none
    whole_log: str = ""
    # The command that runs it again; empty where nothing that is kept could be
    again: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well: of a run, whether a 0 of the container's own was seen."""
        return self.verdict.succeeded

    @property
    def run_again(self) -> str:
        """The command that runs it again; empty where it has succeeded, may go on, or would end the same."""
        return self.again if self.verdict.may_improve and not self.goes_on else ""

    @property
    def lines(self) -> Sequence[str]:
        """The lines about it that come before whom to ask and what to do."""
        return ()

    def details(self) -> dict[str, Any]:
        """What the result file holds beyond the verdict."""
        return {"log_complete": not self.incomplete, "run_again": self.run_again, **self.extra}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd(End):
    """The end of a run of a batch."""

    manifest: BatchManifest
    # What a person calls what ran: a task ARN, a process id
    task: str
    # The run as it was last seen; none when it was not looked at
    state: TaskState | None = None
    ending: Ending | None = None
    # Lines that say what else is known of the run
    facts: Sequence[str] = ()

    def with_missing_lines_of(self, before: "RunEnd") -> "RunEnd":
        """This end of an attempt, which also says what is missing of the log of the attempts before. Pure."""
        if not before.incomplete:
            return self
        earlier = before.incomplete if before.incomplete.startswith(EARLIER) else f"{EARLIER}{before.incomplete}"
        if not self.incomplete:
            return replace(self, incomplete=earlier, whole_log=before.whole_log)
        return replace(self, incomplete=f"{earlier}; {self.incomplete}")

    @property
    def gave_way(self) -> bool:
        """Whether it was stopped for another run before it began: as a further attempt it does not count."""
        return self.verdict.row is Row.OVERLAP and self.ending is not None and not self.ending.began

    @property
    def reason(self) -> str:
        """Why it has ended, as what ran it says; empty where that was not seen."""
        return self.state.reason if self.state is not None else ""

    @property
    def advice(self) -> str:
        """What the reason, or the exit code, asks a person to do; empty where that is not known."""
        return advice(self.verdict, self.reason)

    @property
    def lines(self) -> Sequence[str]:
        """Why a failed run has ended so, and what is known of it."""
        reasons = {"reason": "" if self.verdict.row is Row.NEVER_STARTED else self.reason, "advice": self.advice}
        return [*(f"{name}: {text}" for name, text in reasons.items() if text and not self.succeeded), *self.facts]

    def details(self) -> dict[str, Any]:
        """What the result file holds beyond the verdict."""
        state = self.state or UNSEEN
        return {
            "task": self.task,
            "image_digest": state.image_digest,
            "container_code": state.exit_code,
            "stop_code": state.stop_code,
            "reason": self.reason,
            "advice": self.advice,
            "times": dict(state.times),
            "phases": {name: round(seconds, 3) for name, seconds in phases(state.times).items()},
            **End.details(self),
        }


def tell_end(note: Callable[[str], None], end: End) -> None:
    """Says how a run has ended, whom to ask and what to do if it failed, and in the last line the verdict."""
    if end.incomplete:
        rest = f"\nall of them: {end.whole_log}" if end.whole_log else ""
        note(f"lines may be missing: {end.incomplete}{rest}")
    if end.lines:
        note("\n".join(end.lines))
    if not end.succeeded:
        fixed = ", once that is fixed" if end.verdict.again == "useless" else ""
        again = [f"run it again{fixed}: {end.run_again}"] if end.run_again else []
        note("\n".join([*_whom(end), *end.on_failure, *end.goes_on, *again]))
    note(end.verdict.said)


def shell_line(words: Iterable[str]) -> str:
    """A command line as a person pastes it into a shell, on one line. A value that is not shown is not quoted."""
    return " ".join(map(_shell_word, words))


def _shell_word(word: str) -> str:
    if controls := re.findall(r"[\0-\x1f\x7f]", word):
        for character in ("\\", "'", *dict.fromkeys(controls)):
            word = word.replace(character, f"\\{ord(character):03o}")
        return f"$'{word}'"
    return shlex.quote(word.removesuffix(HIDDEN)) + HIDDEN if word.endswith(f"={HIDDEN}") else shlex.quote(word)


def _whom(end: End) -> list[str]:
    asked = [end.failed or end.manifest, end.manifest]
    contacts = {
        "owner": next((of.owner for of in asked if of.owner), ""),
        "runbook": next((of.runbook for of in asked if of.runbook), ""),
    }
    return [f"{name}: {' '.join(text.split())}" for name, text in contacts.items() if text]
