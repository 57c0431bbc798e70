"""The batch's log on stdout: bytes as they came, written at once, with a reader that may be slow or gone."""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from copy import copy

from batchwright_runner.contract.moments import iso
from batchwright_runner.host.runs.task import LogLine
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.outlet import GONE, Outlet, ready
from batchwright_runner.host.terminal.text import BIDI, visible_character

BACKLOG = 1_048_576
"""Bytes waiting for the reader from which no more log is read."""

RESET = b"\x1b[0m"

# Controls without tab; C1 controls and turns of direction as UTF-8. Colors (SGR sequences) are matched first and kept.
_COLOR = rb"\x1b\[[0-9;:]*m"
_CONTROLS = re.compile(
    b"|".join([_COLOR, rb"[\x00-\x08\x0a-\x1f\x7f]", rb"\xc2[\x80-\x9f]", *(character.encode() for character in BIDI)])
)
_COLORS = re.compile(_COLOR)


class Output:
    """Writes log lines without ever waiting for the reader, so that signals and timeouts are kept.

    `terminal`: whether to show control characters instead of sending them.
    """

    def __init__(
        self,
        outlet: Outlet,
        *,
        timestamps: bool = False,
        terminal: bool = False,
        below: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._outlet = outlet
        self._timestamps = timestamps
        self._terminal = terminal
        self._below = below
        self.label = b""

    def labeled(self, label: bytes) -> "Output":
        """The same way out with a label."""
        output = copy(self)
        output.label = label
        return output

    @property
    def full(self) -> bool:
        """Whether the reader is so far behind that no more log should be read."""
        return self._outlet.waiting >= BACKLOG

    @property
    def empty(self) -> bool:
        """Whether all that was put has been written, or no one reads any more."""
        return not self._outlet.waiting

    @property
    def taken(self) -> int:
        """Bytes that the reader has taken: while they do not grow, it is stuck."""
        return self._outlet.taken

    @property
    def closed(self) -> bool:
        """Whether nothing is written any more."""
        return self._outlet.error is not None

    @property
    def problem(self) -> str:
        """Why nothing is written any more; empty while it is, and where the reader has gone."""
        error = self._outlet.error
        return "" if error is None or error.errno in GONE else f"stdout cannot be written: {error.strerror}"

    def watch(self) -> tuple[int, ...]:
        """The descriptor, while something waits to be written to it."""
        return () if self.empty else (self._outlet.descriptor,)

    def put(self, lines: Iterable[LogLine], label: bytes = b"") -> None:
        """Takes lines and writes what can be written at once."""
        if self.closed:
            return
        data = bytearray()
        for line in lines:
            if self._timestamps:
                data += iso(line.at, "milliseconds").encode() + b" "
            data += self.label + label
            data += shown(line.text) if self._terminal else line.text
            data += b"\n"
        if data:
            self._write(data)

    def pump(self) -> None:
        """Writes as much as the reader takes right now."""
        if not self.empty and ready(self._outlet.descriptor, 0):
            self._write(b"")

    def _write(self, data: bytes | bytearray) -> None:
        with self._below():
            self._outlet.put(data)


def standard_output(console: Console, *, timestamps: bool = False) -> Output:
    """The way out on the console's stdout."""
    return Output(console.out, timestamps=timestamps, terminal=console.shows_controls, below=console.below_log)


def shown(text: bytes) -> bytes:
    """A line as a terminal may get it.

    Controls are shown as ``^[`` and turns of direction as ``<U+202E>``; a final carriage return is dropped. Colors are
    kept, and end with the line.
    """
    safe = _CONTROLS.sub(_shown, text.removesuffix(b"\r"))
    colors = _COLORS.findall(safe)
    return safe + RESET if colors and colors[-1] not in (RESET, b"\x1b[m") else safe


def _shown(match: re.Match[bytes]) -> bytes:
    control = match.group()
    return control if control.startswith(b"\x1b[") else visible_character(control.decode()).encode()
