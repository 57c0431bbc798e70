"""A pseudo-terminal whose bytes a test takes, and a pipe of the same kind."""

import fcntl
import os
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager

END = b"\0"
"""A terminal hands on what is written a moment later: a mark says that it has come."""


class Ends:
    """Two descriptors: what is written to one can be taken from the other."""

    def __init__(self, reader: int, writer: int) -> None:
        self.reader, self.writer = reader, writer

    def taken(self) -> str:
        """All that has been written since it was taken last."""
        os.write(self.writer, END)
        output = b""
        while not output.endswith(END):
            output += os.read(self.reader, 100_000)
        return output.removesuffix(END).decode()

    def some(self) -> str:
        """Something of what has been written. Waits for it."""
        return os.read(self.reader, 100_000).decode()

    def close(self) -> None:
        os.close(self.reader)
        os.close(self.writer)


@contextmanager
def pipe() -> Iterator[Ends]:
    ends = Ends(*os.pipe())
    yield ends
    ends.close()


@contextmanager
def terminal(columns: int = 80) -> Iterator[Ends]:
    """A terminal that changes nothing of what is written to it."""
    ends = Ends(*os.openpty())
    attributes = termios.tcgetattr(ends.writer)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(ends.writer, termios.TCSANOW, attributes)
    resize(ends.writer, columns)
    yield ends
    ends.close()


def resize(descriptor: int, columns: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
