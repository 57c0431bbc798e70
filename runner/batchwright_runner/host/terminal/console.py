"""The one owner of descriptors 1 and 2: all that is written goes through it, and nothing runs into the live line."""

import json
import os
import re
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.outlet import GONE, outlets, ready
from batchwright_runner.host.terminal.text import BIDI, cut, visible
from batchwright_runner.host.terminal.wrap import wrapped

STDOUT = 1
"""The descriptor of standard output."""
PREFIX = "batchwright: "
QUIET = 0.5
"""Seconds without log after which the live line returns where stdout is a pipe: what reads it may print on here."""

_HIDE = "\r\x1b[J"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_ESCAPED = re.compile(f"[\x7f-\x9f{BIDI}]")
"""What JSON has as it is, though a terminal does something for it."""


class ClosedStdoutError(Exception):
    """No one reads stdout any more. Not an `OSError`: click would end with Python's 1 for a broken pipe."""


class Tell(Protocol):
    """Where status goes."""

    def note(self, text: str) -> None:
        """Says one thing, on its own line or lines."""


class Console:
    """Writes status to stderr, and what was asked for to stdout. Threads may share it.

    Notes wait for no reader (`outlet`). Where stdout and stderr are one terminal, pipe or file, log and notes
    stay in their order.

    A live line is drawn below everything else, and only while someone keeps it (`keep`). Whoever writes hides it
    first. The cursor rests at the line's beginning: what the terminal itself echoes, ``^C`` say, goes with the line,
    and so does what a narrower window makes of it.

    `environment`: Variables: TERM and NO_COLOR count.
    """

    def __init__(
        self,
        out: int = 1,
        err: int = 2,
        *,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        variables = os.environ if environment is None else environment
        self.out, self._notes = outlets(out, err)
        self.quiet = False
        self._err = err
        self.live = is_terminal(err) and variables.get("TERM") != "dumb"
        self._color = wants_color(err, variables)
        self._out_is_terminal = is_terminal(out)
        self._out_is_pipe = _is_pipe(out)
        self._clock = clock
        self._moves = variables.get("TERM") != "dumb"
        self._page = 0
        self._lock = threading.RLock()
        self._line: Callable[[], str] | None = None
        self._drawn = False
        self._quiet_until = float("-inf")

    @property
    def shows_controls(self) -> bool:
        """Whether stdout is a terminal, which is shown control characters and not sent them."""
        return self._out_is_terminal

    def note(self, text: str) -> None:
        """Says one thing on stderr, unless that is to be quiet; further lines are indented below the first.

        A terminal gets it broken between words.
        """
        if self.quiet:
            return
        lines = wrapped(visible(text), line_width(self._err), len(PREFIX))
        body = lines.replace("\n", "\n" + " " * len(PREFIX))
        self.raw(f"{PREFIX}{body}\n")

    def raw(self, text: str) -> None:
        """Writes text to stderr, without a prefix. That no one reads it is no reason to fail."""
        with self.above():
            self._write(visible(text))

    def print(self, text: str) -> None:
        """Writes a text that was asked for, and a newline, to stdout: as UTF-8, and byte for byte but to a terminal.

        That no one reads it is no reason to end: the exit code may be what is wanted.
        """
        shown = visible(text) if self._out_is_terminal else text
        with self.above():
            self.out.put(f"{shown}\n".encode("utf-8", "replace"))
            while self.out.waiting:
                ready(self.out.descriptor, None)
                self.out.pump()
        error = self.out.error
        if error is not None and error.errno not in GONE:
            raise RunnerError(f"stdout cannot be written: {error.strerror}") from error

    def print_json(self, data: object) -> None:
        """Writes what a script has asked for as JSON, in which nothing does something to a terminal."""
        text = json.dumps(data, indent=2, ensure_ascii=False)
        self.print(_ESCAPED.sub(lambda character: f"\\u{ord(character.group()):04x}", text))

    def page(self, text: str) -> None:
        """Prints a text in the place of the page before, on a terminal that can; elsewhere below it."""
        if self._out_is_terminal and self._moves and self._page:
            self.out.put(f"\x1b[{self._page}F\x1b[J".encode())
        self._page = text.count("\n") + 1
        self.print(text)
        if self.out.error is not None:
            raise ClosedStdoutError from self.out.error

    @contextmanager
    def above(self) -> Iterator[None]:
        """Hides the live line while something is written, or asked, and draws it again."""
        with self._lock:
            self.hide()
            yield
            self.draw()

    @contextmanager
    def below_log(self) -> Iterator[None]:
        """The same while the log is written, which may be somewhere else."""
        if not (self._out_is_terminal or self._out_is_pipe):
            yield
            return
        with self._lock:
            self.hide()
            if self._out_is_pipe:
                self._quiet_until = self._clock() + QUIET
            yield
            self.draw()

    def keep(self, line: Callable[[], str] | None) -> None:
        """Draws a live line from now on, on a terminal; none for none."""
        with self._lock:
            self._line = line
            if line is None:
                self.hide()
            else:
                self.draw()

    def draw(self) -> None:
        """Brings the live line up to date."""
        with self._lock:
            if self.quiet or not self.live or self._line is None or self._clock() < self._quiet_until:
                return
            if self._notes.waiting:
                return
            lines = self._line().split("\n")[: terminal_height(self._err) - 1]
            text = "\x1b[K\n".join(cut(line, terminal_width(self._err) - 1) for line in lines)
            up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
            self._drawn = True
            self._write(f"\r{_DIM}{text}{_PLAIN}\x1b[J\r{up}" if self._color else f"\r{text}\x1b[J\r{up}")

    def hide(self) -> None:
        """Takes the live line away until it is drawn again."""
        with self._lock:
            if self._drawn:
                self._write(_HIDE)
                self._drawn = False

    def fresh_line(self) -> None:
        """Takes away what the terminal has echoed of Ctrl-C."""
        with self._lock:
            if self.live:
                self._write(_HIDE)

    def close(self) -> None:
        """Takes the live line away for good, whatever has happened."""
        self.keep(None)

    @property
    def behind(self) -> bool:
        """Whether a note waits for its reader."""
        return bool(self._notes.waiting)

    def flush(self) -> None:
        """Waits, within bounds, until all notes are read: before the command exits."""
        self._notes.flush()

    def _write(self, text: str) -> None:
        self._notes.tell(text.encode("utf-8", "replace"))


def wants_color(descriptor: int, environment: Mapping[str, str]) -> bool:
    """Whether colors go to a descriptor: only to a terminal, and not where NO_COLOR is set (no-color.org)."""
    return is_terminal(descriptor) and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def is_terminal(descriptor: int) -> bool:
    """Whether a descriptor is open on a terminal."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def terminal_width(descriptor: int = 2) -> int:
    """Columns of the terminal that a descriptor is on; 80 where it is not on one."""
    try:
        return os.get_terminal_size(descriptor).columns or 80
    except OSError:
        return 80


def line_width(descriptor: int) -> int:
    """Columns that a line on a descriptor has: ``COLUMNS``, or the terminal's; 0 for any, where it is on none."""
    if not is_terminal(descriptor):
        return 0
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else terminal_width(descriptor)


def terminal_height(descriptor: int = 2) -> int:
    """Lines of the terminal that a descriptor is on; more than any text has where it is not on one."""
    try:
        return os.get_terminal_size(descriptor).lines or 24
    except OSError:
        return sys.maxsize


def _is_pipe(descriptor: int) -> bool:
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
