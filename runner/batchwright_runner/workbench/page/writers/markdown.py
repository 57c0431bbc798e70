"""A document as GitHub's Markdown. Pure.

Every text is escaped, so that a batch's name, a description or a log line is read as it is, and makes no heading,
table cell, link, image, HTML, formula, mention or reference. GitHub looks for mentions (``@name``) and references
(``#12``) in the finished page, where a backslash has gone: an empty comment stands inside those.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean, lines, paragraphs, web_url

_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&]|!$")  # a link may follow the end, and "!" would make it an image
_WRITTEN = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "$": "<span>$</span>"}
_APART = "<!-- -->"
_JOINED = re.compile(r"[@#]|:(?=//)|(?<=mailto):|(?<=xmpp):|:(?=[\w+-]+:)|w(?=ww\.)|GH(?=-\d)", re.IGNORECASE)
"""What is followed by an empty comment: what GitHub would find there is found in no text by itself."""
_AT_START = re.compile(r"[-+=](?=[-+=\s]|$)|(?<=\d)[.)](?=\s|$)")
_KEPT_IN_URLS = "%/?#:@!$&'*+,;=~-._"


def write(document: model.Document) -> str:
    """The document as Markdown, with a newline at the end."""
    blocks = [f"# {escape(document.title)}"]
    if document.facts:
        blocks.append(_facts(document.facts))
    for section in document.sections:
        blocks.append(f"## {escape(section.title)}")
        blocks += [text for text in map(_block, section.blocks) if text]
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """A text as it is written in Markdown, in one line and with nothing in it that means anything there."""
    return _start(_escape(text).strip())


def inline(value: model.Value) -> str:
    """A value as it is written in a line of Markdown."""
    return _start("".join(_inline(part) for part in model.parts(value)).strip())


def fence(text: str, language: str = "") -> str:
    """A text as a block of code, whose fence is longer than any that it holds."""
    inner = "\n".join(lines(text))
    longest = max((len(run) for run in re.findall("`+", inner)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{inner}\n{ticks}"


def _start(line: str) -> str:
    """A line that begins no list and no rule."""
    digits = len(line) - len(line.lstrip("0123456789"))
    return f"{line[:digits]}\\{line[digits:]}" if _AT_START.match(line, digits) else line


def _escape(text: str) -> str:
    """The same in the middle of a line. Spaces at its ends part it from its neighbors, and are kept as one."""
    plain = clean(text)
    separated = _JOINED.sub(lambda match: f"{match.group()}\0", plain)
    written = _SPECIAL.sub(lambda match: _WRITTEN.get(match.group(), f"\\{match.group()}"), separated)
    return f"{' ' * text[:1].isspace()}{written.replace(chr(0), _APART)}{' ' * text[-1:].isspace()}"


def _block(block: model.Block) -> str:
    match block:
        case model.Text(str(prose)):
            return "\n\n".join(map(escape, paragraphs(prose)))
        case model.Text(value):
            return inline(value)
        case model.Facts(facts):
            return _facts(facts)
        case model.Table(header, rows):
            ruled = [map(escape, header), ["---"] * len(header), *(map(inline, row) for row in rows)]
            return "\n".join(f"| {' | '.join(cells)} |" for cells in ruled) if header else ""
        case model.Commands(commands):
            return fence("\n".join(commands), "sh") if commands else ""
        case model.Bullets(items):
            return "\n".join(f"- {inline(item)}".rstrip() for item in items)


def _facts(facts: Iterable[model.Fact]) -> str:
    return "\n".join(f"- {_name(fact.name)}: {inline(fact.value)}".rstrip() for fact in facts)


def _name(name: str) -> str:
    return f"**{escape(name)}**" if clean(name) else ""


def _inline(part: model.Inline) -> str:
    if isinstance(part, str | model.Code):
        return _escape(part if isinstance(part, str) else part.text)
    url = web_url(part.url)
    text = escape(part.text or part.url)
    return f"[{text}]({quote(url, safe=_KEPT_IN_URLS).replace('&', '&amp;')})" if url else text
