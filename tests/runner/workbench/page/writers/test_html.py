"""HTML, as a parser that is not ours reads it."""

import re

from hypothesis import given

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.document import clean
from batchwright_runner.workbench.page.writers.html import body, head, text
from tests.runner.workbench.page.writers.support import documents, page, texts


def write(document: model.Document) -> str:
    return "\n".join([head(document), *map(body, document.sections)])


def test_a_document() -> None:
    document = model.Document(
        "daily-report <production>",
        (model.Fact("Runbook", model.Link("the page", "https://wiki.example/?a=1&b=2")),),
        (
            model.Section(
                "How to run it",
                (
                    model.Commands(("batchwright run daily-report", "batchwright logs </pre>")),
                    model.Table(("Run",), (("a & b",),)),
                    model.Bullets(("x", (model.Code("<A>=1"), " at 2026-11-25 02:31 JST"))),
                    model.Text("One.\n\nTwo."),
                ),
            ),
        ),
    )

    assert write(document) == (
        '<dl class="facts">\n<div><dt>Runbook</dt><dd><a href="https://wiki.example/?a=1&amp;b=2" '
        'rel="noopener noreferrer">the page</a></dd></div>\n</dl>\n'
        "<pre>\nbatchwright run daily-report</pre>\n<pre>\nbatchwright logs &lt;/pre&gt;</pre>\n"
        '<table class="plain stacked" role="table">\n<thead role="rowgroup"><tr role="row">'
        '<th scope="col" role="columnheader">Run</th></tr></thead>\n<tbody role="rowgroup">\n'
        '<tr role="row"><td role="cell" data-label="Run">a &amp; b</td></tr>\n</tbody>\n</table>\n'
        '<ul class="plain">\n<li>x</li>\n<li><code>&lt;A&gt;=1</code> at <span class="moment">2026-11-25 02:31 JST'
        "</span></li>\n</ul>\n<p>One.</p>\n<p>Two.</p>"
    )


@given(texts)
def test_a_text_is_read_as_it_is_in_an_element_and_in_an_attribute(given_text: str) -> None:
    assert page(f"<p>{text(given_text)}</p>").read() == clean(given_text)
    assert page(f'<a href="{text(given_text)}"></a>').hrefs == [clean(given_text)]


@given(documents)
def test_no_document_makes_what_its_writer_did_not_mean(document: model.Document) -> None:
    lists, tables = {"dl", "dt", "dd", "ul", "li"}, {"table", "thead", "tbody", "tr", "th", "td"}
    html = page(write(document))

    assert set(html.tags) <= {"p", "pre", "a", "code", "div", "span", *lists, *tables}
    assert not [href for href in html.hrefs if not re.match(r"https://example\.com/|batches/", href)]
    assert html.others == []
    assert html.comments == []
