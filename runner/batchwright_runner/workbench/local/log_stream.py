"""The log of a run on this machine, as it comes on a descriptor."""

from collections.abc import Callable
from typing import Protocol

from batchwright_runner.host.runs.task import LogLine, LogPage

PAGE = 1_048_576
"""Bytes read in one go at most. What is not read makes the batch wait, like awslogs in its blocking mode: an engine
keeps a megabyte at most, a pipe 64 KiB."""
READ = 65536
HEADER = 8
"""Bytes before each frame."""
EVENT_LIMIT = 1_048_576 - 26
"""Bytes of the longest line: CloudWatch's limit for an event less its overhead (PutLogEvents, 2026-11)."""


class LogConnection(Protocol):
    """Where a log comes from: an engine's connection, or a pipe."""

    def recv(self, size: int, /) -> bytes:
        """Reads what is there; nothing at the end."""

    def fileno(self) -> int:
        """Its descriptor."""

    def close(self) -> None:
        """Ends it."""


class LogStream:
    """Cuts a log into lines, as the awslogs driver does, each of stdout and stderr where they come in frames.

    `wall`: seconds since 1970.
    """

    def __init__(self, connection: LogConnection, wall: Callable[[], float], *, framed: bool = True) -> None:
        self._connection = connection
        self._wall = wall
        self._frames = Demultiplexer() if framed else None
        self._lines = {1: LineSplitter(), 2: LineSplitter()}
        self.closed = False

    def fileno(self) -> int:
        """Its descriptor."""
        return self._connection.fileno()

    def read(self) -> LogPage:
        """Reads what has come."""
        if self.closed:
            return LogPage((), closed=True)
        lines: list[bytes] = []
        taken = 0
        while taken < PAGE and not self.closed:
            try:
                data = self._connection.recv(READ)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            taken += len(data)
            for stream, part in self._frames.feed(data) if self._frames is not None else ((1, data),):
                lines += self._lines.setdefault(stream, LineSplitter()).feed(part)
            self.closed = not data
        if self.closed:
            lines += self._begun()
            self.close()
        return LogPage(self._at_once(lines), more=taken >= PAGE, closed=self.closed)

    def rest(self) -> list[LogLine]:
        """The lines that were begun when the log was given up."""
        return self._at_once(self._begun())

    def close(self) -> None:
        """Ends it."""
        self.closed = True
        self._connection.close()

    def _begun(self) -> list[bytes]:
        return [line for splitter in self._lines.values() for line in splitter.finish()]

    def _at_once(self, lines: list[bytes]) -> list[LogLine]:
        now = self._wall()
        return [LogLine(line, now) for line in lines]


class Demultiplexer:
    """Takes a log stream of the Docker API apart, without waiting for a frame to be complete. Pure.

    Without a terminal, the engine sends stdout and stderr in frames: one byte for the stream, three zeros, four bytes
    of length (big endian), then the bytes (Docker Engine API, ContainerAttach, "Stream format", 2026-11).
    """

    def __init__(self) -> None:
        self._header = bytearray()
        self._stream = 0
        self._left = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Takes bytes; gives pairs of stream (1 is stdout, 2 is stderr) and bytes."""
        frames: list[tuple[int, bytes]] = []
        at = 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                frames.append((self._stream, part))
                self._left -= len(part)
                at += len(part)
                continue
            part = data[at : at + HEADER - len(self._header)]
            self._header += part
            at += len(part)
            if len(self._header) == HEADER:
                self._stream = self._header[0]
                self._left = int.from_bytes(self._header[4:], "big")
                self._header.clear()
        return frames


class LineSplitter:
    """Cuts at newlines, and a line over the limit into pieces, as awslogs does: between characters."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Takes bytes and gives the lines that are complete now."""
        lines: list[bytes] = []
        *complete, rest = data.split(b"\n")
        for part in complete:
            self._add(part, lines)
            lines.append(bytes(self._rest))
            self._rest.clear()
        self._add(rest, lines)
        return lines

    def finish(self) -> list[bytes]:
        """Gives the last line, if it had no newline."""
        rest = [bytes(self._rest)] if self._rest else []
        self._rest.clear()
        return rest

    def _add(self, part: bytes, lines: list[bytes]) -> None:
        self._rest += part
        while len(self._rest) > self._limit:
            # Bytes 80 to BF continue a character of UTF-8, which has four at most.
            ends = (at for at in range(self._limit, max(self._limit - 4, 0), -1) if self._rest[at] & 0xC0 != 0x80)
            end = next(ends, self._limit)
            lines.append(bytes(self._rest[:end]))
            del self._rest[:end]
