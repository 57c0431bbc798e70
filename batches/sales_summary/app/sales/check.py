"""Lists the bad rows of a file of sales. Ends with 0 when all rows are good, with 3 when one is bad."""

import csv
import os
import sys
from pathlib import Path

from sales.rows import BadRow, read_sales

EXIT_BAD_ROWS = 3


def main() -> int:
    path = Path(os.environ.get("SALES_FILE", "data/sales.csv"))
    good = bad = 0
    for row in read_sales(path):
        if isinstance(row, BadRow):
            bad += 1
            print(f"{path}, {row}")
        else:
            good += 1
    print(f"{path}: {good:,} good rows, {bad:,} bad")
    return EXIT_BAD_ROWS if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, UnicodeError, csv.Error) as error:
        sys.exit(f"the sales cannot be read: {error}. Set SALES_FILE to a CSV file in UTF-8")
