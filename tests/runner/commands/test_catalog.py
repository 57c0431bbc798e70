"""``batchwright catalog`` on a small project."""

import json
import subprocess
import sys
from pathlib import Path

from batchwright_runner.contract.installed import requirement
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
    status = call(tmp_path, "catalog", "--format", "json", "-o", "catalog.json").err

    printed, written = json.loads(done.text), json.loads((tmp_path / "catalog.json").read_text())
    assert [batch["batch"] for batch in printed["batches"]] == ["report"]
    assert {**printed, "made": ""} == {**written, "made": ""}
    assert status.splitlines()[-1] == "batchwright: catalog.json: 1 batch of stage local"


def test_what_is_wrong_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "index.html").write_text("mine")

    missing = call(tmp_path, "catalog")
    full = call(tmp_path, "catalog", "-o", "full")

    assert (missing.code, full.code) == (2, 2)
    assert "no pages were written: no folder was given for them. Add -o DIR" in missing.err
    assert "no catalog can be written to full: it holds index.html, which no catalog wrote" in full.err
    assert (tmp_path / "full" / "index.html").read_text() == "mine"


def test_without_the_template_engine_it_says_what_to_install(tmp_path: Path) -> None:
    make_project(tmp_path, declared("report", "true"))
    code = "import sys; sys.modules['jinja2'] = None; from batchwright_runner.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "catalog"]

    site = subprocess.run([*command, "-o", "site"], cwd=tmp_path, capture_output=True, text=True, check=False)
    data = subprocess.run([*command, "--format", "json"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert site.returncode == 125
    assert f"Install batchwright with it: uv tool install {requirement('local')}" in site.stderr
    assert not (tmp_path / "site").exists()
    assert data.returncode == 0


def test_a_stage_whose_aws_is_not_reached_has_its_pages_all_the_same(tmp_path: Path) -> None:
    staging = {"stage": "staging"}
    make_project(tmp_path, declared("report", "true", manifest=staging), stages={"staging": {}})

    done = call(tmp_path, "catalog", "-s", "staging", "-o", "site")

    assert done.code == 0
    assert "past runs are not shown: " in done.err
    assert "Past runs are not shown: they could not be seen." in (tmp_path / "site" / "index.html").read_text()
