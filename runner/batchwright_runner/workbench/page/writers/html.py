"""A document as an element of an HTML page. Pure."""

from collections.abc import Iterable
from functools import singledispatch
from html import escape

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.writers.safe import clean, lines, paragraphs, web_url


def write(document: model.Document) -> str:
    """The document as an ``article``, with a newline at the end. The page around it and its style are the caller's.

    Commands are ``pre`` of the class ``command``, one each; a log is one of the class ``log``.
    """
    blocks = [_element("h1", text(document.title))]
    if document.facts:
        blocks.append(_facts(model.Facts(document.facts)))
    for section in document.sections:
        inner = [_element("h2", text(section.title)), *map(_block, section.blocks)]
        blocks.append("<section>\n" + "\n".join(one for one in inner if one) + "\n</section>")
    return "<article>\n" + "\n".join(blocks) + "\n</article>\n"


def text(value: str) -> str:
    """A text as it is written in HTML, in one line, between tags or in an attribute's quotes."""
    return escape(clean(value))


def inline(value: model.Value) -> str:
    """A value as it is written in a line of HTML."""
    return "".join(_inline(one) for one in model.parts(value)).strip()


@singledispatch
def _block(block: object) -> str:
    raise TypeError(f"{block!r} is not a block")


@_block.register
def _text(block: model.Text) -> str:
    if isinstance(block.text, str):
        return "\n".join(_element("p", text(one)) for one in paragraphs(block.text))
    return _element("p", inline(block.text))


@_block.register
def _facts(block: model.Facts) -> str:
    inner = [_element("dt", text(fact.name)) + _element("dd", inline(fact.value)) for fact in block.facts]
    return _list("dl", inner)


@_block.register
def _table(block: model.Table) -> str:
    head = "".join(_element('th scope="col"', text(cell)) for cell in block.header)
    rows = [_element("tr", "".join(_element("td", inline(cell)) for cell in row)) for row in block.rows]
    return f"<table>\n<thead>{_element('tr', head)}</thead>\n{_list('tbody', rows)}\n</table>"


@_block.register
def _commands(block: model.Commands) -> str:
    return "\n".join(_preformatted("command", [command]) for command in block.commands)


@_block.register
def _log(block: model.Log) -> str:
    return _preformatted("log", block.lines) if block.lines else ""


@_block.register
def _bullets(block: model.Bullets) -> str:
    return _list("ul", [_element("li", inline(item)) for item in block.items])


def _inline(part: model.Inline) -> str:
    if isinstance(part, str):
        return f"{' ' * part[:1].isspace()}{text(part)}{' ' * part[-1:].isspace()}"
    url = web_url(part.url)
    shown = text(part.text or part.url)
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{shown}</a>' if url else shown


def _preformatted(kind: str, texts: Iterable[str]) -> str:
    inner = "\n".join(escape(line) for one in texts for line in lines(one))
    return f'<pre class="{kind}">\n{inner}</pre>'  # the first newline in it is not shown


def _list(tag: str, items: Iterable[str]) -> str:
    return f"<{tag}>\n" + "\n".join(items) + f"\n</{tag}>"


def _element(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag.partition(' ')[0]}>"
