"""A container's log as it comes on a connection to the engine."""

from collections.abc import Callable

from batchwright_runner.local.containers.engine import LogSocket
from batchwright_runner.local.containers.frames import Demultiplexer
from batchwright_runner.local.lines import LineSplitter
from batchwright_runner.runs.task import LogLine, LogPage

PAGE = 1_048_576
"""Bytes read in one go at most. What is not read makes the container wait: engines keep a megabyte at most."""
READ = 65536


class LogStream:
    """Cuts each of stdout and stderr into lines, as the awslogs driver does.

    Args:
        connection: Where it comes from.
        wall: Seconds since 1970.
    """

    def __init__(self, connection: LogSocket, wall: Callable[[], float]) -> None:
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
