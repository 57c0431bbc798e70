"""Text in lines of so many columns. Pure."""

import re
from collections.abc import Iterator

from batchwright_runner.host.terminal.text import columns, cut

NARROWEST = 20
"""Columns of a text at least: where a terminal has fewer, that is taken."""
_TO_COPY = re.compile(r"[!-~]*[/:][!-~]*")
"""A URL, an ARN, a path, an image: of ASCII, with something between its parts."""


def words(text: str, width: int, *, whole: bool = True) -> Iterator[str]:
    """A text's lines, broken between words. A word that no line has room for is broken too.

    `width`: Columns of a line; at least 2, for a wide character.
    """
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if columns(longer) <= width:
            line = longer
            continue
        if line:
            filled = _wide_part(word, width - columns(line) - 1)
            yield f"{line} {filled}" if filled else line
            word = word[len(filled) :]
        first, *rest = [word] if whole and _TO_COPY.fullmatch(word) else pieces(word, width)
        line = first
        for piece in rest:
            yield line
            line = piece
    if line:
        yield line


def _wide_part(word: str, room: int) -> str:
    """As much of a word as there is room for, up to a wide character or after one: those may be parted anywhere."""
    taken = cut(word, room) if room > 0 else ""
    while taken and not (_wide(taken[-1]) or _wide(word[len(taken) :][:1])):
        taken = taken[:-1]
    return taken


def _wide(character: str) -> bool:
    return columns(character) > 1


def pieces(line: str, width: int) -> list[str]:
    """A line in pieces that fit, broken anywhere, and nothing of it lost; at least one.

    `width`: Columns of a piece; at least 2.
    """
    lines = []
    while columns(line) > width:
        piece = cut(line, max(width, 2))
        lines.append(piece)
        line = line[len(piece) :]
    return [*lines, line]
