"""One browser for the tests of a module, and sites that they look at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batchwright_runner.contract.moments import show_in
from batchwright_runner.workbench.files import write_folder
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.site.pages import renderer, site
from tests.browser.chromium import Chromium, Page, browser
from tests.browser.sample import hostile, large


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """A browser."""
    with browser() as running:
        yield running


@pytest.fixture
def page(chromium: Chromium) -> Iterator[Page]:
    """A page of it."""
    opened = chromium.page()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of 200 batches, with past runs, made now."""
    return written(large(200, now=datetime.now(UTC)), tmp_path_factory.mktemp("many"))


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of 60 batches, with past runs."""
    return written(large(60), tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="session")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a batch all of whose texts are an attack."""
    return written(hostile(), tmp_path_factory.mktemp("evil"))


def written(catalog: Catalog, folder: Path) -> Path:
    show_in(lambda: catalog.zone)
    write_folder(folder, site(catalog, renderer()))
    return folder
