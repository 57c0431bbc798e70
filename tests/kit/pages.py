"""A page's parts: its fences, the commands that its consoles show, its prose and its links."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

_ROOT = Path(__file__).parents[2]
EVERY_PAGE = sorted([*_ROOT.glob("*.md"), *_ROOT.glob("docs/**/*.md"), *_ROOT.glob("batches/*.md")])

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
_ELSEWHERE = ("https://", "http://", "mailto:")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence of a page.

    Attributes:
        kind: The word behind its backticks.
        text: What is in it.
        before: The paragraph before it, which may name a file.
    """

    kind: str
    text: str
    before: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A command of a page, and what the page shows of its output."""

    command: str
    shown: Sequence[str]


def fences(page: str) -> list[Fence]:
    """All fences of a page."""
    found, end = [], 0
    for match in _FENCE.finditer(page):
        before = page[end : match.start()].rstrip("\n").rpartition("\n\n")[2]
        found.append(Fence(match[3].strip(), dedent(match[4]), before))
        end = match.end()
    return found


def blocks(page: str, kind: str) -> list[str]:
    """The texts of a page's fences of a kind: ``python``, ``console``, or none."""
    return [fence.text for fence in fences(page) if fence.kind == kind]


def prose(page: str) -> str:
    """A page without its fences."""
    return _FENCE.sub("", page)


def links(page: str) -> list[str]:
    """What a page links to, in this repository."""
    plain = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", lambda code: "`" + "x" * len(code[0]) + "`", prose(page))
    found = [text or picture for text, picture in _LINK.findall(plain)]
    return [target for target in found if not target.startswith(_ELSEWHERE)]


def prompts(console: str) -> Iterator[Typed]:
    """The commands of a console, as they are written."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield Typed(command, shown.splitlines())


def typed_in(page: str) -> list[Typed]:
    """The commands of a page's consoles, in their order: each in one line, and without its comment."""
    return [
        Typed(re.split(r" {2,}#", typed.command)[0].strip(), typed.shown)
        for console in blocks(page, "console")
        for typed in prompts(console.replace("\\\n", ""))
    ]
