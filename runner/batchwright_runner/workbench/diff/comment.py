"""The document as a comment on a pull request. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from batchwright_runner.workbench.diff.changes import PERMISSIONS, REMOVED, TO_RUN
from batchwright_runner.workbench.page.document import Block, Bullets, Commands, Document, Section, Text
from batchwright_runner.workbench.page.writers import markdown

LARGEST = 60_000
"""Bytes of a comment in UTF-8. GitHub refuses one of more than 65,536 characters; a variable of a step may have 131,072
bytes."""
_TOP = (PERMISSIONS, REMOVED, TO_RUN)
_LEFT_OUT = "Left out"
_MORE = Text("More is left out here: run batchwright diff to read it.")


def comment(document: Document, project: str, largest: int = LARGEST) -> str:
    """The document as Markdown, with the line by which its comment is found again, and no longer than a comment can be.

    What is most important goes last: commands to run beyond a third of it, sections of single batches and stacks from
    the end, then items of the longest list. A remark says what is left out.

    `largest`: Bytes that it may have in UTF-8.
    """
    begin, whole = f"{marker(project)}\n", len(document.sections)
    while len(begin) + _bytes(document) > largest:
        smaller = _less_to_run(document, largest // 3) or _without_section(document, whole) or _without_items(document)
        if smaller is None:
            break
        document = smaller
    return f"{begin}{markdown.write(document)}"


def _bytes(document: Document) -> int:
    return len(markdown.write(document).encode("utf-8", "replace"))


def marker(project: str) -> str:
    """The line by which a comment is found again."""
    name = re.sub("--+", "-", re.sub("[^A-Za-z0-9-]", "", project)).strip("-")  # two dashes may end a comment
    return f"<!-- batchwright diff: {name} -->"


def _less_to_run(document: Document, largest: int) -> Document | None:
    """The document with half of its longest list of commands; none where they have no more bytes than they may."""
    places = [place for place, section in enumerate(document.sections) if section.title == TO_RUN]
    alone = replace(document, sections=tuple(document.sections[place] for place in places))
    return _without_items(document, places) if _bytes(alone) > largest else None


def _without_section(document: Document, whole: int) -> Document | None:
    """The document without the last half of the sections of single batches; none where it has no such section."""
    removable = [section for section in document.sections[:-1] if section.title not in (*_TOP, _LEFT_OUT)]
    if not removable:
        return None
    going = removable[len(removable) // 2 :]
    staying = tuple(section for section in document.sections if section not in going and section.title != _LEFT_OUT)
    note = Section(_LEFT_OUT, (Text(f"{whole - len(staying)} sections: run batchwright diff to read them."),))
    return replace(document, sections=(*staying[:-1], note, staying[-1]))


def _without_items(document: Document, places: Sequence[int] | None = None) -> Document | None:
    """The document with half of its longest list, or of that in some sections; none where every one has one item."""
    lists = [
        (len(_items(block)), place, at)
        for place, section in enumerate(document.sections)
        if places is None or place in places
        for at, block in enumerate(section.blocks)
    ]
    length, place, at = max(lists, default=(0, 0, 0))
    if length < 2:
        return None
    section = document.sections[place]
    after = [block for block in section.blocks[at + 1 : at + 2] if block != _MORE]
    blocks = (*section.blocks[:at], _halved(section.blocks[at]), _MORE, *after, *section.blocks[at + 2 :])
    halved = (*document.sections[:place], replace(section, blocks=blocks), *document.sections[place + 1 :])
    return replace(document, sections=halved)


def _items(block: Block) -> tuple[object, ...]:
    return block.items if isinstance(block, Bullets) else block.commands if isinstance(block, Commands) else ()


def _halved(block: Block) -> Block:
    half = len(_items(block)) // 2
    if isinstance(block, Commands):
        return Commands(block.commands[:half])
    return Bullets(block.items[:half]) if isinstance(block, Bullets) else block
