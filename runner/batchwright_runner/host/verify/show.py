"""Prints findings for people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from batchwright_runner.host.terminal import fill
from batchwright_runner.host.terminal.text import one_line, visible
from batchwright_runner.host.verify.finding import Finding, Status

_WIDTH = 7


def lines(findings: Sequence[Finding], *, everything: bool, width: int = 0) -> Iterator[str]:
    """The findings batch by batch; what several batches have in common, such as a subnet, comes first and once.

    Args:
        findings: All findings.
        everything: Whether what is ok is shown line by line, too.
        width: Columns of the terminal; no line is wider but for a word that is. Default: as long as they are.
    """
    shown = [one for one in findings if everything or one.status is not Status.OK]
    batches = list(dict.fromkeys(one.batch for one in findings))
    common: dict[Finding, list[str]] = {}
    for one in shown:
        common.setdefault(replace(one, batch=""), []).append(one.batch)
    together: dict[str, list[Finding]] = {}
    for one, who in common.items():
        together.setdefault(_heading(who, len(batches)), []).append(one)
    order = sorted(together, key=lambda heading: heading in batches)
    for heading in order:
        yield from fill.words(heading, width) if width else (heading,)
        for one in together[heading]:
            yield from _finding(one, width)
    for batch in batches:
        if batch not in {one.batch for one in shown}:
            yield f"{batch}: ok"


def _heading(batches: Sequence[str], of: int) -> str:
    if len(batches) == 1:
        return batches[0] or "all batches"
    return f"all {of} batches" if len(batches) == of else ", ".join(batches)


def _finding(one: Finding, width: int) -> Iterator[str]:
    lead = str(one.status)
    for said in (f"{one.check}: {one.what}", one.advice):
        text = visible(one_line(said))
        for line in fill.words(text, max(fill.NARROWEST, width - _WIDTH - 4)) if width else [text] if text else []:
            yield f"  {lead:{_WIDTH}}  {line}"
            lead = ""


def summary(findings: Sequence[Finding]) -> str:
    """What the last line says: ``2 batches, 24 checks: 1 fail, 1 unknown, 22 ok``."""
    counts = Counter(one.status for one in findings)
    batches = len({one.batch for one in findings} - {""})
    told = ", ".join(f"{counts[status]} {status}" for status in reversed(Status) if counts[status])
    if not batches:
        return f"all batches: {told}"
    return f"{batches} {'batch' if batches == 1 else 'batches'}: {told or 'nothing was looked at'}"
