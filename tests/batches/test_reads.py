"""What the samples say that they read and write, as the catalog of them shows it."""

import json
from pathlib import Path

import pytest

from tests.batches.checkout import ROOT, call, copy_project

APPS = {"sales": "sales_summary", "members-export": "members_export", "shop": "shop"}
"""Image to the folder of its source."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """The catalog of the samples, as data."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    done = call(project, "catalog", "-s", "production", "--offline", "--format", "json")
    data: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return data


def test_each_sample_says_what_it_works_on(catalog: dict[str, list[dict[str, object]]]) -> None:
    silent = [entry["name"] for entry in catalog["batches"] if not entry["reads"]]

    assert silent == ["hello", "sales-notice"]
    assert len(catalog["resources"]) == 6


def test_a_csv_that_a_sample_reads_is_in_its_image(catalog: dict[str, list[dict[str, object]]]) -> None:
    read = {
        (entry["image"], id) for entry in catalog["batches"] for id in _texts(entry["reads"]) if id.startswith("csv:")
    }
    missing = [id for image, id in read if not _file(str(image), id).is_file()]

    assert len(read) == 4
    assert missing == []


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return value


def _file(image: str, id: str) -> Path:
    return ROOT / "batches" / APPS[image] / "app" / "data" / f"{id.removeprefix('csv:')}.csv"
