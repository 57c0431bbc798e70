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
        html = rendered(around.format(escape(text)))

        assert " ".join(html.read().split()) == clean(text).strip()
        assert set(html.tags) <= {"p", "ul", "li", "h1", "span"}
        assert html.hrefs == []
        assert not [text for _, text in html.texts if LEADING_NOWHERE.search(text) and text != "$"]
        assert set(html.comments) <= {" "}


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_a_cell(text: str) -> None:
    table = model.Table(("one", "two"), ((text, "end"), ("x", model.Link(text, "https://example.com/a|b"))))

    html = rendered(write(model.Document("t", (), (model.Section("s", (table,)),))))

    assert html.tags.count("th") == 2
    assert html.tags.count("td") == 4
    assert [text for tag, text in html.texts if tag == "td" and text == "end"] == ["end"]
    assert html.hrefs == ["https://example.com/a%7Cb"]


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
    html = rendered(write(document))

    assert set(html.tags) <= {*allowed, "a", "span"}
    assert html.tags.count("h1") == 1
    assert html.tags.count("h2") == len(document.sections)
    assert html.tags.count("pre") == len(codes)
    assert not [href for href in html.hrefs if not re.match(r"https://example\.com/|batches/", href)]
    assert html.others == []
    assert set(html.comments) <= {" "}
