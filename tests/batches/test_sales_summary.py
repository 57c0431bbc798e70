"""The sample batch sales-summary."""

import csv
from pathlib import Path

from tests.batches.conftest import RunApp

SALES = """\
date,receipt,shop,product,quantity,unit_price
2026-10-06,R1,大阪梅田店,緑茶,1,100
2026-10-05,R2,東京駅前店,緑茶,2,100
2026-10-05,R3,東京駅前店,弁当,1,700
"""


def test_it_writes_totals_by_day_shop_and_product(run_app: RunApp, tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(SALES, encoding="utf-8")
    summary = tmp_path / "summary.csv"

    done = run_app(
        "sales_summary", "-m", "sales.summary", SALES_FILE=str(tmp_path / "sales.csv"), SUMMARY_FILE=str(summary)
    )

    assert done.returncode == 0, done.stderr
    with summary.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["group", "name", "items", "yen"],
            ["day", "2026-10-05", "3", "900"],
            ["day", "2026-10-06", "1", "100"],
            ["shop", "東京駅前店", "3", "900"],
            ["shop", "大阪梅田店", "1", "100"],
            ["product", "弁当", "1", "700"],
            ["product", "緑茶", "3", "300"],
        ]


def test_the_log_shows_progress_and_the_table(run_app: RunApp, tmp_path: Path) -> None:
    done = run_app("sales_summary", "-m", "sales.summary", SUMMARY_FILE=str(tmp_path / "summary.csv"))

    lines = done.stdout.splitlines()
    assert lines[:2] == ["reading data/sales.csv", "read 500 rows, now at 2026-10-05"]
    assert "read 3,975 rows, that is all" in lines
    assert "shop     東京駅前店      1,698  372,570" in lines
    assert "product  緑茶 500ml        936  138,528" in lines
    assert lines[-1] == f"wrote {tmp_path / 'summary.csv'}"


def test_a_bad_row_stops_it_before_anything_is_written(run_app: RunApp, tmp_path: Path) -> None:
    summary = tmp_path / "summary.csv"

    done = run_app("sales_summary", "-m", "sales.summary", SALES_FILE="data/bad-sales.csv", SUMMARY_FILE=str(summary))

    assert done.returncode == 1
    assert done.stderr == (
        "no summary was written: data/bad-sales.csv, line 5, column quantity: '-2' is not a whole number\n"
    )
    assert not summary.exists()
