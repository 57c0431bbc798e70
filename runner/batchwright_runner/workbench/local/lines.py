"""Cuts a stream of bytes into log lines."""

EVENT_LIMIT = 1_048_576 - 26
"""Bytes of the longest line: CloudWatch's limit for an event less its overhead (PutLogEvents, 2026-11)."""


class LineSplitter:
    """Cuts at newlines, and a line that has none within the limit into pieces of the limit, as awslogs does."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()
        self._cut = False

    def feed(self, data: bytes) -> list[bytes]:
        """Takes bytes and gives the lines that are complete now."""
        lines: list[bytes] = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._add(part, lines)
            if self._rest or not self._cut:
                lines.append(bytes(self._rest))
            self._rest.clear()
            self._cut = False
        self._add(rest, lines)
        return lines

    def finish(self) -> list[bytes]:
        """Gives the last line, if it had no newline."""
        rest = [bytes(self._rest)] if self._rest else []
        self._rest.clear()
        return rest

    def _add(self, part: bytes, lines: list[bytes]) -> None:
        self._rest += part
        while len(self._rest) >= self._limit:
            lines.append(bytes(self._rest[: self._limit]))
            del self._rest[: self._limit]
            self._cut = True
