"""Wakes a loop that waits on descriptors, from another thread."""

import os
from contextlib import suppress


class Wake:
    """A pipe that is readable after a call of `now`."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._reader

    def now(self) -> None:
        """Makes it readable. Does nothing when it is or when it was closed."""
        with suppress(OSError):
            os.write(self._writer, b"!")

    def clear(self) -> None:
        """Makes it unreadable."""
        with suppress(BlockingIOError):
            while os.read(self._reader, 512):
                pass

    def close(self) -> None:
        """Ends it."""
        reader, self._reader = self._reader, -1
        writer, self._writer = self._writer, -1
        os.close(reader)
        os.close(writer)
