"""The sample batches through both halves: synthesized by the library, run by the installed command."""

import shutil
from pathlib import Path

import pytest

from tests.batches.checkout import ROOT, call, copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_project(tmp_path_factory.mktemp("project"))


def test_every_sample_is_listed(project: Path) -> None:
    done = call(project, "list", "--local")

    assert done.returncode == 0, done.stderr
    folders = {path.parent.name.replace("_", "-") for path in (ROOT / "batches").glob("*/batch.py")}
    expected = (folders - {"shop"}) | {"orders-close", "orders-report", "coupons-expire"}
    batches, _, workflows = done.stdout.partition("\n\n")
    assert {line.split()[0] for line in batches.splitlines()[1:]} == expected
    assert [line.split()[0] for line in workflows.splitlines()] == ["WORKFLOW", "nightly"]


def test_a_parameter_reaches_the_batch(project: Path) -> None:
    done = call(project, "run", "hello", "--local")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "Hello, world!"


def test_a_batch_runs_the_image_that_another_one_brings(project: Path) -> None:
    done = call(project, "run", "sales-check", "--local", "-e", "SALES_FILE=data/bad-sales.csv")

    assert done.returncode == 3, done.stderr
    assert done.stdout.splitlines()[-1] == "data/bad-sales.csv: 15 good rows, 5 bad"


def test_the_demo_sums_up_the_sales(project: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.csv"

    done = call(project, "run", "sales-summary", "--local", "-e", "ROWS_PER_SECOND=0", "-e", f"SUMMARY_FILE={summary}")

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"wrote {summary}"
    assert summary.exists()


def test_a_secret_comes_from_local_env_and_is_asked_for_by_name(project: Path) -> None:
    folder = project / "batches" / "db_cleanup"

    without = call(project, "run", "db-cleanup", "--local")
    shutil.copy(folder / "local.env.example", folder / "local.env")
    having = call(project, "run", "db-cleanup", "--local")

    assert without.returncode == 125
    assert "DB_PASSWORD" in without.stderr
    assert "batches/db_cleanup/local.env" in without.stderr
    assert having.returncode == 0, having.stderr
    assert having.stdout.splitlines()[-1] == "done: 600 deleted, 600 left"


def test_a_batch_with_config_files_needs_an_engine(project: Path) -> None:
    folder = project / "batches" / "members_export"
    shutil.copy(folder / "local.env.example", folder / "local.env")

    done = call(project, "run", "members-export", "--local")

    assert done.returncode == 2, done.stderr
    assert "members-export cannot run as a plain process: its config files are for containers only" in done.stderr
