"""Tables of tests that are easier to read as text than as Python.

A row is a block of lines: what is given, and behind ``> `` each thing that is then said; the first block is a comment.
"""

from pathlib import Path
from typing import Any

import pytest


def rows(beside: str, name: str) -> list[tuple[str, ...]]:
    """The rows of ``rows/NAME.txt`` beside a module: what is given, and what is said of it."""
    text = (Path(beside).parent / "rows" / f"{name}.txt").read_text(encoding="utf-8")
    blocks = [block.splitlines() for block in text.rstrip("\n").split("\n\n")[1:]]
    return [
        ("\n".join(line for line in lines if line[:2] != "> "), *(line[2:] for line in lines if line[:2] == "> "))
        for lines in blocks
    ]


def lines_of_rows(beside: str, name: str) -> list[tuple[str, str]]:
    """Each further line that is given in a row, behind the row's first one."""
    return [(first, line) for given, *_ in rows(beside, name) for first, *more in [given.splitlines()] for line in more]


def part_at(document: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """The part of a document at a path, ``Volumes/0/Name``; none where there is none."""
    for key in filter(None, path.split("/")):
        document = document[int(key)] if isinstance(document, list) else document.get(key)
    return document


def each_row(names: str, beside: str, name: str) -> pytest.MarkDecorator:
    """Gives a test the rows of a text file, by names: ``given message``."""
    table = rows(beside, name)
    return pytest.mark.parametrize(names.split(), table, ids=[f"{row[0]} {row[1]}"[:60] for row in table])
