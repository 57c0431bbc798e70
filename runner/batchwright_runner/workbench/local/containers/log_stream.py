"""A container's log as it comes on a connection to the engine."""

from collections.abc import Callable

from batchwright_runner.host.runs.task import LogLine, LogPage
from batchwright_runner.workbench.local.containers.sdk import Attached
from batchwright_runner.workbench.local.lines import LineSplitter

PAGE = 1_048_576
"""Bytes read in one go at most. What is not read makes the container wait: engines keep a megabyte at most."""
READ = 65536
HEADER = 8
"""Bytes before each frame."""


class LogStream:
    """Cuts each of stdout and stderr into lines, as the awslogs driver does.

    Args:
        connection: Where it comes from.
        wall: Seconds since 1970.
    """

    def __init__(self, connection: Attached, wall: Callable[[], float]) -> None:
        self._connection = connection
        self._wall = wall
        self._frames = Demultiplexer()
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
            for stream, part in self._frames.feed(data):
                lines += self._lines.setdefault(stream, LineSplitter()).feed(part)
            self.closed = not data
        if self.closed:
            lines += self.rest()
            self.close()
        now = self._wall()
        return LogPage([LogLine(line, now) for line in lines], more=taken >= PAGE, closed=self.closed)

    def rest(self) -> list[bytes]:
        """The lines that were begun."""
        return [line for splitter in self._lines.values() for line in splitter.finish()]

    def close(self) -> None:
        """Ends it."""
        self.closed = True
        self._connection.close()


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
        found: list[tuple[int, bytes]] = []
        at = 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                found.append((self._stream, part))
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
        return found
