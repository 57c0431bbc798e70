"""What did not come, for people and for programs. Pure."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from batchwright_runner.contract.missed.lapse import UNKNOWN, Kind, Lapse
from batchwright_runner.contract.missed.watched import Blind
from batchwright_runner.contract.moments import SHORT, cell, head, shown
from batchwright_runner.contract.sizes import NOBODY
from batchwright_runner.errors import UnusableManifestError
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import NARROWEST, columns, ellipsis, one_line, visible

LONGEST_NAME = 28
"""Columns of a batch's name where a line is too long."""
SAID = 3
"""Batches of which is said how a run is made up for, and due times of which is said why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of a look.

    Attributes:
        stage: The stage.
        findings: What there is to know.
        due: How many due times were looked at.
        batches: How many batches.
        begin: From when on, in seconds since 1970.
    """

    stage: str
    findings: Sequence[Lapse]
    due: int
    batches: int
    begin: float

    @property
    def trouble(self) -> Sequence[Lapse]:
        """What somebody should look at."""
        return [finding for finding in self.findings if finding.is_trouble]


def of_the_stage(blind: Blind) -> list[Lapse]:
    """What cannot be known of any batch."""
    return [Lapse(batch="", kind="unknown", why=blind.watch)] if blind.watch else []


def of_manifests(unusable: Mapping[str, UnusableManifestError]) -> list[Lapse]:
    """Batches of which nothing can be known: their manifests cannot be used."""
    return [Lapse(batch=name, kind="unknown", why=str(error)) for name, error in unusable.items()]


def entry_of(one: Lapse) -> dict[str, Any]:
    """A finding as ``--json`` prints it."""
    return {
        "batch": one.batch,
        "kind": one.kind,
        "due": one.due.isoformat() if one.due else None,
        "scheduler": one.scheduler,
        "what": one.what,
        "why": one.why,
        "runs": list(one.runs),
    }


def missed_table(findings: Sequence[Lapse], width: int) -> str:
    """The table of what somebody should look at, each line of which fits.

    Times of a batch that follow one another and have one reason are one line.

    Args:
        findings: The findings, in the order of the batches; one at least.
        width: Columns of the terminal; 0 for any number.
    """
    due = head("DUE", (finding.due for finding in findings if finding.due))
    names = ("BATCH", due, "STARTED BY", "WHAT")
    rows = [_row(list(group)) for _, group in groupby(findings, lambda one: (one.batch, one.what))]
    width = max(width or sys.maxsize, NARROWEST)
    if max(map(columns, table(names, rows).splitlines())) > width:
        rows = [(ellipsis(row[0], LONGEST_NAME), *row[1:]) for row in rows]
    return "\n".join(ellipsis(line, width) for line in table(names, rows).splitlines())


def notes(report: Report) -> Iterator[str]:
    """What is said beside the table: who is paused, what cannot be known and why, and what to do."""
    paused = [finding for finding in report.findings if finding.kind == "paused"]
    for (batch, why), group in groupby(paused, lambda one: (one.batch, one.why)):
        count = len(list(group))
        yield f"{batch} was due {_times(count)} while it was paused {why}".rstrip()
    yield from dict.fromkeys(f"{UNKNOWN}: {finding.why}" for finding in report.findings if finding.kind == "unknown")
    yield from _reasons(report)
    missed = {
        finding.batch: finding.due for finding in report.findings if finding.kind == "missed" and finding.due
    }  # the last of each
    for batch, due in list(missed.items())[:SAID]:
        yield f"make up for it: batchwright run {batch} -s {report.stage} --scheduled {due.isoformat()}"
    if len(missed) > SAID:
        yield f"and {len(missed) - SAID} more {'batch' if len(missed) == SAID + 1 else 'batches'} likewise"
    yield _summary(report)


def _reasons(report: Report) -> Iterator[str]:
    known = [finding for finding in report.findings if finding.why and finding.kind in ("missed", "twice")]
    for one in known[-SAID:]:
        yield f"{one.batch}, due {shown(one.due) if one.due else UNKNOWN}: {one.why}"


def _summary(report: Report) -> str:
    since = f"since {shown(report.begin)}"
    looked = f"{_times(report.due)} due of {report.batches} {'batch' if report.batches == 1 else 'batches'}, {since}"
    said: list[str] = []
    words: Sequence[tuple[Kind, str]] = (
        ("missed", "missed"),
        ("long", "in progress for longer than expected"),
        ("twice", "begun twice"),
        ("unknown", UNKNOWN),
    )
    for kind, word in words:
        count = sum(finding.kind == kind for finding in report.findings)
        said += [f"{count} {word}"] if count else []
    return f"{', '.join(said) or 'nothing was missed'}: {looked}"


def _times(count: int) -> str:
    return f"{count} time{'' if count == 1 else 's'}"


def _row(group: Sequence[Lapse]) -> Sequence[str]:
    first, last = group[0], group[-1]
    what = f"{first.what}, {len(group)} times" if len(group) > 1 and last.due else first.what
    due = cell(first.due, SHORT) if first.due else "-"
    return (first.batch or "all", due, (first.scheduler or NOBODY) if first.batch else "-", visible(one_line(what)))
