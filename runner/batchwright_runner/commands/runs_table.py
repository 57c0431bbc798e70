"""Runs as rows of a table that fits a terminal, and as entries of a JSON array. Pure."""

import sys
from collections.abc import Iterator, Sequence

from batchwright_runner.contract.moments import head
from batchwright_runner.host.fargate.run_entry import Entry, cells_of
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import NARROWEST, columns, ellipsis, one_line, visible

_COLUMNS = ("BATCH", "RUN", "STARTED", "TOOK", "BY", "RESULT")
_SHORTEST = {"BATCH": 18, "BY": 11}
"""Columns that are cut to this width at least, where a line is too long. Before that, the result's reason is."""
_RESULT = len("never started:…")
_GAP = 2


def runs_table(entries: Sequence[Entry], width: int, *, one_batch: bool) -> str:
    """The table, each line of which fits.

    `width`: Columns of the terminal. Below `NARROWEST` lines are wrapped by it, rather than cut. 0: any number.
    `one_batch`: whether all are of the batch that was asked for: its name need not be shown.
    """
    width = max(width or sys.maxsize, NARROWEST)
    named = [(f"- {entry['step']}" if "step" in entry else entry["batch"], entry) for entry in _all(entries)]
    started = head("STARTED", (entry["started"] for _, entry in named))
    names = [started if name == "STARTED" else name for name in _COLUMNS]
    rows = [[name, *(visible(one_line(cell)) for cell in cells_of(entry))] for name, entry in named]
    for name, shortest in _SHORTEST.items():
        _shorten(names, rows, _COLUMNS.index(name), shortest, width)
    first = 1 if one_batch else 0
    lines = table(names[first:], [row[first:] for row in rows]).splitlines()
    return "\n".join(ellipsis(line, width) for line in lines)


def _all(entries: Sequence[Entry]) -> Iterator[Entry]:
    """The runs, and below those of a workflow those of its steps."""
    for entry in entries:
        yield entry
        yield from entry.get("steps", ())


def _shorten(names: Sequence[str], rows: Sequence[list[str]], at: int, shortest: int, width: int) -> None:
    """Cuts a column as far as the results need it."""
    widths = [max(columns(cell) for cell in (names[n], *(row[n] for row in rows))) for n in range(len(names) - 1)]
    over = sum(widths) + _GAP * len(widths) + _RESULT - width
    keep = max(shortest, widths[at] - over)
    for row in rows if over > 0 else ():
        row[at] = ellipsis(row[at], keep)
