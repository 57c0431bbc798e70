"""Takes the pictures of the catalog that are committed: to look at, after a change of its pages.

python -m tests.browser.pictures        # of a made-up stage, for the tests
make catalog && python -m tests.browser.pictures .batchwright/catalog   # of the samples, for the README
"""

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.moments import show_in
from batchwright_runner.workbench.files import write_folder
from batchwright_runner.workbench.page.site.pages import renderer, site
from tests.browser.chromium import browser
from tests.browser.sample import large

PICTURES = Path(__file__).parent / "pictures"
README = Path(__file__).parents[2] / "docs" / "pictures" / "catalog.png"


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is looked at.

    Attributes:
        page: The page.
        width: Width in CSS pixels.
        height: Height in CSS pixels.
        scheme: ``light`` or ``dark``.
        kind: ``screen`` or ``print``.
    """

    page: str
    width: int = 1100
    height: int = 800
    scheme: str = "light"
    kind: str = "screen"


LOOKS: Mapping[str, Look] = {
    "list": Look("index.html"),
    "list-dark": Look("index.html", scheme="dark"),
    "list-phone": Look("index.html", width=390, height=844),
    "list-print": Look("index.html", width=718, height=1047, kind="print"),  # A4 without its margins
    "batch": Look("batch/sales-check.html", height=1300),
    "batch-dark-phone": Look("batch/sales-check.html", width=390, height=1400, scheme="dark"),
    "week": Look("calendar.html", height=900),
    "day": Look("calendar/monday.html", height=1000),
    "day-phone": Look("calendar/monday.html", width=390, height=1000),
    "picture": Look("picture.html", height=1100),
    "picture-print": Look("picture.html", width=718, height=1047, kind="print"),
    "picture-dark": Look("picture.html", height=1100, scheme="dark"),
}


def main() -> None:
    """Takes them."""
    if len(sys.argv) > 1:
        readme(Path(sys.argv[1]))
        return
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        catalog = large(60)
        show_in(lambda: catalog.zone)
        write_folder(Path(folder, "site"), site(catalog, renderer()))
        page = chromium.page()
        for name, look in LOOKS.items():
            page.media(kind=look.kind, scheme=look.scheme)
            page.resize(look.width, look.height, phone=look.width < 500)
            page.open(Path(folder, "site", look.page))
            (PICTURES / f"{name}.png").write_bytes(page.picture())


def readme(folder: Path) -> None:
    """Takes the README's picture of a site."""
    README.parent.mkdir(exist_ok=True)
    with browser() as chromium:
        page = chromium.page()
        page.resize(960, 640)
        page.open((folder / "index.html").resolve())
        README.write_bytes(page.picture())


if __name__ == "__main__":
    main()
