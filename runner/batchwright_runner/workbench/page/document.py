"""A document: a title, facts, and sections of blocks. What it looks like is up to its writers.

Texts are taken as they are: a name, a description or a log line may hold anything, and each writer keeps it inside its
block. Nothing in a text is markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere.

    Attributes:
        text: What is read; the URL itself where it is empty.
        url: ``http``, ``https`` or relative. Of any other URL only the text is shown, as no reader asked for it.
    """

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Code:
    """A text that a program reads: a command, a variable, a name in AWS.

    Attributes:
        text: The text.
        most: How many characters of it a terminal shows. Default: all.
    """

    text: str
    most: int = 0


Inline = str | Link | Code
Value = Inline | tuple[Inline, ...]
"""A text, a link, or some of them one after the other, with nothing put between them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Text:
    """Prose. A blank line begins a new paragraph; other white space only separates words."""

    text: Value


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values, below one another."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header.

    Raises:
        ValueError: A row has another number of cells than the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row has {len(row)} cells and the header {len(self.header)}: {row!r}")


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands to copy, each on a line of its own. They are never wrapped."""

    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """Items of a list."""

    items: tuple[Value, ...]


Block = Text | Facts | Table | Commands | Bullets


@dataclass(frozen=True, slots=True)
class Section:
    """Some blocks under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """All that is shown of one thing.

    Attributes:
        title: What it is about.
        facts: What everybody wants to know first; may be empty.
        sections: The rest, in the order in which it matters.
    """

    title: str
    facts: tuple[Fact, ...] = ()
    sections: tuple[Section, ...] = ()


def parts(value: Value) -> Sequence[Inline]:
    """The texts and links of a value; no two texts follow one another."""
    joined: list[Inline] = []
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return joined
