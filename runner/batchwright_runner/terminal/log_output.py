"""The batch's log on stdout: bytes as they came, written at once, with a reader that may be slow or gone."""

import errno
import os
import re
import select
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, tzinfo

from batchwright_runner.runs.task import LogLine
from batchwright_runner.terminal.console import Console
from batchwright_runner.terminal.text import BIDI, visible_character

CHUNK = 4096
"""A pipe that poll() calls writable takes this many bytes without blocking (POSIX, PIPE_BUF; 4096 on Linux)."""
BACKLOG = 1_048_576
"""Bytes waiting for the reader from which no more log is read."""

RESET = b"\x1b[0m"

# Controls without tab; C1 controls and turns of direction as UTF-8. Colors (SGR sequences) are matched first and kept.
_COLOR = rb"\x1b\[[0-9;:]*m"
_CONTROLS = re.compile(
    b"|".join([_COLOR, rb"[\x00-\x08\x0a-\x1f\x7f]", rb"\xc2[\x80-\x9f]", *(one.encode() for one in BIDI)])
)
_COLORS = re.compile(_COLOR)


class Output:
    """Writes log lines to a descriptor without ever blocking in a write, so that signals and timeouts are kept.

    Args:
        descriptor: Where to; none when stdout was closed from the start.
        timestamps: Whether each line begins with the time it was written.
        zone: The time zone of the timestamps; the machine's by default.
        terminal: Whether to show control characters instead of sending them.
        below: Entered while lines are written; it hides the live line.
    """

    def __init__(
        self,
        descriptor: int | None,
        *,
        timestamps: bool = False,
        zone: tzinfo | None = None,
        terminal: bool = False,
        below: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._descriptor = descriptor
        self._timestamps = timestamps
        self._zone = zone
        self._terminal = terminal
        self._below = below
        self._waiting = bytearray()
        self._midway = False

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
        if self._descriptor is not None and self._waiting and _ready(self._descriptor, 0):
            with self._below():
                self._write(self._descriptor, len(self._waiting))

    def finish_line(self) -> None:
        """Writes the rest of a line that was begun, and waits for the reader to take it."""
        while self._descriptor is not None and self._midway and self._waiting:
            _ready(self._descriptor, None)
            self._write(self._descriptor, self._waiting.index(b"\n") + 1)

    def _write(self, descriptor: int, most: int) -> None:
        written = 0
        try:
            with memoryview(self._waiting) as waiting:
                while written < most and _ready(descriptor, 0):
                    written += os.write(descriptor, waiting[written : min(written + CHUNK, most)])
        except BlockingIOError:
            pass
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EBADF, errno.EIO):
                raise
            self._descriptor = None
            written = len(self._waiting)
        if written:
            self._midway = self._waiting[written - 1] != ord("\n")
        del self._waiting[:written]

    def _stamp(self, at: float) -> bytes:
        moment = datetime.fromtimestamp(at, UTC).astimezone(self._zone)
        return moment.isoformat(timespec="milliseconds").encode() + b" "


def standard_output(console: Console, *, timestamps: bool = False) -> Output:
    """The way out on the console's stdout."""
    descriptor = _unblocked(console.out) if console.shows_controls else console.out
    output = Output(descriptor, timestamps=timestamps, terminal=console.shows_controls, below=console.below_log)
    console.attach(output)
    return output


def _unblocked(terminal: int) -> int:
    """The terminal, opened once more: one that is full, or was stopped with Ctrl-S, would block a write of any length.

    Only the new descriptor is non-blocking; the one that is shared with other programs stays as it is.
    """
    try:
        return os.open(os.ttyname(terminal), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return terminal


def _ready(descriptor: int, milliseconds: int | None) -> bool:
    """Whether a descriptor takes something now; waits for it at most so long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(milliseconds))


def shown(text: bytes) -> bytes:
    """A line as a terminal may get it.

    Controls are shown as ``^[`` and turns of direction as ``<U+202E>``; a final carriage return is dropped. Colors are
    kept, and end with the line.
    """
    safe = _CONTROLS.sub(_shown, text.removesuffix(b"\r"))
    colors = _COLORS.findall(safe)
    return safe + RESET if colors and colors[-1] not in (RESET, b"\x1b[m") else safe


def _shown(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return found if found.startswith(b"\x1b[") else visible_character(found.decode()).encode()
