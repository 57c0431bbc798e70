"""The pages: each link leads somewhere, each page can be found from the index."""

import re
from pathlib import Path

import pytest

from tests.kit.pages import EVERY_PAGE, links, prose

ROOT = Path(__file__).parent.parent


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = prose(page.read_text(encoding="utf-8"))
    seen: dict[str, int] = {}
    found = set()
    for heading in re.findall(r"^#+ +(.*?)(?: +#+)?$", text, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        anchor = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        number = seen.get(anchor, 0)
        seen[anchor] = number + 1
        found.add(f"{anchor}-{number}" if number else anchor)
    return found


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere."""
    found = []
    for target in links(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or not file.is_relative_to(ROOT):
            found.append(f"{target}: there is no such file")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            found.append(f"{target}: there is no such heading")
    return found


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(ROOT)))
def test_each_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_pages.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# Page\n[gone](gone.md) [no such](#nothing) [fine](#page) [out](../x) `[code](code.md)`\n```\n[f](f.md)\n```\n"
    )

    assert [line.partition(":")[0] for line in broken(page)] == ["gone.md", "#nothing", "../x"]


def named_pages(text: str) -> list[str]:
    """The pages that a message or an example of a command names, with their headings."""
    return re.findall(r"\bdocs/[a-z/-]+\.md(?:#[\w-]+)?", text)


def test_each_page_that_the_code_names_exists() -> None:
    kinds = [f"{folder}/**/*.{suffix}" for folder in ("runner", "constructs") for suffix in ("py", "html", "in")]
    sources = [one for kind in kinds for one in ROOT.glob(kind)]
    found = {name for one in sources for name in named_pages(one.read_text(encoding="utf-8"))}
    gone = [
        name
        for name, _, anchor in (one.partition("#") for one in found)
        if not (ROOT / name).is_file() or (anchor and anchor not in anchors(ROOT / name))
    ]

    assert found
    assert gone == []


def test_each_target_of_make_that_a_page_names_exists() -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):.*##", ROOT.joinpath("Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {
        (str(page.relative_to(ROOT)), target)
        for page in EVERY_PAGE
        for line in re.findall(
            r"`make [a-z0-9 -]+|^\$ make [a-z0-9 -]+", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        for target in line.split("make ")[1].split(" -")[0].split()
    }

    assert named
    assert {one for one in named if one[1] not in targets} == set()


def test_each_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    found = {(index.parent / target.partition("#")[0]).resolve() for target in links(index.read_text(encoding="utf-8"))}
    pages = {page for page in EVERY_PAGE if page.is_relative_to(index.parent) and page.name != "README.md"}

    assert {str(page.relative_to(ROOT)) for page in pages - found if "ja" not in page.parts} == set()
