"""Tables on a terminal. Pure."""

from collections.abc import Iterable, Sequence

from batchwright_runner.host.terminal.text import NARROWEST, columns, ellipsis, one_line, visible

GAP = "  "
"""Between two columns of a table; before those that did not fit into the line of their row, twice."""
LAST = 32
"""Columns of a line that a last column which may be cut is given at least."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], width: int = 0, *, cut_last: bool = False) -> str:
    """Rows in aligned columns, each row one line, whatever its cells hold.

    `width`: Columns of the terminal. A row that does not fit goes on in a further line, at the next column; below
    `NARROWEST` it does so at that. 0: rows are one line, however long.
    """
    lines = [[visible(one_line(cell)) for cell in line] for line in (head, *rows)]
    widths = [max(map(columns, cells)) for cells in zip(*lines, strict=True)]
    width = max(width, NARROWEST) if width else 0
    parts = _parts([*widths[:-1], min(widths[-1], LAST) if cut_last else widths[-1]], width)
    shown = ["\n".join(_aligned(line, widths, part) for part in parts) for line in lines]
    if not width or not cut_last:
        return "\n".join(shown)
    return "\n".join(ellipsis(line, width) for text in shown for line in text.split("\n"))


def _parts(widths: Sequence[int], width: int) -> list[range]:
    """Which columns stand in each line of a row."""
    parts, begun, taken = [], 0, 0
    for column, own in enumerate(widths):
        if width and column > begun and taken + own > width:
            parts.append(range(begun, column))
            begun, taken = column, 2 * len(GAP)
        taken += own + len(GAP)
    return [*parts, range(begun, len(widths))]


def _aligned(line: Sequence[str], widths: Sequence[int], part: range) -> str:
    cells = [line[at] + " " * (widths[at] - columns(line[at])) for at in part]
    return f"{GAP * 2 if part.start else ''}{GAP.join(cells)}".rstrip(" ")
