"""What the samples say that they read and write, as the catalog of them shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.batches.checkout import ROOT, call, copy_project

APPS = {"sales": "sales_summary", "members-export": "members_export", "shop": "shop"}
"""Image to the folder of its source."""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The catalog of the samples, as data."""
    project = copy_project(tmp_path_factory.mktemp("project"))
    done = call(project, "catalog", "-s", "production", "--offline", "--format", "json")
    data: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return data


def test_each_sample_says_what_it_works_on(catalog: dict[str, list[dict[str, Any]]]) -> None:
    silent = [entry["batch"] for entry in catalog["batches"] if not _read_by(entry)]

    assert silent == ["hello", "sales-notice"]
    assert len(catalog["resources"]) == 6


def test_a_csv_that_a_sample_reads_is_in_its_image(catalog: dict[str, list[dict[str, Any]]]) -> None:
    read = {
        (entry["image"]["name"], id) for entry in catalog["batches"] for id in _read_by(entry) if id.startswith("csv:")
    }
    missing = [id for image, id in read if not _file(image, id).is_file()]

    assert len(read) == 4
    assert missing == []


def _read_by(entry: dict[str, Any]) -> list[str]:
    return [edge["resource"] for edge in entry["edges"] if edge["direction"] == "reads" and edge["declared"]]


def _file(image: str, id: str) -> Path:
    return ROOT / "batches" / APPS[image] / "app" / "data" / f"{id.removeprefix('csv:')}.csv"
