"""A document as parts of an HTML page: the page around them, and its style, are the catalog's. Pure."""

import re
from collections.abc import Iterable
from html import escape

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean, lines, paragraphs, web_url

_DAY, _CLOCK = r"(?:\b[A-Z][a-z]{2} )?\b\d{4}-\d\d-\d\d", r"\d\d:\d\d(?::\d\d)?(?: [A-Z]{3,5}\b)?"
_MOMENT = re.compile(rf"{_DAY}(?:[ T]{_CLOCK})?|\b\d\d-\d\d {_CLOCK}")
"""A moment, which is never broken between two lines."""


def head(document: model.Document) -> str:
    """The facts above all sections; empty for none."""
    return _facts(document.facts) if document.facts else ""


def body(section: model.Section) -> str:
    """What is in a section."""
    return "\n".join(written for block in section.blocks if (written := _block(block)))


def text(value: str) -> str:
    """A text as it is written in HTML, in one line, between tags or in an attribute's quotes."""
    return escape(clean(value))


def inline(value: model.Value) -> str:
    """A value as it is written in a line of HTML."""
    return "".join(map(_inline, model.parts(value))).strip()


def _block(block: model.Block) -> str:
    match block:
        case model.Text(str(prose)):
            return "\n".join(_element("p", _moments(text(paragraph))) for paragraph in paragraphs(prose))
        case model.Text(value):
            return _element("p", inline(value))
        case model.Facts(facts):
            return _facts(facts)
        case model.Table(header, rows):
            return _table(header, rows)
        case model.Commands(commands):
            # The first newline is not shown.
            return "\n".join(f"<pre>\n{_copied(command)}</pre>" for command in commands)
        case model.Bullets(items):
            return _list('ul class="plain"', [_element("li", inline(item)) for item in items])


def _facts(facts: Iterable[model.Fact]) -> str:
    pairs = [_element("dt", text(fact.name)) + _element("dd", inline(fact.value)) for fact in facts]
    return _list('dl class="facts"', [_element("div", pair) for pair in pairs])


def _table(header: Iterable[str], rows: Iterable[Iterable[model.Value]]) -> str:
    """A table whose rows a narrow screen shows below one another: the roles say what its style takes away."""
    names = [text(name) for name in header]
    head = "".join(_element('th scope="col" role="columnheader"', name) for name in names)
    labels = [f'td role="cell" data-label="{name}"' for name in names]
    cells = ("".join(map(_element, labels, map(inline, row))) for row in rows)
    body = _list('tbody role="rowgroup"', [_element('tr role="row"', row) for row in cells])
    top = _element('thead role="rowgroup"', _element('tr role="row"', head))
    return f'<table class="plain stacked" role="table">\n{top}\n{body}\n</table>'


def _inline(part: model.Inline) -> str:
    if isinstance(part, model.Code):
        return _element("code", _copied(part.text))
    if isinstance(part, str):
        return f"{' ' * part[:1].isspace()}{_moments(text(part))}{' ' * part[-1:].isspace()}"
    url = web_url(part.url)
    shown = text(part.text or part.url)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>' if url else shown


def _copied(value: str) -> str:
    return "\n".join(escape(line) for line in lines(value))


def _moments(written: str) -> str:
    return _MOMENT.sub(lambda moment: f'<span class="moment">{moment.group()}</span>', written)


def _list(tag: str, items: Iterable[str]) -> str:
    return _element(tag, "\n" + "\n".join(items) + "\n")


def _element(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag.partition(' ')[0]}>"
