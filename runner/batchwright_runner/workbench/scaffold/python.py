"""Python source, laid out as ruff lays it out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, Union

WIDTH = 120
"""Of the project's ruff."""
Value: TypeAlias = Union[str, int, "Raw", "Call", Sequence["Value"], Mapping[str, "Value"]]
"""Something of a Python source; texts, numbers, lists and dictionaries stand for themselves."""


class StageText(str):
    """A text in which the stage's name stands for the stage, as in a path."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Raw:
    """Source as it is: a name, an f-string."""

    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call."""

    name: str
    positional: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()


def call(name: str, /, *positional: Value, **named: Value) -> Call:
    """A call, as it is written."""
    return Call(name, positional, tuple(named.items()))


def literal(text: str) -> str:
    """A string in Python source, quoted as ruff formats it: in double quotes, unless single ones need fewer escapes."""
    parts = [escaped(part) for part in text.split('"')]
    if text.count('"') > text.count("'"):
        return "'" + '"'.join(part.replace("'", "\\'") for part in parts) + "'"
    return '"' + '\\"'.join(parts) + '"'


def escaped(text: str) -> str:
    """A text as a literal holds it, but for quotes: invisible characters are written as numbers."""
    return "".join(
        character
        if character.isprintable() and character != "\\"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def line(value: Value) -> str:
    """A value in one line."""
    if isinstance(value, Raw):
        return value.source
    if isinstance(value, str | int):
        return literal(value) if isinstance(value, str) else str(value)
    opening, parts, closing = parts_of(value)
    return opening + ", ".join(before + line(part) for before, part in parts) + closing


def laid_out(value: Value, before: str, after: str, indent: int) -> list[str]:
    """A value between two texts: in one line where that fits."""
    whole = " " * indent + before + line(value) + after
    return [whole] if len(whole) <= WIDTH else broken_up(value, before, after, indent)


def broken_up(value: Value, before: str, after: str, indent: int) -> list[str]:
    """A value in several lines, where it can be broken: one part a line."""
    start, inner = " " * indent, " " * (indent + 4)
    if isinstance(value, str):
        texts = [literal(piece) for piece in _pieces(value, WIDTH - indent - 12)]
        if len(texts) > 1:
            return [f"{start}{before}(", *(inner + text for text in texts), f"{start}){after}"]
    elif not isinstance(value, Raw | int):
        opening, parts, closing = parts_of(value)
        body = [text for lead, part in parts for text in laid_out(part, lead, ",", indent + 4)]
        return [start + before + opening, *body, start + closing + after]
    return [start + before + line(value) + after]


def parts_of(value: "Call | Sequence[Value] | Mapping[str, Value]") -> tuple[str, list[tuple[str, Value]], str]:
    """What begins a value, its parts, each with what stands before it, and what ends it."""
    if isinstance(value, Call):
        named = [(f"{key}=", part) for key, part in value.named]
        return f"{value.name}(", [*(("", part) for part in value.positional), *named], ")"
    if isinstance(value, Mapping):
        return "{", [(f"{literal(key)}: ", part) for key, part in value.items()], "}"
    return "[", [("", part) for part in value], "]"


def _pieces(text: str, width: int) -> list[str]:
    """A text in pieces that fit, cut behind spaces where there are some."""
    pieces = []
    while len(literal(text)) > width:
        cut = text.rfind(" ", 1, width - 8) + 1 or width - 8
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]
