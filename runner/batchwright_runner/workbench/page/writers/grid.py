"""A table in so many columns of a terminal: in lines where it fits, in wrapped cells, or row below row. Pure."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from batchwright_runner.host.terminal import fill
from batchwright_runner.host.terminal.text import columns

GAP = "  "
NARROWEST = 10
"""Columns that a wrapped cell has at least; where there is no room for that, each row is shown as facts."""


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The lines of a table.

    Args:
        header: The columns' names.
        rows: Their cells, each in one line, as many as the header has.
        width: Columns of the terminal.
    """
    if not header:
        return
    natural = [max(columns(line[at]) for line in (header, *rows)) for at in range(len(header))]
    widths = fit(natural, width - len(GAP) * (len(header) - 1))
    if widths is None:
        yield from _stacked(header, rows, width)
        return
    for line in (header, *rows):
        cells = [[*fill.words(cell, most, whole=False)] for cell, most in zip(line, widths, strict=True)]
        for beside in zip_longest(*cells, fillvalue=""):
            yield GAP.join(cell + " " * (most - columns(cell)) for cell, most in zip(beside, widths, strict=True))


def fit(natural: Sequence[int], width: int) -> list[int] | None:
    """The widths of columns that fit together: the widest give first; ``None`` where they cannot.

    Args:
        natural: What each would need.
        width: What all have together.
    """
    widths = [*natural]
    while sum(widths) > width:
        widest = max(widths)
        if widest <= NARROWEST:
            return None
        at = widths.index(widest)
        second = max((one for one in widths if one < widest), default=NARROWEST)
        over = sum(widths) - width
        widths[at] = max(widest - over, min(second, widest - 1), NARROWEST)
    return widths


def _stacked(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, cell in zip(header, row, strict=True):
            yield from fill.words(f"{name}: {cell}" if name else cell, width)
