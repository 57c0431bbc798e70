"""What the runner says: status on stderr, never on stdout, which belongs to the batch."""

import os
from collections.abc import Mapping
from typing import Protocol

PREFIX = "batchwright: "


class Tell(Protocol):
    """Where status goes."""

    def note(self, text: str) -> None:
        """Says one thing, on its own line or lines."""


class Console:
    """Writes to a text descriptor. Nobody reading it is no reason to fail: a broken pipe is ignored."""

    def __init__(self, descriptor: int = 2) -> None:
        self._descriptor = descriptor

    def note(self, text: str) -> None:
        """Says one thing; further lines of the text are indented below the first."""
        body = text.replace("\n", "\n" + " " * len(PREFIX))
        self.raw(f"{PREFIX}{body}\n")

    def raw(self, text: str) -> None:
        """Writes text as it is."""
        data = text.encode("utf-8", "replace")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            return


def wants_colour(descriptor: int, environment: Mapping[str, str]) -> bool:
    """Whether colours go to a descriptor: only to a terminal, and not where NO_COLOR is set (no-color.org)."""
    return is_terminal(descriptor) and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def is_terminal(descriptor: int) -> bool:
    """Whether a descriptor is open on a terminal."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def terminal_width() -> int:
    """Columns of the terminal that stderr is on; 80 where it is not on one."""
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80


def debugging() -> bool:
    """Whether tracebacks are wanted."""
    return bool(os.environ.get("BATCHWRIGHT_DEBUG"))
