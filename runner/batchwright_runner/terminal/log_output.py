"""The batch's log on stdout: bytes as they came, written at once, with a reader that may be slow or gone."""

import errno
import os
import re
import select
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from batchwright_runner.runs.task import LogLine
from batchwright_runner.terminal.console import is_terminal

CHUNK = 4096
"""A pipe that poll() calls writable takes this many bytes without blocking (POSIX, PIPE_BUF; 4096 on Linux)."""
BACKLOG = 1_048_576
"""Bytes waiting for the reader from which no more log is read."""

# Controls without tab; C1 controls as UTF-8. Colours (SGR sequences) are matched first and kept.
_CONTROLS = re.compile(rb"\x1b\[[0-9;:]*m|[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]")


class Output:
    """Writes log lines to a descriptor without ever blocking in a write, so that signals and timeouts are kept.

    Args:
        descriptor: Where to; none when stdout was closed from the start.
        timestamps: Whether each line begins with the time it was written.
        zone: The time zone of the timestamps; the machine's by default.
        terminal: Whether to show control characters instead of sending them.
    """

    def __init__(
        self, descriptor: int | None, *, timestamps: bool = False, zone: tzinfo | None = None, terminal: bool = False
    ) -> None:
        self._descriptor = descriptor
        self._timestamps = timestamps
        self._zone = zone
        self._terminal = terminal
        self._waiting = bytearray()

    @property
    def full(self) -> bool:
        """Whether the reader is so far behind that no more log should be read."""
        return len(self._waiting) >= BACKLOG

    @property
    def empty(self) -> bool:
        """Whether all that was put has been written, or nobody reads any more."""
        return not self._waiting

    @property
    def closed(self) -> bool:
        """Whether nobody reads any more."""
        return self._descriptor is None

    def watch(self) -> tuple[int, ...]:
        """The descriptor, while something waits to be written to it."""
        return () if self.empty or self._descriptor is None else (self._descriptor,)

    def put(self, lines: Iterable[LogLine], label: bytes = b"") -> None:
        """Takes lines and writes what can be written at once.

        Args:
            lines: The lines.
            label: What each line begins with, after its timestamp.
        """
        if self._descriptor is None:
            return
        for line in lines:
            if self._timestamps:
                self._waiting += self._stamp(line.at)
            self._waiting += label
            self._waiting += shown(line.text) if self._terminal else line.text
            self._waiting += b"\n"
        self.pump()

    def pump(self) -> None:
        """Writes as much as the reader takes right now."""
        if self._descriptor is None or not self._waiting:
            return
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        written = 0
        try:
            with memoryview(self._waiting) as waiting:
                while written < len(waiting) and poll.poll(0):
                    written += os.write(self._descriptor, waiting[written : written + CHUNK])
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EBADF, errno.EIO):
                raise
            self._descriptor = None
            written = len(self._waiting)
        del self._waiting[:written]

    def _stamp(self, at: float) -> bytes:
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return moment.isoformat(timespec="milliseconds").encode() + b" "


def standard_output(*, timestamps: bool = False) -> Output:
    """The way out on stdout."""
    return Output(1, timestamps=timestamps, terminal=is_terminal(1))


def shown(text: bytes) -> bytes:
    """A line as a terminal may get it: controls as ``^[``, colours as they are, a final carriage return dropped."""
    return _CONTROLS.sub(_caret, text.removesuffix(b"\r"))


def _caret(match: re.Match[bytes]) -> bytes:
    found = match.group()
    if len(found) > 2:
        return found
    return b"^" + bytes([found[-1] - 0x40 if len(found) == 2 else found[0] ^ 0x40])
