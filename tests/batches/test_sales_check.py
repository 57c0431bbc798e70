"""The sample batch sales-check, whose source is the image sales."""

from pathlib import Path

import pytest

from tests.batches.conftest import RunApp

HEADER = "date,receipt,shop,product,quantity,unit_price\n"
GOOD = "2026-10-05,R1,東京駅前店,緑茶,2,148\n"


def test_the_shipped_sales_are_good(run_app: RunApp) -> None:
    done = run_app("sales_summary", "-m", "sales.check", SALES_FILE="data/sales.csv")

    assert done.returncode == 0, done.stdout
    assert done.stdout == "data/sales.csv: 3,975 good rows, 0 bad\n"


def test_every_bad_row_is_named_and_the_exit_code_is_3(run_app: RunApp) -> None:
    done = run_app("sales_summary", "-m", "sales.check", SALES_FILE="data/bad-sales.csv")

    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "data/bad-sales.csv, line 5, column quantity: '-2' is not a whole number",
        "data/bad-sales.csv, line 9, column date: '2026-13-05' is not a date like 2026-10-05",
        "data/bad-sales.csv, line 13, column unit_price: '百五十' is not a whole number",
        "data/bad-sales.csv, line 17, column receipt: 'R000015' is in the file already",
        "data/bad-sales.csv, line 19: 5 fields, not 6",
        "data/bad-sales.csv: 15 good rows, 5 bad",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("", "line 1: the header is ''", id="empty file"),
        pytest.param("date,shop\n", "line 1: the header is 'date,shop'", id="other header"),
        pytest.param(f"{HEADER}2026-10-05,R1, ,緑茶,2,148\n", "line 2, column shop: is empty", id="empty shop"),
        pytest.param(f"{HEADER}{GOOD}{GOOD}", "line 3, column receipt: 'R1' is in the file already", id="twice"),
    ],
)
def test_bad_files(run_app: RunApp, tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(text, encoding="utf-8")

    done = run_app("sales_summary", "-m", "sales.check", SALES_FILE=str(file))

    assert done.returncode == 3
    assert complaint in done.stdout


@pytest.mark.parametrize("content", [None, HEADER.encode("utf-16")], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_no_bad_row(run_app: RunApp, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sales.csv"
    if content is not None:
        file.write_bytes(content)

    done = run_app("sales_summary", "-m", "sales.check", SALES_FILE=str(file))

    assert done.returncode == 1
    assert done.stderr.startswith("the sales cannot be read: ")
    assert done.stderr.count("\n") == 1
