"""How long the catalog of 200 batches takes: to write, and to show in a browser. Needs Chromium.

    make bench        or: python bench/catalog.py [--batches 200] [--runs 7]

To reach: at most 3 s to write, and at most 1 s from the call to the first paint of each page.
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from machine import begin, spread

from batchwright_runner.workbench.files import write_folder
from batchwright_runner.workbench.page.site.pages import renderer, site
from tests.browser.chromium import Page, browser
from tests.browser.sample import large

PAGES = (
    "index.html",
    "calendar.html",
    "calendar/monday.html",
    "picture.html",
    "resources.html",
    "batch/sales-report.html",
)
TO_WRITE, TO_PAINT = 3.0, 1.0


def main() -> None:
    """Measures and prints."""
    options = begin("jinja2", batches=200, runs=7)
    catalog = large(options.batches)
    with tempfile.TemporaryDirectory() as folder, browser() as chromium:
        print(f"{options.batches} batches; median of {options.runs} (least-most), in seconds")
        wrote = [write(catalog, Path(folder, str(number))) for number in range(options.runs)]
        print(f"{'written':<28} {spread(wrote)}  target <= {TO_WRITE:.1f}")
        page = chromium.page()
        for name in PAGES:
            times = [first_paint(page, Path(folder, "0", name)) for _ in range(options.runs + 1)][1:]
            size = Path(folder, "0", name).stat().st_size
            print(f"{name:<28} {spread(times)}  target <= {TO_PAINT:.1f}  {size / 1000:.0f} kB")


def write(catalog: object, folder: Path) -> float:
    """Seconds to make and write the site."""
    began = time.perf_counter()
    write_folder(folder, site(catalog, renderer()))
    return time.perf_counter() - began


def first_paint(page: Page, path: Path) -> float:
    """Seconds from the call to the first paint of something, by the browser's own clock."""
    page.open("about:blank")
    page.open(path)
    code = """new Promise(done => new PerformanceObserver(
        list => list.getEntriesByName("first-contentful-paint").forEach(one => done(one.startTime))
    ).observe({type: "paint", buffered: true}))"""
    return float(page.run(code)) / 1000


if __name__ == "__main__":
    main()
