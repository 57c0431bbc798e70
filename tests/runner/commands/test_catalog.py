"""``batchwright catalog`` on a small project."""

import json
from pathlib import Path

from tests.kit.command import call
from tests.kit.projects import declared, make_project


def test_it_writes_a_site_and_says_where(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"), declared("other", "true"), timezone="Asia/Tokyo")

    done = call(tmp_path, "catalog", "-o", "site")

    assert (done.code, done.out) == (0, b"")
    assert done.err.splitlines()[-1] == "batchwright: site/index.html: 2 batches of stage local"
    assert (tmp_path / "site" / "batch" / "report.html").is_file()
    assert json.loads((tmp_path / "site" / "catalog.json").read_text())["zone"] == "Asia/Tokyo"
    assert call(tmp_path, "catalog", "-o", "site").code == 0


def test_as_json_on_stdout_and_in_a_file(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))

    done = call(tmp_path, "catalog", "--format", "json")
    call(tmp_path, "catalog", "--format", "json", "-o", "catalog.json")

    printed, written = json.loads(done.text), json.loads((tmp_path / "catalog.json").read_text())
    assert [one["name"] for one in printed["batches"]] == ["report"]
    assert {**printed, "made": ""} == {**written, "made": ""}


def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index.html").write_text("mine")

    missing = call(tmp_path, "catalog")
    full = call(tmp_path, "catalog", "-o", "full")

    assert (missing.code, full.code) == (2, 2)
    assert "no folder was given for the pages. Add -o DIR" in missing.err
    assert "no catalog can be written to full: it holds index.html, which no catalog wrote" in full.err
    assert (tmp_path / "full" / "index.html").read_text() == "mine"


def test_an_assembly_of_a_newer_library_is_said(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true", format=99))

    done = call(tmp_path, "catalog", "-o", "site")

    assert done.code == 125
    assert "it has format 99 and this runner reads up to 1. Update the runner" in done.err
    assert not (tmp_path / "site").exists()
