"""Every command line of batchwright in a page is one that can be typed: its verb and its options exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from batchwright_runner.cli import batchwright
from tests.command_lines import calls_of, parse
from tests.kit.pages import fences, prose

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("docs/ci/*.*"), *ROOT.glob("batches/**/*.md")]
)
LINE = re.compile(
    r"^\s*(?:\$ |- run: |exec: )?(?:.*(?:&&|\||;) +)?((?:sudo (?:-\w \w+ )?)?[\w./]*\bbatchwright +[a-z-].*)$"
)
"""A line of a fence, or of a workflow, that calls it."""
OTHER = ("python", "text", "toml", "json")
"""Fences in which no command stands."""
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
PLACEHOLDER = re.compile(r"[A-Z]{2,}|\.\.\.|…|\[.*")
VERBS = batchwright.list_commands(click.Context(batchwright))
TOP = {"--version", "--help", "-h"}

RUNDECK_SAYS = "${job.executionType}"
"""What Rundeck puts in before it runs the line: ``scheduled`` for a run of its clock."""


def examples(text: str, *, page: bool = True) -> Iterator[str]:
    """The command lines of a page's fences, or of a whole file that is no page."""
    for block in [fence.text for fence in fences(text) if fence.kind not in OTHER] if page else [text]:
        joined = re.sub(r"\\\n\s*", " ", block)
        for line in joined.splitlines():
            found = LINE.match(line)
            if found and not line.startswith("batchwright: "):
                yield re.sub(r"\s+# .*", "", found[1]).replace(RUNDECK_SAYS, "scheduled")


def mentions(text: str) -> Iterator[str]:
    """The command lines in a page's prose, with the program's name or from the verb on."""
    for code in CODE.findall(prose(text)):
        first, _, rest = code.partition(" ")
        if first == "batchwright" and rest:
            yield code
        elif first in VERBS and re.search(r"(^| )--?[a-z]", rest):
            yield f"batchwright {code}"


def wrong(words: list[str], *, whole: bool) -> str:
    """Why a command line could not be typed; empty if it could.

    Args:
        words: The command line.
        whole: Whether all of it is there. One in prose may leave arguments out, and name them (`STAGE`).
    """
    if words[1:2] and words[1] in TOP:
        return ""
    try:
        parse(words)
    except IndexError:
        return "" if not whole else "the verb is missing"
    except AssertionError:
        return "there is no such verb"
    except click.MissingParameter as error:
        return "" if not whole else f"{error.param.name if error.param else ''} is missing"
    except click.BadParameter as error:
        path = error.param is not None and isinstance(error.param.type, click.Path)
        named = any(PLACEHOLDER.fullmatch(one) for one in words) and not whole
        return "" if path or named else error.format_message()
    except click.BadOptionUsage as error:
        return "" if not whole and words[-1] == error.option_name else error.format_message()
    except click.UsageError as error:
        return error.format_message()
    return ""


def problems(page: Path) -> list[str]:
    """The command lines of a page that could not be typed."""
    text = page.read_text(encoding="utf-8")
    is_page = page.suffix == ".md"
    lines = [(line, True) for line in examples(text, page=is_page)]
    lines += [(without_brackets(line), False) for line in mentions(text)] if is_page else []
    return [
        f"{line}: {why}"
        for line, whole in lines
        for words in calls_of("batchwright", line)
        if (why := wrong(words, whole=whole))
    ]


def without_brackets(line: str) -> str:
    """What may be left out is there too: `diff [--base REF|DIR]`."""
    return re.sub(r"\|[A-Z]+", "", line).replace("[", "").replace("]", "")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_can_be_typed(page: Path) -> None:
    assert problems(page) == []


def test_there_are_many() -> None:
    found = [line for page in PAGES for line in examples(page.read_text("utf-8"), page=page.suffix == ".md")]

    assert len(found) > 200


def test_what_cannot_be_typed_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`batchwright ran hello`, `runs --mised`, `batchwright params diff`, `batchwright run B --timeout TIME`\n\n"
        "```python\nbatchwright = none\n```\n\nbatchwright is none of its commands.\n\n"
        "```console\n$ batchwright list --stag x\nbatchwright: exit 2\n$ echo x | batchwright params diff staging\n"
        "$ batchwright run hello -s staging --timeout soon # never\n```\n\n"
        "```\nbatchwright catalog --out x\n```\n",
        encoding="utf-8",
    )

    assert [one.partition(":")[0] for one in problems(page)] == [
        "batchwright list --stag x",
        "batchwright params diff staging",
        "batchwright run hello -s staging --timeout soon",
        "batchwright catalog --out x",
        "batchwright ran hello",
        "batchwright runs --mised",
    ]
