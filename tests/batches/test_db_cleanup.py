"""The sample batch db-cleanup."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.batches.conftest import RunApp

PASSWORD = "correct-horse"


@pytest.fixture
def database(run_app: RunApp, tmp_path: Path) -> str:
    return run_app("db_cleanup", "-m", "cleanup.sample", str(tmp_path)).stdout.strip()


def count(database: str) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM sessions").fetchone()[0])


def test_it_deletes_what_is_older_and_nothing_else(run_app: RunApp, database: str) -> None:
    before = count(database)

    done = run_app("db_cleanup", "-m", "cleanup", DB_FILE=database, DB_PASSWORD=PASSWORD, KEEP_DAYS="40")

    assert done.returncode == 0, done.stderr
    assert (before, count(database)) == (1200, 800)
    assert done.stdout.splitlines()[1:] == ["deleted 200", "deleted 400", "done: 400 deleted, 800 left"]


def test_a_wrong_password_deletes_nothing_and_is_never_shown(run_app: RunApp, database: str) -> None:
    done = run_app("db_cleanup", "-m", "cleanup", DB_FILE=database, DB_PASSWORD="battery-staple", KEEP_DAYS="40")

    assert done.returncode == 1
    assert "DB_PASSWORD is wrong" in done.stderr
    assert "battery-staple" not in done.stdout + done.stderr
    assert count(database) == 1200


def test_a_database_that_does_not_exist_is_not_made(run_app: RunApp, tmp_path: Path) -> None:
    missing = tmp_path / "missing.sqlite"

    done = run_app("db_cleanup", "-m", "cleanup", DB_FILE=str(missing), DB_PASSWORD=PASSWORD, KEEP_DAYS="40")

    assert done.returncode == 1
    assert "unable to open database file" in done.stderr
    assert not missing.exists()
