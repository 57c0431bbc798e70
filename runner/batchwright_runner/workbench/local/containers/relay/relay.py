"""The relay of a running task, as the runner sees it: datagrams come, and requests that are answered."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from batchwright_runner.workbench.local.containers.sdk import Attached
from batchwright_runner.workbench.local.log_stream import Demultiplexer

WITHIN = 30.0
"""Seconds for its first word."""
FLUSHED = 5.0
"""Seconds for the rest of what it has."""
READ = 65536
HEAD = 5


class RelayError(Exception):
    """The relay cannot do its work. Nothing of the task was started."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What is done with what comes.

    Attributes:
        datagram: Takes a datagram.
        answer: Answers an HTTP request, both as bytes.
    """

    datagram: Callable[[bytes], None]
    answer: Callable[[bytes], bytes]


class Relay:
    """Talks to the program, in a thread of its own."""

    def __init__(self, conversation: Attached, handlers: Handlers) -> None:
        self._conversation = conversation
        self._handlers = handlers
        self._said = threading.Event()
        self._flushed = threading.Event()
        self._problem = "its relay did not start"
        threading.Thread(target=self._run, name="relay", daemon=True).start()

    def wait(self) -> None:
        """Waits until it listens.

        Raises:
            RelayError: It does not.
        """
        self._said.wait(WITHIN)
        if self._problem:
            raise RelayError(f"the task's network cannot be listened in: {self._problem}")

    def flush(self) -> None:
        """Waits until all that had been sent to it has been handed over; not for long where it does not answer."""
        if not self._problem:
            with suppress(OSError):
                self._conversation.sendall(b"F" + bytes(4))
                self._flushed.wait(FLUSHED)

    def close(self) -> None:
        """Ends it."""
        with suppress(OSError):
            self._conversation.close()

    def _run(self) -> None:
        with suppress(OSError, ValueError):
            for kind, data in frames(self._chunks()):
                self._take(kind, data)
        self._said.set()
        self._flushed.set()

    def _take(self, kind: bytes, data: bytes) -> None:
        if kind == b"R":
            self._problem = ""
            self._said.set()
        elif kind == b"E":
            self._problem = f"port {data.decode('ascii', 'replace')} of 127.0.0.1 is taken"
        elif kind == b"D":
            self._handlers.datagram(data)
        elif kind == b"F":
            self._flushed.set()
        elif kind == b"Q":
            answer = self._handlers.answer(data)
            self._conversation.sendall(b"A" + len(answer).to_bytes(4, "big") + answer)

    def _chunks(self) -> Iterator[bytes]:
        streams = Demultiplexer()
        while data := self._conversation.recv(READ):
            for stream, part in streams.feed(data):
                if stream == 1:
                    yield part


def frames(chunks: Iterator[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Cuts what the program says into frames: a letter, and bytes. Pure."""
    buffer = bytearray()
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= HEAD and len(buffer) >= HEAD + (size := int.from_bytes(buffer[1:HEAD], "big")):
            yield bytes(buffer[:1]), bytes(buffer[HEAD : HEAD + size])
            del buffer[: HEAD + size]
