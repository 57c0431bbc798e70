"""Lines for people on a terminal, broken between words and never inside a command that they copy. Pure."""

import re
from collections.abc import Iterator, Sequence

from batchwright_runner.host.terminal.text import columns

NARROWEST = 20
"""Columns beside the indent below which the terminal breaks lines itself."""
_PROGRAM = r"(?:batchwright|cd|cdk|git|uv|pipx?|python3|make|docker|podman|np[mx]|aws|sudo|rm|chmod|\.venv/bin/\w+)"
_BEGINS = re.compile(rf"{_PROGRAM}|[A-Z_]+=\S+")
_COMMAND_LINE = re.compile(rf"(?:([^:]{{1,40}}:) )?((?:[A-Z_]+=\S+ )*{_PROGRAM} .*)")
"""A line that is a command, or what it is for and a command: ``see its log: batchwright logs …``."""
_GOES_ON = re.compile(
    "a|an|and|are|before|can|does|first|for|has|in|is|it|makes|must|of|on|once|or|says|shows|so|that|the|then|to|until|"
    "was|were|which|with"
)
"""Words with which a sentence goes on after a command."""


def wrapped(text: str, width: int, indent: int) -> str:
    """Text with line breaks where a terminal would break inside of a word, or of a command that would fit.

    What is too long for a line of its own is left to the terminal, so that a copy of it is whole.

    `width`: Columns of the terminal; 0 where it is not on one.
    """
    if width - indent < NARROWEST:
        return text
    first, *further = text.split("\n")
    lines = [list(_pieces(first.split(" "))), *map(_further, further)]
    return "\n".join(_line(pieces, width, indent) for pieces in lines)


def _further(line: str) -> list[str]:
    if line[:1].isspace():
        return [line]
    if found := _COMMAND_LINE.fullmatch(line):
        return [*found[1].split(" "), found[2]] if found[1] else [line]
    return list(_pieces(line.split(" ")))


def _line(pieces: Sequence[str], width: int, indent: int) -> str:
    parts: list[str] = []
    at = indent
    for piece in pieces:
        own = columns(piece)
        if parts and at + 1 + own > width and indent + own <= width:
            parts += ["\n", piece]
            at = indent + own
        else:
            gap = " " if parts else ""
            parts += [gap, piece]
            at = (at + len(gap) + own - 1) % width + 1
    return "".join(parts)


def _pieces(words: list[str]) -> Iterator[str]:
    """The words; those of a command are one."""
    command: list[str] = []
    for word in words:
        if command and _GOES_ON.fullmatch(word):
            yield " ".join(command)
            command = []
        if command or _BEGINS.fullmatch(word):
            command.append(word)
            if word.endswith((",", ".", ";", ":", ")")):
                yield " ".join(command)
                command = []
        else:
            yield word
    if command:
        yield " ".join(command)
