"""Where a batch's declaration and its image's source are."""

from pathlib import Path

import pytest

from batchwright import FargateBatch
from batchwright.task.sources import Places, find_places, folder_of


class Declared(FargateBatch):
    """A batch with a class of its own."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in which one batch has a source and two have none."""
    for folder in ("batches/one/app", "batches/two", "batches/three"):
        tmp_path.joinpath("project", folder).mkdir(parents=True)
    return tmp_path / "project"


def test_a_batch_with_a_class_of_its_own_has_a_folder() -> None:
    assert folder_of(Declared, FargateBatch) == Path(__file__).parent
    assert folder_of(FargateBatch, FargateBatch) is None
    assert folder_of(type("Typed", (FargateBatch,), {"__module__": "nowhere"}), FargateBatch) is None


def test_a_declaration_and_the_source_beside_it(project: Path) -> None:
    batches = [(project / "batches/one", "one"), (project / "batches/two", "two")]

    assert find_places(project, batches) == [Places("batches/one", "batches/one/app"), Places("batches/two", None)]


def test_who_shares_an_image_and_has_no_source_runs_the_others(project: Path) -> None:
    batches = [(project / "batches/two", "shared"), (None, "shared"), (project / "batches/one", "shared")]

    assert [places.source for places in find_places(project, batches)] == ["batches/one/app"] * 3


def test_of_two_sources_of_one_image_nobody_elses_is_taken(project: Path) -> None:
    project.joinpath("batches/two/app").mkdir()
    batches = [(project / f"batches/{name}", "shared") for name in ("one", "two", "three")]

    assert [places.source for places in find_places(project, batches)] == ["batches/one/app", "batches/two/app", None]


def test_images_of_elsewhere_are_not_shared(project: Path) -> None:
    batches = [(project / "batches/one", ""), (project / "batches/two", "")]

    assert [places.source for places in find_places(project, batches)] == ["batches/one/app", None]


def test_what_is_outside_of_the_project_has_no_place(project: Path) -> None:
    assert find_places(project / "batches/two", [(project / "batches/one", "one"), (None, "two")]) == [Places()] * 2


def test_a_project_that_a_link_leads_to(project: Path, tmp_path: Path) -> None:
    tmp_path.joinpath("link").symlink_to(project)

    (place,) = find_places(tmp_path / "link", [(project / "batches/one", "one")])

    assert place.package == "batches/one"
