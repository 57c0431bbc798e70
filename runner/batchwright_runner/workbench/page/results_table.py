"""The last results of a batch as a table. Pure."""

from collections.abc import Sequence
from datetime import datetime

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.host.fargate.run_entry import Entry, words_of
from batchwright_runner.host.terminal.text import shorten
from batchwright_runner.workbench.page.document import Table, Value

_LONGEST = 60
"""Characters of a result that are shown: a reason of ECS's may have hundreds."""


def results(entries: Sequence[Entry]) -> Table:
    """The runs as they are listed by ``batchwright runs``, the newest first."""
    return Table(("RUN", "STARTED", "TOOK", "BY", "RESULT"), tuple(map(_row, entries)))


def _row(entry: Entry) -> tuple[Value, ...]:
    return (
        entry["id"] or "-",
        f"{datetime.fromisoformat(entry['started']):%m-%d %H:%M}",
        "-" if entry["seconds"] is None else format_duration(entry["seconds"]),
        entry["by"],
        shorten(words_of(entry), _LONGEST),
    )
