"""A document: a title, facts, and sections of blocks. What it looks like is up to its writers.

Texts are taken as they are: a name, a description or a log line may hold anything, and each writer keeps it inside its
block. Nothing in a text is markup.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.host.terminal.text import one_line, visible


@dataclass(frozen=True, slots=True)
class Link:
    """A text that leads somewhere."""

    # What is read; the URL itself where it is empty
    text: str
    # ``http``, ``https`` or relative. Of any other URL only the text is shown, as no reader asked for it.
    url: str


@dataclass(frozen=True, slots=True)
class Code:
    """A text that a program reads: a command, a variable, a name in AWS."""

    text: str
    # How many characters of it a terminal shows. Default: all.
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
    """Rows under a header."""

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
    """All that is shown of one thing."""

    title: str
    # What everybody wants to know first; may be empty
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


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"https?://[^/\\]", re.IGNORECASE)
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\u3000\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """A text in one line, with controls and turns of direction made visible."""
    return one_line(_whole(text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, each in one line; none for a text of white space."""
    texts = [clean(paragraph) for paragraph in re.split(r"\n[^\S\n]*\n", text.replace("\r\n", "\n"))]
    return [paragraph for paragraph in texts if paragraph]


def lines(text: str) -> list[str]:
    """The lines of a text that keeps its white space, without what ends a line; at least one."""
    return [_whole(line).expandtabs(8) for line in text.splitlines()] or [""]


def web_url(url: str) -> str:
    """A URL that may be followed: ``http``, ``https`` or relative; empty for any other.

    White space and controls are dropped first, as a browser does, so that none hides a scheme.
    """
    printable = _SURROGATES.sub("", _NOT_IN_URLS.sub("", url))
    if _WEB.match(printable):
        return printable
    if _SCHEME.match(printable) or printable.replace("\\", "/").startswith("//"):
        return ""
    return printable


def _whole(text: str) -> str:
    return visible(_SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text))
