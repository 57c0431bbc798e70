"""The Japanese pages: which are stale is said, and what is not prose is the same as in their sources."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from docs import japanese
from tests.kit.pages import EVERY_PAGE, links, prose
from tests.kit.pages import fences as fences_of

ROOT = Path(__file__).parent.parent
PAGES = {page: source for page, source in japanese.PAGES.items() if page.name != "README.ja.md"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose Japanese pages follow their sources."""
    for page, source in japanese.PAGES.items():
        for path, text in ((source, f"# {source}\n\nText.\n"), (page, f"# {page}\n\nText.\n")):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
    for page in japanese.PAGES:
        japanese.update(page, tmp_path)
    return tmp_path


def test_a_page_that_follows_its_source_is_not_listed(root: Path) -> None:
    assert list(japanese.stale(root)) == []


def test_a_page_whose_source_has_changed_is_listed_until_it_is_updated(root: Path) -> None:
    (root / "docs" / "on-call.md").write_text("# Another\n", encoding="utf-8")

    assert [line.partition(":")[0] for line in japanese.stale(root)] == ["docs/ja/on-call.md"]
    japanese.update(Path("docs/ja/on-call.md"), root)
    assert list(japanese.stale(root)) == []


def test_a_page_that_is_missing_or_names_another_source_is_listed(root: Path) -> None:
    (root / "docs/ja/tutorial.md").unlink()
    page = root / "docs/ja/on-call.md"
    page.write_text(page.read_text(encoding="utf-8").replace("docs/on-call.md ", "docs/rundeck.md "), encoding="utf-8")

    assert [line.partition(":")[0] for line in japanese.stale(root)] == ["docs/ja/tutorial.md", "docs/ja/on-call.md"]


def translated(page: Path) -> str:
    """A page without the exit codes, which a Japanese page has beside what its source says."""
    return page.read_text(encoding="utf-8").partition("\n## 終了コード\n")[0]


def fences(page: Path) -> list[str]:
    """What stands in fences and is not translated: commands, outputs, code, configuration. Comments may be."""
    found = fences_of(translated(page))
    return [f"{fence.kind}\n{re.sub(r'(?m)( +|^)# .*$', '', fence.text)}" for fence in found]


def shape(page: Path) -> list[str]:
    """What a translation keeps: headings, rows of tables and items of lists, in their order."""
    return re.findall(r"^(?:#+ |\||- |\d\. )", prose(translated(page)), re.MULTILINE)


@pytest.mark.parametrize("what", [fences, shape])
@pytest.mark.parametrize(("page", "source"), PAGES.items(), ids=[str(page.relative_to("docs/ja")) for page in PAGES])
def test_what_is_not_translated_is_that_of_the_source(
    page: Path, source: Path, what: Callable[[Path], list[str]]
) -> None:
    """Where the source has changed since, which may be any day, the page is stale and is not compared."""
    if any(line.startswith(f"{page}:") for line in japanese.stale(ROOT)):
        assert (ROOT / page).is_file()
        return

    assert what(ROOT / page) == what(ROOT / source)


def codes(text: str) -> list[set[str]]:
    """The numbers in the first cell of each row of the first table."""
    table = text.partition("| --- | --- |\n")[2].partition("\n\n")[0]
    return [set(re.findall(r"\d+", row.split("|")[1])) for row in table.splitlines() if row.startswith("|")]


def test_the_japanese_table_of_exit_codes_has_the_rows_of_the_english_one() -> None:
    japanese_page = (ROOT / "docs/ja/on-call.md").read_text(encoding="utf-8").partition("\n## 終了コード\n")[2]

    assert codes(japanese_page) == codes((ROOT / "docs/exit-codes.md").read_text(encoding="utf-8"))


def test_no_link_leads_to_a_japanese_page_that_is_gone() -> None:
    there = {ROOT / page for page in japanese.PAGES}
    targets = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in EVERY_PAGE
        for target in links(page.read_text("utf-8"))
    }

    assert set(ROOT.glob("docs/ja/**/*.md")) <= there
    assert {target for target in targets if target.is_relative_to(ROOT / "docs/ja") and target.suffix} <= there


JAPANESE = "\u3040-\u30ff\u3400-\u9fff\u3005\uff01-\uff60「」『』"
BROKEN = re.compile(rf"^(?! *[|#]).*[{JAPANESE}](?=\n *[{JAPANESE}])", re.MULTILINE)
"""A line that ends between two Japanese characters, and after no punctuation: Markdown shows a space there."""


@pytest.mark.parametrize("page", japanese.PAGES, ids=str)
def test_no_line_breaks_within_a_phrase(page: Path) -> None:
    assert BROKEN.findall(prose((ROOT / page).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(("page", "source"), japanese.PAGES.items(), ids=map(str, japanese.PAGES))
def test_a_link_goes_to_the_japanese_page_where_there_is_one(page: Path, source: Path) -> None:
    linked = links((ROOT / page).read_text(encoding="utf-8"))
    targets = {(ROOT / page).parent.joinpath(target.partition("#")[0]).resolve() for target in linked}
    translated = {ROOT / other for other in japanese.PAGES.values() if other != source}

    assert targets & translated == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to("docs/ja")))
def test_it_is_written_in_japanese(page: Path) -> None:
    paragraphs = [
        one
        for one in prose((ROOT / page).read_text(encoding="utf-8")).split("\n\n")
        if len(one) > 80 and not one.startswith(("<", "|"))
    ]

    assert paragraphs
    assert [one for one in paragraphs if not re.search(r"[ぁ-んァ-ン]", one)] == []
