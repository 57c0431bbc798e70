"""HTML, as a parser that is not ours reads it."""

import re

from hypothesis import given

from batchwright_runner.workbench.page import document as model
from batchwright_runner.workbench.page.writers.html import text, write
from batchwright_runner.workbench.page.writers.safe import clean
from tests.runner.workbench.page.writers.support import documents, page, texts


def test_a_document() -> None:
    document = model.Document(
        "daily-report <production>",
        (model.Fact("Runbook", model.Link("the page", "https://wiki.example/?a=1&b=2")),),
        (
            model.Section(
                "How to run it",
                (
                    model.Commands(("batchwright run daily-report", "batchwright logs daily-report")),
                    model.Table(("Run",), (("a & b",),)),
                    model.Log(("  one", "</pre>")),
                    model.Bullets(("x",)),
                    model.Text("One.\n\nTwo."),
                ),
            ),
        ),
    )

    assert write(document) == (
        "<article>\n<h1>daily-report &lt;production&gt;</h1>\n"
        '<dl>\n<dt>Runbook</dt><dd><a href="https://wiki.example/?a=1&amp;b=2" rel="noopener noreferrer">'
        "the page</a></dd>\n</dl>\n<section>\n<h2>How to run it</h2>\n"
        '<pre class="command">\nbatchwright run daily-report</pre>\n'
        '<pre class="command">\nbatchwright logs daily-report</pre>\n'
        '<table>\n<thead><tr><th scope="col">Run</th></tr></thead>\n<tbody>\n<tr><td>a &amp; b</td></tr>\n</tbody>\n'
        '</table>\n<pre class="log">\n  one\n&lt;/pre&gt;</pre>\n<ul>\n<li>x</li>\n</ul>\n<p>One.</p>\n<p>Two.</p>\n'
        "</section>\n</article>\n"
    )


@given(texts)
def test_a_text_is_read_as_it_is_in_an_element_and_in_an_attribute(given_text: str) -> None:
    assert page(f"<p>{text(given_text)}</p>").read() == clean(given_text)
    assert page(f'<a href="{text(given_text)}"></a>').hrefs == [clean(given_text)]


@given(documents)
def test_no_document_makes_what_its_writer_did_not_mean(document: model.Document) -> None:
    lists, tables = {"dl", "dt", "dd", "ul", "li"}, {"table", "thead", "tbody", "tr", "th", "td"}
    seen = page(write(document))

    assert set(seen.tags) <= {"article", "section", "h1", "h2", "p", "pre", "a", *lists, *tables}
    assert seen.tags.count("article") == 1
    assert seen.tags.count("section") == len(document.sections)
    assert not [href for href in seen.hrefs if not re.match(r"https://example\.com/|batches/", href)]
    assert seen.others == []
    assert seen.comments == []
