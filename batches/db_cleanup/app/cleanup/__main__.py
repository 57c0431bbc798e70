"""The batch's command.

Environment variables:
    DB_FILE: The database. Without it the batch works on a sample that it makes and throws away.
    DB_PASSWORD: Its password.
    KEEP_DAYS: How many days an unused session is kept.
"""

import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cleanup import sample
from cleanup.database import LoginRefusedError, connect

CHUNK = 200  # rows in one transaction, so that nobody else waits long
DELETE = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE used_at < ? LIMIT ?)"


def main() -> None:
    keep = timedelta(days=int(os.environ["KEEP_DAYS"]))
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(os.environ.get("DB_FILE") or sample.make(Path(scratch)))
        with closing(connect(path, os.environ["DB_PASSWORD"])) as connection:
            clean_up(connection, unused_since=datetime.now(UTC) - keep)


def clean_up(connection: sqlite3.Connection, unused_since: datetime) -> None:
    print(f"deleting sessions unused since {unused_since:%Y-%m-%d %H:%M} UTC")
    deleted = 0
    while count := delete_chunk(connection, unused_since):
        deleted += count
        print(f"deleted {deleted:,}")
    left = connection.execute("SELECT count(*) FROM sessions").fetchone()[0]
    print(f"done: {deleted:,} deleted, {left:,} left")


def delete_chunk(connection: sqlite3.Connection, unused_since: datetime) -> int:
    with connection:
        return connection.execute(DELETE, (unused_since.isoformat(), CHUNK)).rowcount


if __name__ == "__main__":
    try:
        main()
    except (LoginRefusedError, sqlite3.Error) as error:
        sys.exit(f"the clean-up stopped: {error}")
