"""Reads a file of sales row by row and judges each row."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

COLUMNS = ["date", "receipt", "shop", "product", "quantity", "unit_price"]


@dataclass(frozen=True)
class Sale:
    day: date
    receipt: str
    shop: str
    product: str
    quantity: int
    unit_price: int  # yen

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass(frozen=True)
class BadRow:
    line: int
    column: str  # empty where the whole line is meant
    problem: str

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}" if self.column else f"line {self.line}"
        return f"{where}: {self.problem}"


def read_sales(path: Path) -> Iterator[Sale | BadRow]:
    """Yields each row as a sale, or as what is wrong with it (its first mistake)."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        if header != COLUMNS:
            yield BadRow(1, "", f"the header is '{','.join(header)}', not '{','.join(COLUMNS)}'")
            return
        seen: set[str] = set()
        for row in rows:
            yield _judge(row, rows.line_num, seen)


def _judge(row: list[str], line: int, seen: set[str]) -> Sale | BadRow:
    if len(row) != len(COLUMNS):
        return BadRow(line, "", f"{len(row)} fields, not {len(COLUMNS)}")
    day, receipt, shop, product, quantity, unit_price = row
    for column, value in zip(COLUMNS, row, strict=True):
        if not value.strip():
            return BadRow(line, column, "is empty")
    try:
        sold_on = date.fromisoformat(day)
    except ValueError:
        return BadRow(line, "date", f"'{day}' is not a date like 2026-10-05")
    if receipt in seen:
        return BadRow(line, "receipt", f"'{receipt}' is in the file already")
    for column, value in (("quantity", quantity), ("unit_price", unit_price)):
        if not (value.isascii() and value.isdigit()):
            return BadRow(line, column, f"'{value}' is not a whole number")
    seen.add(receipt)
    return Sale(sold_on, receipt, shop, product, int(quantity), int(unit_price))
