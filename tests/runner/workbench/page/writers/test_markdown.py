"""Markdown, as a parser that is not ours reads it."""

import re

import pytest
from hypothesis import example, given

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean
from batchwright_runner.workbench.page.writers.markdown import escape, fence, write
from tests.runner.workbench.page.writers.support import HOSTILE, documents, rendered, texts

LEADING_NOWHERE = re.compile(r"@[\w]|#\w|https?://|www\.|\bGH-\d|:[\w+-]+:|\$", re.IGNORECASE)
"""What GitHub looks for in the texts of a finished page."""


def test_a_document() -> None:
    document = model.Document(
        "daily-report in production",
        (model.Fact("Owner", "finance-systems"), model.Fact("Runbook", model.Link("", "https://wiki.example/report"))),
        (
            model.Section(
                "When it runs",
                (
                    model.Text("Every day at 02:30.\n\nIn Tokyo."),
                    model.Table(("Run", "Result"), (("a1b2", "exit | 3"), (("see ", model.Link("it", "x.html")), ""))),
                    model.Commands(("batchwright run daily-report -s production",)),
                    model.Bullets(("- one", "costs $4, says @ops")),
                ),
            ),
        ),
    )

    assert write(document) == (
        "# daily-report in production\n\n"
        "- **Owner**: finance-systems\n"
        "- **Runbook**: [https:<!-- -->//wiki.example/report](https://wiki.example/report)\n\n"
        "## When it runs\n\n"
        "Every day at 02:30.\n\n"
        "In Tokyo.\n\n"
        "| Run | Result |\n| --- | --- |\n| a1b2 | exit \\| 3 |\n| see [it](x.html) |  |\n\n"
        "```sh\nbatchwright run daily-report -s production\n```\n\n"
        "- \\- one\n- costs <span>$</span>4, says @<!-- -->ops\n"
    )


@given(texts)
def test_an_escaped_text_is_read_as_it_is_and_makes_nothing(text: str) -> None:
    for around in ("{}", "- {}", "# {}"):
        seen = rendered(around.format(escape(text)))

        assert " ".join(seen.read().split()) == clean(text).strip()
        assert set(seen.tags) <= {"p", "ul", "li", "h1", "span"}
        assert seen.hrefs == []
        assert not [text for _, text in seen.texts if LEADING_NOWHERE.search(text) and text != "$"]
        assert set(seen.comments) <= {" "}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_a_cell(text: str) -> None:
    table = model.Table(("one", "two"), ((text, "end"), ("x", model.Link(text, "https://example.com/a|b"))))

    seen = rendered(write(model.Document("t", (), (model.Section("s", (table,)),))))

    assert seen.tags.count("th") == 2
    assert seen.tags.count("td") == 4
    assert [text for tag, text in seen.texts if tag == "td" and text == "end"] == ["end"]
    assert seen.hrefs == ["https://example.com/a%7Cb"]


@given(texts)
@example("```\n````")
def test_a_fence_holds_what_is_in_it(text: str) -> None:
    [*_, (tag, last)] = rendered(f"{fence(text)}\n\nafter\n").texts[:-1]
    code = [text for tag, text in rendered(f"{fence(text)}\n\nafter\n").texts if tag == "code"]

    assert (tag, last) == ("p", "after")
    assert "".join(code).count("\n") == max(1, len(text.splitlines()))


@given(documents)
def test_no_document_makes_what_its_writer_did_not_mean(document: model.Document) -> None:
    allowed = {"h1", "h2", "p", "ul", "li", "strong", "table", "thead", "tbody", "tr", "th", "td", "pre", "code"}
    blocks = [block for section in document.sections for block in section.blocks]
    codes = [block for block in blocks if isinstance(block, model.Commands) and block.commands]
    seen = rendered(write(document))

    assert set(seen.tags) <= {*allowed, "a", "span"}
    assert seen.tags.count("h1") == 1
    assert seen.tags.count("h2") == len(document.sections)
    assert seen.tags.count("pre") == len(codes)
    assert not [href for href in seen.hrefs if not re.match(r"https://example\.com/|batches/", href)]
    assert seen.others == []
    assert set(seen.comments) <= {" "}
