"""Log streams: what can be read of them at a given time, in pages."""

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from tests.fake_aws.written import Row

PAGE_BYTES = 1_048_576
PAGE_EVENTS = 10_000
EVENT_OVERHEAD = 26  # bytes that CloudWatch Logs counts for every event


class Event(NamedTuple):
    """One event; times in milliseconds."""

    timestamp: int
    message: str
    ingestion: int


class Stream:
    """One log stream. Its events lie in the order in which they can be read; a position counts in that order."""

    def __init__(self, name: str, exists_at: float, rows: list[Row]) -> None:
        self.name = name
        self.exists_at = exists_at
        self.replace(rows)

    def replace(self, rows: list[Row]) -> None:
        """Takes other rows; what could be read already must be the same."""
        self._rows = rows
        self._readable = [row[0] for row in rows]
        sizes = (len(row[2].encode()) + EVENT_OVERHEAD for row in rows)
        self._bytes = list(accumulate(sizes, initial=0))

    def put(self, now: float, written: float, text: str) -> None:
        """Adds an event that can be read from ``now`` on."""
        self._rows.append((now, written, text))
        self._readable.append(now)
        self._bytes.append(self._bytes[-1] + len(text.encode()) + EVENT_OVERHEAD)

    def count(self, now: float) -> int:
        """How many events can be read."""
        return bisect_right(self._readable, now)

    def page_end(self, start: int, now: float, limit: int = PAGE_EVENTS) -> int:
        """The position after the page that begins at ``start``: at least one event, if there is one."""
        most = min(self.count(now), start + limit)
        fitting = bisect_right(self._bytes, self._bytes[start] + PAGE_BYTES) - 1
        return min(most, max(fitting, start + 1))

    def page_start(self, end: int, limit: int = PAGE_EVENTS) -> int:
        """The position where the page begins that ends at ``end``."""
        start = max(0, end - limit)
        while start < end - 1 and self._bytes[end] - self._bytes[start] > PAGE_BYTES:
            start += 1
        return start

    def events(self, start: int, end: int) -> list[Event]:
        """The events between two positions."""
        return [
            Event(int(written * 1000), text, int(readable * 1000)) for readable, written, text in self._rows[start:end]
        ]
