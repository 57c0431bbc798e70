"""Renders a table for a log. Japanese characters are two columns wide there."""

import unicodedata
from collections.abc import Sequence


def render(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 2) -> str:
    """Aligns the columns; the last ``numbers`` of them to the right."""
    table = [header, *rows]
    widths = [max(width(row[i]) for row in table) for i in range(len(header))]
    return "\n".join("  ".join(_cells(row, widths, len(header) - numbers)).rstrip() for row in table)


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "FW" else 1 for character in text)


def _cells(row: Sequence[str], widths: Sequence[int], first_number: int) -> list[str]:
    cells = []
    for i, text in enumerate(row):
        gap = " " * (widths[i] - width(text))
        cells.append(gap + text if i >= first_number else text + gap)
    return cells
