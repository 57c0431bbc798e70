"""A watched batch and its runs."""

from datetime import datetime
from typing import Any

from batchwright_runner.contract.missed.seen import Seen
from batchwright_runner.contract.missed.watched import Watched
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.contract.verdicts import Row

DAY, HOUR = 86400.0, 3600.0

ALICE, RUNDECK, AWS = "alice@laptop", "Rundeck 4711", "aws"


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


DUE = at("2026-11-25T02:30:00+09:00")

NOW = DUE + 6 * HOUR

NIGHTLY = Watched(
    batch="daily-report",
    schedule=from_text("30 2 * * * Asia/Tokyo"),
    scheduler="rundeck",
    overlap="forbid",
    since=DUE - 1,
)


def run(started: float, until: float | None = None, by: str = RUNDECK, **more: Any) -> Seen:  # noqa: ANN401 - any field
    """A run that ended well; one in progress without an end."""
    end: dict[str, Any] = {} if until is None else {"row": Row.OWN, "good": True, "words": "succeeded"}
    usual: dict[str, Any] = {"id": "1a2b3c4d", "by": by, **end}
    return Seen(started=started, ended=until, **{**usual, **more})


def refused(started: float = DUE + 3, by: str = RUNDECK, **more: Any) -> Seen:  # noqa: ANN401 - any field
    words = "overlap: batchwright: run night-1 is in progress"
    return run(started, started + 9, by, row=Row.OVERLAP, began=False, good=False, id="9f1c0000", words=words, **more)
