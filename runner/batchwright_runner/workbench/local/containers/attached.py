"""The streams of an engine's answers: attached to a container, and read for so long at most."""

import socket
import time
from contextlib import suppress
from typing import Any, Self


class Attached:
    """A connection to a container's streams: a `LogSocket`, and a `Conversation`.

    Args:
        raw: What the SDK gave, which is kept alive.
        connection: Its socket.
    """

    def __init__(self, raw: Any, connection: socket.socket) -> None:  # noqa: ANN401 - the SDK has no types
        self._raw = raw
        self._connection = connection

    @classmethod
    def of(cls, raw: Any, *, waits: bool) -> Self:  # noqa: ANN401 - the SDK has no types
        """The connection in what the SDK gave.

        Args:
            raw: What the SDK gave.
            waits: Whether reading waits for something to read.
        """
        connection: socket.socket = getattr(raw, "_sock", raw)
        connection.setblocking(waits)
        return cls(raw, connection)

    def recv(self, size: int, /) -> bytes:
        """Reads what is there."""
        return self._connection.recv(size)

    def sendall(self, data: bytes, /) -> None:
        """Writes all of it."""
        self._connection.sendall(data)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._connection.fileno()

    def close(self) -> None:
        """Ends it."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for bytes
        # The response first, which the SDK hangs on what it gives: Python 3.13 says so on stderr when a response is
        # finalized whose connection was closed below it.
        with suppress(OSError, ValueError):
            getattr(self._raw, "_response", self._raw).close()
        self._raw.close()
        self._connection.close()


def read_within(raw: Any, seconds: float) -> None:  # noqa: ANN401 - urllib3's response
    """Reads to the end, and no longer than that: each read has the limit, and a chatty command has no more than all.

    Raises:
        TimeoutError: It took longer.
    """
    until = time.monotonic() + seconds
    while raw.read(65536):
        if time.monotonic() > until:
            raise TimeoutError
