"""Text for people: safe to print, in one line, cut to a width, in columns. Pure."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""The characters that turn the direction of text (Unicode, UAX 9, 2026-11)."""

_UNSAFE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{BIDI}]")


def visible(text: str) -> str:
    """Text that does nothing to a terminal: controls as ``^[``, turns of direction as ``<U+202E>``.

    Newlines and tabs are kept. Who may write a stop reason or a description may not be who reads it.
    """
    return _UNSAFE.sub(lambda match: visible_character(match.group()), text)


def visible_character(character: str) -> str:
    """A control, or a turn of direction, as something to read."""
    code = ord(character)
    if code >= 0xA0:
        return f"<U+{code:04X}>"
    return "^" + chr(code - 0x40 if code >= 0x80 else code ^ 0x40)


def one_line(text: str) -> str:
    """Text without newlines or runs of white space."""
    return " ".join(text.split())


def shorten(text: str, limit: int) -> str:
    """Text of at most so many characters, with an ellipsis where something was cut off."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def columns(text: str) -> int:
    """Columns that text takes on a terminal. East Asian wide characters count as two."""
    return sum(_cells(character) for character in text)


def cut(text: str, width: int) -> str:
    """The beginning of a text, as far as it fits into so many columns."""
    taken = 0
    for index, character in enumerate(text):
        taken += _cells(character)
        if taken > width:
            return text[:index]
    return text


GAP = "  "
"""Between two columns of a table; before those that did not fit into the line of their row, twice."""
NARROWEST = 80
"""Columns of a terminal below which lines are wrapped by it."""
LAST = 32
"""Columns of a line that a last column which may be cut is given at least."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]], width: int = 0, *, cut_last: bool = False) -> str:
    """Rows in aligned columns, each row one line, whatever its cells hold.

    Args:
        head: The columns' names.
        rows: The rows.
        width: Columns of the terminal. A row that does not fit goes on in a further line, at the next column; below
            `NARROWEST` it does so at that. 0: rows are one line, however long.
        cut_last: Whether the last column is cut rather than that a line is too long.
    """
    lines = [[visible(one_line(cell)) for cell in line] for line in (head, *rows)]
    widths = [max(map(columns, cells)) for cells in zip(*lines, strict=True)]
    width = max(width, NARROWEST) if width else 0
    parts = _parts([*widths[:-1], min(widths[-1], LAST) if cut_last else widths[-1]], width)
    shown = ["\n".join(_aligned(line, widths, part) for part in parts) for line in lines]
    if not width or not cut_last:
        return "\n".join(shown)
    return "\n".join(ellipsis(line, width) for text in shown for line in text.split("\n"))


def ellipsis(text: str, width: int) -> str:
    """Text that fits into so many columns, with an ellipsis where something was cut off."""
    return text if columns(text) <= width else f"{cut(text, width - 1)}…"


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


NO_BATCHES = "There are no batches yet"
"""What is said of a project on this machine; of a stage it is said where it was looked for them."""


def did_you_mean(name: str, known: Iterable[str], *, none: str = "There are none yet") -> str:
    """A question with the names nearest to ``name``, or the names there are; without its full stop.

    Args:
        name: What was typed.
        known: The names.
        none: What is said where there is no name at all.
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if not names:
        return none
    listed = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return f"There are: {listed}"


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def sentence(words: str) -> str:
    """Words that begin a sentence: the first letter is a capital, and no other changes. Pure."""
    return words[:1].upper() + words[1:]
