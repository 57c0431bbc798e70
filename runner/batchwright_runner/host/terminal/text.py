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


NARROWEST = 80
"""Columns of a terminal below which lines are wrapped by it."""


def ellipsis(text: str, width: int) -> str:
    """Text that fits into so many columns, with an ellipsis where something was cut off."""
    return text if columns(text) <= width else f"{cut(text, width - 1)}…"


def did_you_mean(name: str, known: Iterable[str], *, none: str = "There are none yet", before: str = "") -> str:
    """A question with the names nearest to ``name``, or the names there are; without its full stop.

    `before`: what comes before each name that is near.
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(f'{before}{each}' for each in near)}?"
    if not names:
        return none
    return f"There are: {few(names, 10)}"


def few(names: Sequence[str], most: int = 3) -> str:
    """The first few names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def listed(texts: Iterable[str]) -> str:
    """``a, b and c``."""
    *others, last = [*texts] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Me", "Mn"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def sentence(words: str) -> str:
    """Words that begin a sentence: the first letter is a capital, and no other changes. Pure."""
    return words[:1].upper() + words[1:]
