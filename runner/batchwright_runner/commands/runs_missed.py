"""``batchwright runs --missed``: what was due and did not run."""

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from batchwright_runner.contract.missed.judge import judge
from batchwright_runner.contract.missed.watched import UNKNOWN, Kind, Lapse
from batchwright_runner.contract.moments import SHORT, cell, head, shown
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.errors import UsageError
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.missed.look import look
from batchwright_runner.host.stage.all_manifests import Manifests
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import STDOUT, Console, line_width
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import NARROWEST, columns, ellipsis, one_line, visible

LONGEST_NAME = 28
"""Columns of a batch's name where a line is too long."""
SAID = 3
"""Batches for which the command is shown that makes up for a run, and due times whose reason is shown."""
_COUNTED: Sequence[tuple[Kind, str]] = (
    ("missed", "missed"),
    ("long", "in progress for longer than expected"),
    ("twice", "begun twice"),
    ("unknown", UNKNOWN),
)


def show_missed(console: Console, stage: Stage, found: Manifests, since: int, *, as_json: bool) -> int:
    """Shows it.

    `since`: how far back, in seconds.
    Returns 1 where a person should look, or where that cannot be known; else 0.
    """
    at = stage.target.stage
    unusable = {**found.unusable, **found.unusable_workflows}
    if not (found.batches or found.workflows or unusable):
        raise UsageError(f"nothing was looked at: stage {at} has no batches", hint=stage.no_batches())
    now = time.time()
    looked = look(stage, Runs(stage, found.batches), now - since, found.workflows)
    judged = [judge(batch, looked.blind, now - since, now) for batch in looked.batches]
    findings = [
        *([Lapse(batch="", kind="unknown", why=looked.blind.watch)] if looked.blind.watch else []),
        *(Lapse(batch=name, kind="unknown", why=str(error)) for name, error in unusable.items()),
        *(finding for batch in judged for finding in batch.findings),
    ]
    trouble = [finding for finding in findings if finding.is_trouble]
    if as_json:
        console.print_json([_entry(finding) for finding in findings])
    elif trouble:
        console.print(_table(trouble, line_width(STDOUT)))
    for note in _notes(at, findings):
        console.note(note)
    due = _times(sum(batch.due for batch in judged))
    batches = f"{len(judged)} {'batch' if len(judged) == 1 else 'batches'}"
    console.note(f"{_counted(findings)}: {due} due of {batches}, since {shown(now - since)}")
    return 1 if trouble else 0


def _entry(finding: Lapse) -> dict[str, Any]:
    """A finding as ``--json`` prints it."""
    return {
        "batch": finding.batch,
        "kind": finding.kind,
        "due": finding.due.isoformat() if finding.due else None,
        "scheduler": finding.scheduler,
        "what": finding.what,
        "why": finding.why,
        "runs": list(finding.runs),
    }


def _table(findings: Sequence[Lapse], width: int) -> str:
    """The table of what a person should look at, each line of which fits.

    Times of a batch that follow one another and have one reason are one line.

    `findings`: the findings, in the order of the batches; one at least.
    `width`: Columns of the terminal; 0 for any number.
    """
    due = head("DUE", (finding.due for finding in findings if finding.due))
    names = ("BATCH", due, "STARTED BY", "WHAT")
    rows = [_row(list(group)) for _, group in groupby(findings, lambda finding: (finding.batch, finding.what))]
    width = max(width or sys.maxsize, NARROWEST)
    if max(map(columns, table(names, rows).splitlines())) > width:
        rows = [(ellipsis(row[0], LONGEST_NAME), *row[1:]) for row in rows]
    return "\n".join(ellipsis(line, width) for line in table(names, rows).splitlines())


def _notes(stage: str, findings: Sequence[Lapse]) -> Iterator[str]:
    """The notes below the table: who is paused, what cannot be known and why, and what to do."""
    paused = [finding for finding in findings if finding.kind == "paused"]
    for (batch, why), group in groupby(paused, lambda finding: (finding.batch, finding.why)):
        count = len(list(group))
        yield f"{batch} was due {_times(count)} while it was paused {why}".rstrip()
    yield from dict.fromkeys(f"{UNKNOWN}: {finding.why}" for finding in findings if finding.kind == "unknown")
    explained = [finding for finding in findings if finding.why and finding.kind in ("missed", "twice")]
    for finding in explained[-SAID:]:
        yield f"{finding.batch}, due {shown(finding.due) if finding.due else UNKNOWN}: {finding.why}"
    missed = {
        finding.batch: finding.due for finding in findings if finding.kind == "missed" and finding.due
    }  # the last of each
    for batch, due in list(missed.items())[:SAID]:
        yield f"make up for it: batchwright run {batch} -s {stage} --scheduled {due.isoformat()}"
    if len(missed) > SAID:
        yield f"and {len(missed) - SAID} more {'batch' if len(missed) == SAID + 1 else 'batches'} likewise"


def _counted(findings: Sequence[Lapse]) -> str:
    """How many findings are of which kind."""
    counts = {word: sum(finding.kind == kind for finding in findings) for kind, word in _COUNTED}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "nothing was missed"


def _times(count: int) -> str:
    return f"{count} time{'' if count == 1 else 's'}"


def _row(group: Sequence[Lapse]) -> Sequence[str]:
    first, last = group[0], group[-1]
    what = f"{first.what}, {len(group)} times" if len(group) > 1 and last.due else first.what
    due = cell(first.due, SHORT) if first.due else "-"
    return (first.batch or "all", due, (first.scheduler or NOBODY) if first.batch else "-", visible(one_line(what)))
