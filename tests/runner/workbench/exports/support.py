"""Batches as the exports see them."""

from typing import Any

from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.workbench.exports.job import Job

NIGHTLY = from_text("30 2 * * * Asia/Tokyo")


def job(name: str = "daily-report", **changes: Any) -> Job:  # noqa: ANN401 - any attribute
    """A batch that Rundeck starts every night, with changes."""
    usual: dict[str, Any] = {
        "project": "batches",
        "stage": "production",
        "name": name,
        "description": "Mails yesterday's sales.",
        "owner": "finance-systems",
        "declared_in": f"batches/{name.replace('-', '_')}/batch.py",
        "schedule": NIGHTLY,
        "scheduler": "rundeck",
    }
    return Job(**{**usual, **changes})


BY_HAND = job("by-hand", schedule=None, scheduler="")
RUNDECKS = job("rundecks")
TEXTS = ["Sales: 100% of it, $HOME \\", "'quoted' \"twice\"", "#1 {a} [b] & *c", "売上を集計する"]
"""Descriptions that files of other formats have to quote."""


def jobs(scheduler: str, **changes: Any) -> list[Job]:  # noqa: ANN401 - any attribute
    """A batch that a scheduler starts, and two that it does not."""
    return [job(scheduler=scheduler, **changes), BY_HAND, RUNDECKS]
