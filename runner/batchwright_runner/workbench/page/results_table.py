"""The last results of a batch as a table. Pure."""

from collections.abc import Sequence
from datetime import datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.host.fargate.run_entry import Entry
from batchwright_runner.workbench.page.document import Table, Value

_LONGEST = 60
"""Characters of a result that are shown: a reason of ECS's may have hundreds."""


def results(entries: Sequence[Entry]) -> Table:
    """The runs as they are listed by ``batchwright runs``, the newest first."""
    return Table(("RUN", "STARTED", "TOOK", "BY", "RESULT"), tuple(map(_row, entries)))


def _row(entry: Entry) -> tuple[Value, ...]:
    seconds = entry["seconds"]
    text = str(entry["word"])
    if entry["row"] not in (None, "own") and entry["reason"]:
        text = f"{text}: {entry['reason']}"
    return (
        str(entry["id"]) or "-",
        f"{datetime.fromisoformat(str(entry['started'])):%m-%d %H:%M}",
        format_duration(seconds) if isinstance(seconds, float) else "-",
        str(entry["by"]),
        text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…",
    )
