"""What of a log is wanted. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.host.runs.task import LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """A part of a log.

    Attributes:
        since: From when on, in seconds since 1970; 0 for its beginning.
        until: Until when; none for its end.
        tail: So many of the last lines; 0 for all.
        grep: What a line must have in it; none for any line.
    """

    since: float = 0.0
    until: float | None = None
    tail: int = 0
    grep: re.Pattern[str] | None = None

    @property
    def between(self) -> dict[str, int]:
        """How CloudWatch Logs is asked for its time."""
        end = {} if self.until is None else {"endTime": int(self.until * 1000)}
        return ({"startTime": int(self.since * 1000)} if self.since > 0 else {}) | end

    def wanted(self, lines: Sequence[LogLine]) -> Sequence[LogLine]:
        """The lines that are wanted, wherever they stand."""
        grep = self.grep
        return lines if grep is None else [one for one in lines if grep.search(one.text.decode("utf-8", "replace"))]


WHOLE = LogView()


def lines_of(event: Mapping[str, Any]) -> list[LogLine]:
    """The lines of an event of CloudWatch Logs. None of the event's fields has to be there.

    Mostly it is one. With ``awslogs-multiline-pattern`` or ``awslogs-datetime-format`` they are several, and the last
    one has its newline too (moby, daemon/logger/awslogs, collectBatch; 2026-11).
    """
    at, text = moment_of(event) / 1000, str(event.get("message", "")).removesuffix("\n")
    return [LogLine(line.encode("utf-8", "replace"), at) for line in text.split("\n")]


def moment_of(event: Mapping[str, Any]) -> int:
    """When an event was written, in milliseconds since 1970; when it was taken in, where only that is said."""
    return int(event.get("timestamp", event.get("ingestionTime", 0)))
