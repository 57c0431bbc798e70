"""Makes a small database to try the batch on: ``python -m cleanup.sample FOLDER``."""

import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cleanup.database import create

PASSWORD = "correct-horse"  # noqa: S105 - of the sample only; local.env.example holds it too
AGES = [*range(60)] * 20  # days; twenty sessions for each of the last sixty


def make(folder: Path) -> Path:
    path = folder / "sample.sqlite"
    now = datetime.now(UTC)
    rows = [(f"account-{i:04d}", (now - timedelta(days=age)).isoformat()) for i, age in enumerate(AGES)]
    with closing(create(path, PASSWORD)) as connection:
        connection.executemany("INSERT INTO sessions (account, used_at) VALUES (?, ?)", rows)
        connection.commit()
    return path


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
