"""Sums up a file of sales by day, shop and product. Ends with 1 at the first bad row, and writes nothing then.

Environment variables:
    SALES_FILE: The file to read.
    SUMMARY_FILE: The file to write.
    ROWS_PER_SECOND: Reads no faster than this; 0 is full speed.
"""

import csv
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from sales.rows import BadRow, Sale, read_sales
from sales.table import render

PROGRESS_EVERY = 500  # rows
Summary = list[tuple[str, str, int, int]]


class BadSalesError(ValueError):
    """The file has a bad row."""


def add_up(sales: Iterable[Sale]) -> Summary:
    """Returns (group, name, items sold, yen) for every day, then shop, then product; the best-selling first."""
    items: Counter[tuple[str, str]] = Counter()
    yen: Counter[tuple[str, str]] = Counter()
    for sale in sales:
        for key in (("day", sale.day.isoformat()), ("shop", sale.shop), ("product", sale.product)):
            items[key] += sale.quantity
            yen[key] += sale.amount
    order = {"day": 0, "shop": 1, "product": 2}
    days_then_best = sorted(yen, key=lambda key: (order[key[0]], key[1] if key[0] == "day" else -yen[key], key[1]))
    return [(group, name, items[group, name], yen[group, name]) for group, name in days_then_best]


def read_watched(path: Path, rows_per_second: float) -> Iterator[Sale]:
    """Yields the good rows, and prints how far it is.

    Raises:
        BadSalesError: A row is bad.
    """
    count = 0
    for count, row in enumerate(read_sales(path), start=1):
        if isinstance(row, BadRow):
            raise BadSalesError(f"{path}, {row}")
        yield row
        if count % PROGRESS_EVERY == 0:
            print(f"read {count:,} rows, now at {row.day}")
            if rows_per_second:
                time.sleep(PROGRESS_EVERY / rows_per_second)
    print(f"read {count:,} rows, that is all")


def write(summary: Summary, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["group", "name", "items", "yen"])
        writer.writerows(summary)


def main() -> None:
    source = Path(os.environ.get("SALES_FILE", "data/sales.csv"))
    target = Path(os.environ.get("SUMMARY_FILE") or Path(tempfile.gettempdir()) / "sales-summary.csv")
    print(f"reading {source}")
    summary = add_up(read_watched(source, float(os.environ.get("ROWS_PER_SECOND", "0"))))
    write(summary, target)
    print(render(["GROUP", "NAME", "ITEMS", "YEN"], [[g, n, f"{i:,}", f"{y:,}"] for g, n, i, y in summary]))
    print(f"wrote {target}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, csv.Error) as error:
        sys.exit(f"no summary was written: {error}")
