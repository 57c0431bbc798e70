"""The sample workflow nightly, and the batch that it always runs."""

import pytest

from batches.nightly.workflow import Nightly
from batchwright.testing import play
from tests.batches.conftest import RunApp


def test_nothing_is_summed_up_after_a_bad_file_and_the_clean_up_runs_all_the_same() -> None:
    played = play(Nightly, fails={"sales-nightly": 3})

    assert played.started == ("sales-nightly", "db-cleanup", "sales-notice")
    assert played.not_started == ("sales-summary",)
    assert (played.verdict.code, played.verdict.step) == (3, "sales-nightly")


@pytest.mark.parametrize(
    ("failed", "lines"),
    [
        ("", ["to the shops: the sales of 2026-11-24 are ready"]),
        ("db-cleanup", ["to the shops: the sales of 2026-11-24 are ready", "to finance-systems: failed: db-cleanup"]),
        (
            "sales-nightly db-cleanup",
            ["to the shops: the sales of 2026-11-24 are late", "to finance-systems: failed: sales-nightly, db-cleanup"],
        ),
    ],
)
def test_the_notice_names_what_has_failed(run_app: RunApp, failed: str, lines: list[str]) -> None:
    environment = {"BATCHWRIGHT_SCHEDULED_DATE": "2026-11-24", "BATCHWRIGHT_WORKFLOW_FAILED": failed}

    assert run_app("sales_summary", "-m", "sales.notice", **environment).stdout.splitlines() == lines
