"""A document on a terminal; a table in lines where it fits, in wrapped cells, or row below row. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from batchwright_runner.host.terminal import fill
from batchwright_runner.host.terminal.text import columns, ellipsis
from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean, lines, paragraphs, web_url

INDENT = "  "

_MOST_FOR_NAMES = 0.45
"""The part of a line that names may take; where they need more, values stand below them."""


def write(document: model.Document, width: int) -> str:
    """The document as lines, without a newline at the end.

    No line is wider than the terminal but for what is to be copied: a command, a URL, an ARN, a path. East Asian wide
    characters count as two columns.
    """
    width = max(width, fill.NARROWEST)
    blocks = [[*fill.words(clean(document.title), width)]]
    if document.facts:
        blocks.append(_indented(facts_lines(document.facts, width - len(INDENT))))
    for section in document.sections:
        inner = _apart(section.blocks, width - len(INDENT))
        blocks.append([*fill.words(clean(section.title), width), *_indented(inner)])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks if block)


def _apart(blocks: Sequence[model.Block], width: int) -> list[str]:
    """The lines of blocks. A table has an empty line before it and after it."""
    shown_lines: list[str] = []
    for number, block in enumerate(blocks):
        if number and model.Table in (type(block), type(blocks[number - 1])) and shown_lines:
            shown_lines.append("")
        shown_lines += _lines(block, width)
    return shown_lines


def shown(value: model.Value) -> str:
    """A value in one line: of a link its text, and its URL where that is another."""
    return "".join(_shown(part) for part in model.parts(value))


def facts_lines(facts: Sequence[model.Fact], width: int) -> Iterator[str]:
    """Names in one column and their values in another; below each other where the names are too wide."""
    names = [clean(fact.name) for fact in facts]
    widest = max((columns(name) for name in names), default=0)
    beside = widest <= width * _MOST_FOR_NAMES
    start = widest + len(INDENT) if beside else len(INDENT)
    for name, fact in zip(names, facts, strict=True):
        value = [*fill.words(clean(shown(fact.value)), width - start)]
        if beside:
            yield name + " " * (start - columns(name)) + (value[0] if value else "")
        else:
            yield from fill.words(name, width)
        for line in value[1:] if beside else value:
            yield " " * start + line


def _lines(block: model.Block, width: int) -> Iterable[str]:
    match block:
        case model.Text(value):
            return _prose(shown(value), width)
        case model.Facts(facts):
            return facts_lines(facts, width)
        case model.Table(header, rows):
            return grid([clean(name) for name in header], [[clean(shown(cell)) for cell in row] for row in rows], width)
        case model.Commands(commands):
            return [line for command in commands for line in lines(command)]  # never wrapped
        case model.Bullets(items):
            return _bullets([clean(shown(item)) for item in items], width)


def _prose(text: str, width: int) -> Iterator[str]:
    for number, paragraph in enumerate(paragraphs(text)):
        if number:
            yield ""
        yield from fill.words(paragraph, width)


def _bullets(items: Sequence[str], width: int) -> Iterator[str]:
    for item in items:
        for number, line in enumerate(fill.words(item, width - 2)):
            yield ("  " if number else "- ") + line


def _indented(inner: Iterable[str]) -> list[str]:
    return [INDENT + line for line in inner]


def _shown(part: model.Inline) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, model.Code):
        return ellipsis(part.text, part.most) if part.most else part.text
    url = web_url(part.url)
    if not url or part.text == part.url:
        return part.text or part.url
    return f"{part.text} ({url})" if part.text else url


GAP = "  "
NARROWEST = 10
"""Columns that a wrapped cell has at least; where there is no room for that, each row is shown as facts."""


def grid(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The lines of a table."""
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
    """The widths of columns that fit together: the widest give first; ``None`` where they cannot."""
    widths = [*natural]
    while sum(widths) > width:
        widest = max(widths)
        if widest <= NARROWEST:
            return None
        at = widths.index(widest)
        second = max((column for column in widths if column < widest), default=NARROWEST)
        over = sum(widths) - width
        widths[at] = max(widest - over, min(second, widest - 1), NARROWEST)
    return widths


def _stacked(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        if number:
            yield ""
        for name, cell in zip(header, row, strict=True):
            yield from fill.words(f"{name}: {cell}" if name else cell, width)
