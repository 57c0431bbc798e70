"""Prints the facts about AWS and other software that were looked up more than a year ago: read their sources again.

Such a fact stands where it is used, and carries its source and the month in which it was read. Where a line has more
than one month, the newest counts.

python docs/facts.py [YEAR-MONTH]
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACES = ("runner/batchwright_runner", "constructs/batchwright", "docs", "README.md")
_MONTH = re.compile(r"(?<![\d-])(20\d\d)-(0[1-9]|1[0-2])(?![\d-])")


def old_facts(text: str, today: str) -> Iterator[tuple[int, str]]:
    """The lines of a file whose newest month is more than a year ago: number and text.

    Args:
        text: The file.
        today: This month, year first.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        months = [_months(found[0]) for found in _MONTH.finditer(line)]
        if months and _months(today) - max(months) > 12:
            yield number, line.strip()


def files() -> Iterator[Path]:
    """The files in which facts stand."""
    for place in PLACES:
        path = ROOT / place
        yield from sorted([*path.rglob("*.py"), *path.rglob("*.md")]) if path.is_dir() else [path]


def _months(month: str) -> int:
    year, number = month.split("-")
    return int(year) * 12 + int(number)


def main() -> None:
    """Prints them."""
    today = sys.argv[1] if len(sys.argv) > 1 else f"{datetime.now(UTC):%Y-%m}"
    for path in files():
        for number, line in old_facts(path.read_text(encoding="utf-8"), today):
            sys.stdout.write(f"{path.relative_to(ROOT)}:{number}: {line}\n")


if __name__ == "__main__":
    main()
