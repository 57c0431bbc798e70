"""The table of exit codes: what the end of a run is called, which code it has, and what may be done about it.

Every other list of these rows comes from here or is tested against it: `contract.judgment.verdict` decides which row an
end belongs to, `batchwright_runner.errors` which one an error belongs to; the documents' tables are generated. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

RetryAdvice = Literal["safe", "ask", "useless", "again"]
"""``safe``: nothing of the batch ran and later may work. ``ask``: it had begun. ``useless``: fix something first.
``again``: a workflow had begun, so some of its steps may have run already."""

Advice = Literal["reason", "code"]
"""By what advice is looked up: the stop reason that AWS gives, or the container's exit code."""


class Row(Enum):
    """The rows of the table, by the names that ``--result`` writes. The first row that fits decides."""

    USAGE = "usage"
    OVERLAP = "overlap"
    PAUSED = "paused"
    NEVER_STARTED = "never-started"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    ENDED_BY_AWS = "ended-by-aws"
    STOPPED_BY_OTHERS = "stopped-by-others"
    OWN = "own"
    STEP_NOT_RUN = "step-not-run"
    NO_RESULT = "no-result"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row of the table, for one run."""

    row: Row
    code: int
    # The row and its reason, as the last line on stderr says it
    why: str
    again: RetryAdvice

    @property
    def said(self) -> str:
        """The last line on stderr."""
        return f"exit {self.code}: {self.why}"

    @property
    def succeeded(self) -> bool:
        """Whether it is the container's own 0."""
        return (self.row, self.code) == (Row.OWN, 0)

    @property
    def may_improve(self) -> bool:
        """Whether it is a failure, and may be none when it is run again: of what never started, once that is fixed."""
        return not self.succeeded and (self.again != "useless" or self.row is Row.NEVER_STARTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFacts:
    """What is known of a row, whatever the run."""

    # Its exit codes; none for the container's own, which may be any
    codes: tuple[int, ...]
    # Its short name for people, as ``batchwright runs`` shows it
    word: str
    # Its name for machines, without the prefix ``Batchwright.``; rows that differ only in who asked share one
    name: str
    # Whether running again makes sense, where nothing more is known of the run
    again: RetryAdvice
    # By what advice is looked up, the first that is found
    advice: tuple[Advice, ...] = ("reason",)
    # How the last line on stderr begins
    phrase: str
    when: str

    @property
    def code(self) -> int:
        """Its only exit code."""
        (code,) = self.codes
        return code


ROWS: Mapping[Row, RowFacts] = {
    Row.USAGE: RowFacts(
        codes=(2,),
        word="usage",
        name="Usage",
        again="useless",
        advice=(),
        phrase="usage",
        when="usage: unknown option, no such batch, no such run",
    ),
    Row.OVERLAP: RowFacts(
        codes=(123,),
        word="overlap",
        name="Overlap",
        again="safe",
        phrase="not run",
        when='not run: another run is in progress, and the batch says `overlap="forbid"`, or was waited for too long',
    ),
    Row.PAUSED: RowFacts(
        codes=(123,),
        word="paused",
        name="Paused",
        again="safe",
        phrase="not run",
        when="not run: it is paused (`batchwright pause`)",
    ),
    Row.NEVER_STARTED: RowFacts(
        codes=(126,),
        word="never started",
        name="NeverStarted",
        again="useless",
        phrase="the batch never started",
        when="the batch never started: image, secret, network, or no capacity after all retries",
    ),
    Row.SIGNAL: RowFacts(
        codes=(129, 130, 131, 143),
        word="stopped",
        name="Stopped",
        again="ask",
        phrase="stopped",
        when="this runner was told to stop by SIGHUP, SIGINT, SIGQUIT or SIGTERM, and stopped the batch",
    ),
    Row.TIMEOUT: RowFacts(
        codes=(124,),
        word="timeout",
        name="Timeout",
        again="ask",
        phrase="stopped",
        when="the timeout, or the deadline kept by AWS, stopped it",
    ),
    Row.ENDED_BY_AWS: RowFacts(
        codes=(75,),
        word="interrupted",
        name="Interrupted",
        again="ask",
        phrase="AWS ended it",
        when="AWS ended a run that had begun: Spot, retirement, infrastructure",
    ),
    Row.STOPPED_BY_OTHERS: RowFacts(
        codes=(122,),
        word="stopped",
        name="Stopped",
        again="ask",
        phrase="stopped by someone else",
        when="stopped by someone else: `batchwright stop`, the console, the API",
    ),
    Row.OWN: RowFacts(
        codes=(),
        word="exit",
        name="Exit",
        again="ask",
        advice=("reason", "code"),
        phrase="the container's own code",
        when="it ended by itself and its code was seen",
    ),
    Row.STEP_NOT_RUN: RowFacts(
        codes=(125,),
        word="step not run",
        name="StepNotRun",
        again="ask",
        phrase="other steps had begun",
        when="of a workflow: a step was not run (alone, that is 2, 123 or 126), and another one had begun",
    ),
    Row.NO_RESULT: RowFacts(
        codes=(125,),
        word="no result",
        name="NoResult",
        again="ask",
        phrase="no result",
        when="everything else: no code seen, credentials, permissions, the API, the manifest, a defect in the runner",
    ),
}
"""The table, in its order."""


def word(row: Row, code: int) -> str:
    """A run's end in a word or two, for people: ``timeout``, ``exit 3``, ``succeeded``."""
    if row is not Row.OWN:
        return ROWS[row].word
    return f"{ROWS[row].word} {code}" if code else "succeeded"


PREFIX = "Batchwright."
"""How the names of ends begin that machines fail with."""


def name(row: Row, code: int) -> str:
    """A run's end for machines: ``Batchwright.Timeout``, ``Batchwright.Exit3``."""
    return f"{PREFIX}{ROWS[row].name}{code if row is Row.OWN else ''}"


def named(error: str) -> tuple[Row, int]:
    """The row and the exit code of a machine's failure, by its name; no result for any other name."""
    short = error.removeprefix(PREFIX) if error.startswith(PREFIX) else ""
    own = re.fullmatch(rf"{ROWS[Row.OWN].name}([0-9]{{1,3}})", short)
    if own and int(own[1]) < 256:
        return Row.OWN, int(own[1])
    # Of the two rows that are called Stopped, the one that no runner's signal has led to.
    row = {facts.name: row for row, facts in ROWS.items() if row is not Row.OWN}.get(short, Row.NO_RESULT)
    return row, ROWS[row].code
