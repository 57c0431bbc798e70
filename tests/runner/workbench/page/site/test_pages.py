"""The pages of a catalog: all there, all linked, and nothing that a name or text holds is markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

import pytest

from batchwright_runner.contract.last import Last
from batchwright_runner.workbench.page.site.pages import renderer, site, slug
from tests.browser.sample import hostile, large
from tests.runner.workbench.page.site.support import NIGHTLY, batch, flow, grant, pages

ALL = [
    batch(
        "import", image={"name": "shop"}, grants=[grant("s3:PutObject", on=["arn:aws:s3:::sales/*"])], schedule=NIGHTLY
    ),
    batch(
        "report", image={"name": "shop"}, owner="Finance", grants=[grant("s3:GetObject", on=["arn:aws:s3:::sales/*"])]
    ),
    batch("alone", owner="finance"),
]


class Read(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def links(page: str, text: str) -> set[str]:
    """Where a page links to, by paths in the site."""
    urls = {
        value for _tag, has in Read(text).elements for name, value in has.items() if name in ("href", "src") and value
    }
    inner = {url.partition("#")[0] for url in urls if not re.match(r"\w+:|#", url)}
    return {normpath(str(PurePosixPath(page).parent / url)) for url in inner}


FLOWS = [
    flow("import", {"parallel": [["report"], [{"step": "again", "batch": "import"}]]}, always=["alone"], owner="flows")
]


def test_every_link_leads_to_a_page_and_every_page_is_linked() -> None:
    files = pages(*ALL, flows=FLOWS)
    html = {name: text for name, text in files.items() if name.endswith(".html")}
    linked = {name: links(name, text) for name, text in html.items()}

    assert {target for targets in linked.values() for target in targets} == set(files)
    assert len(html) > 10


def test_a_batchs_page_links_its_owner_its_image_and_what_it_reads() -> None:
    linked = re.findall(r'<dd><a href="../([\w/-]+)', pages(*ALL)["batch/report.html"])

    assert linked == [f"owner/{slug('Finance')}", "image/shop", f"resource/{slug('s3:sales')}"]


def test_a_workflow_has_a_page_of_nested_boxes_which_link_to_its_batches_and_they_to_it() -> None:
    *others, _ = ALL
    alone = batch("alone", owner="finance", scheduler="rundeck")
    files = pages(*others, alone, batch("other"), flows=FLOWS)

    page = files["workflow/nightly.html"]
    boxes = re.sub(r"\s+", " ", page.partition('<ol class="chain">')[2].partition("<table")[0])
    assert re.sub(r' (class|href|aria-label)="[^"]*"', "", boxes).replace("> <", "><").strip() == (
        "<li><a>import</a></li><li><ul><li><ol><li><a>report</a></li></ol></li><li><ol><li><a>again</a></li></ol></li>"
        "</ul></li></ol><p>Then always, after a failure too:</p><ol><li><a>alone</a></li></ol>"
    )
    assert re.findall(r'href="([^"]*)">again<', boxes) == ["../batch/import.html"]
    assert "batchwright run nightly -s production" in page
    assert "How it has gone" not in page
    within = {name for name, text in files.items() if "A step of" in text}
    assert within == {"batch/import.html", "batch/report.html", "batch/alone.html"}
    assert "nightly" in files["owner/flows.html"]
    started = re.findall(r'data-label="Started by">([^<]*)', files["index.html"])
    assert started == ["rundeck, nightly", "nightly", "nobody", "nightly", "nobody"]
    assert files["index.html"].partition("<h2>Workflows</h2>")[2].count('<p class="next">next ') == 1


def test_a_command_stands_on_its_page_as_a_shell_takes_it() -> None:
    page = pages(batch("report", command=["sh", "-c", "echo  'a' &&\nexit 3"]))["batch/report.html"]

    assert """sh -c 'echo  '"'"'a'"'"' &&\nexit 3'""" in Read(page).text


def test_whatever_a_text_holds_it_is_text() -> None:
    plain, attacked = site(large(20), renderer()), site(hostile(), renderer())

    expected = {tag for text in plain.values() for tag, _ in Read(text).elements}
    for name, text in attacked.items():
        if name.endswith(".html"):
            elements = Read(text).elements
            assert {tag for tag, _ in elements} <= expected, name
            assert not [has for _, has in elements if any(key.startswith("on") for key in has)], name
            assert not [has for _, has in elements if "javascript:" in (has.get("href") or "")], name
            assert [tag for tag, _ in elements].count("script") == 1, name
        if not name.endswith((".css", ".js", ".json")):
            assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", text), name
    assert "<U+202E>evil" in Read(attacked["batch/attacked.html"]).text
    assert "{{ 7*7 }}{% raw %}" in Read(attacked["batch/attacked.html"]).text


def test_names_that_look_alike_in_a_files_name_have_files_of_their_own() -> None:
    names = ["finance", "Finance", "FINANCE", "finance ", "fi-nance", "売上", "営業", "..", "a/b", "a-b"]
    names += ["x" * 300, "x" * 301]

    slugs = [slug(name) for name in names]

    assert len({name.casefold() for name in slugs}) == len(names)
    assert all(re.fullmatch(r"[a-z0-9-]{1,80}", name) for name in slugs)


def test_a_stage_without_batches_says_how_to_make_the_first() -> None:
    assert "batchwright new BATCH" in Read(pages()["index.html"]).text


def words(text: str) -> str:
    return " ".join(Read(text.replace("><", "> <")).text.split())


def test_a_batch_that_something_else_starts_has_no_schedule_and_is_not_started_by_hand() -> None:
    files = pages(batch("one", scheduler="rundeck"))

    assert "schedule none that is known here started by rundeck" in words(files["batch/one.html"])
    assert "by hand" not in "".join(files.values())


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        ({"timeout_seconds": 300}, "timeout 5m00s retries"),
        ({"timeout_seconds": 300, "retries": 2, "retry_on": [1]}, "timeout 5m00s an attempt retries 2, on 1 two"),
        ({"overlap": "allow"}, "two at once allowed"),
        ({"overlap": "forbid"}, "two at once forbidden: the second exits with 123"),
    ],
)
def test_a_batchs_page_says_how_long_and_beside_what_it_runs(manifest: dict[str, Any], text: str) -> None:
    assert text in words(pages(batch("one", **manifest))["batch/one.html"])


def test_each_page_shows_the_section_that_it_belongs_to() -> None:
    current = r'href="(?:\.\./)?([\w.]+)" aria-current="(\w+)"'
    sections = {
        name: re.findall(current, text.partition("</nav>")[0]) for name, text in pages(*ALL).items() if name in PLACES
    }

    assert sections == {name: [(section, "page" if name == section else "true")] for name, section in PLACES.items()}


PLACES = {
    **{name: name for name in ("index.html", "calendar.html", "picture.html", "owners.html", "resources.html")},
    "calendar/monday.html": "calendar.html",
    "batch/import.html": "index.html",
    "image/shop.html": "resources.html",
    "owner/finance.html": "owners.html",
    f"resource/{slug('s3:sales')}.html": "resources.html",
}
"""Page to the page of the navigation that it belongs to."""


def test_an_owners_page_does_not_repeat_the_owner() -> None:
    files = pages(*ALL)

    heads = {name: re.findall(r'columnheader" scope="col"[^>]*>([^<]+)', files[name]) for name in PLACES if "/" in name}
    assert heads["owner/finance.html"] == ["Batch", "When (Asia/Tokyo)", "Started by"]
    assert heads["image/shop.html"] == ["Batch", "Owner", "When (Asia/Tokyo)", "Started by"]


@pytest.mark.parametrize(
    ("good", "text"),
    [(3, "1m10s, of 3 good runs expected"), (20, "1m10s, of 20 good runs; 19 of 20 took 1m10s at most")],
)
def test_a_batchs_page_says_how_long_it_usually_takes(good: int, text: str) -> None:
    watched = batch("one", file={"watch": {"expected_seconds": 600}})
    durations = (60, *([70] * (good - 3)), 70, 80)

    page = pages(replace(watched, runs=[], last=Last(durations=durations)))["batch/one.html"]

    assert f"usually takes {text}" in words(page)


def test_what_is_unfinished_is_marked_in_the_list_and_said_on_the_page() -> None:
    made = pages(batch("aa", unfinished="the bucket is not there yet"), batch("bb"))

    assert made["index.html"].count('<span class="badge paused">unfinished</span>') == 1
    assert "the bucket is not there yet" in made["batch/aa.html"]
    assert "unfinished" not in made["batch/bb.html"]
