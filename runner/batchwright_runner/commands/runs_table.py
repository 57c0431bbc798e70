"""Runs as rows of a table that fits a terminal, and as entries of a JSON array. Pure."""

import sys
from collections.abc import Iterator, Sequence

from batchwright_runner.contract.moments import head
from batchwright_runner.contract.run_entry import Entry, cells_of
from batchwright_runner.host.terminal.table import table
from batchwright_runner.host.terminal.text import NARROWEST, columns, ellipsis, one_line, visible

_COLUMNS = ("RUN", "STARTED", "TOOK", "BY", "RESULT")
_SHORTEST = {"BY": 11, "RUN": 27}
"""Columns that are cut to this width at least, where a line is too long. Before that, the result's reason is."""
_RESULT = len("never started:…")
_GAP = 2


def runs_table(entries: Sequence[Entry], width: int) -> str:
    """The table, each line of which fits.

    `width`: Columns of the terminal. Below `NARROWEST` lines are wrapped by it, rather than cut. 0: any number.
    """
    width = max(width or sys.maxsize, NARROWEST)
    shown = [*_all(entries)]
    started = head("STARTED", (entry["started"] for entry in shown))
    names = [started if name == "STARTED" else name for name in _COLUMNS]
    rows = [[visible(one_line(cell)) for cell in cells_of(entry)] for entry in shown]
    for name, shortest in _SHORTEST.items():
        _shorten(names, rows, _COLUMNS.index(name), shortest, width)
    lines = table(names, rows).splitlines()
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
        # The end of a run's name says which one it is.
        batch, end = row[at].split("@", 1) if not at and "@" in row[at] else (row[at], "")
        row[at] = f"{ellipsis(batch, keep - columns(end) - 1)}@{end}" if end else ellipsis(batch, keep)
