"""A descriptor that is written to without waiting for whoever reads it.

What the reader does not take at once stays here, in its order. A thread writes the rest of the notes; whoever
writes a log watches the descriptor itself. So a slow, stuck or absent reader delays nothing, and a full disk ends
nothing.
"""

import errno
import fcntl
import os
import select
import stat
import struct
import termios
import threading
import time
from collections import deque

SAFE = 4096
"""A pipe that poll() calls writable takes this many bytes without blocking (POSIX, PIPE_BUF; 4096 on Linux)."""
CHUNK = 65536
"""Bytes that are written at once where the descriptor never blocks."""
NOTES = 1_048_576
"""Bytes of notes that wait for the reader at most. Further ones are left out, and a note says how many."""
LEFT_OUT = b"batchwright: %d messages were left out here: nobody was reading\n"
STUCK = 3.0
"""Seconds without a byte taken after which a reader is not waited for any more at the end."""
FLUSH = 30.0
"""Seconds for which a reader that takes something is waited for at the end."""
GONE = (errno.EPIPE, errno.EBADF)
"""No one wants what is written: the reader has gone, or there was none from the start."""


class Outlet:
    """Writes to a descriptor. Threads may share it."""

    def __init__(self, descriptor: int) -> None:
        self.error: OSError | None = None
        self._given = descriptor
        self._own: int | None = None
        self._lock = threading.RLock()
        self._waiting = bytearray()
        self._written = 0
        self._notes: deque[tuple[int, int]] = deque()
        self._left_out = 0
        self._pumping = False
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Bytes that the reader has not taken yet."""
        return len(self._waiting)

    @property
    def taken(self) -> int:
        """Bytes that have been written, without those that are seen to wait in a pipe."""
        return self._written - _unread(self._given)

    @property
    def descriptor(self) -> int:
        """What to watch: ready when more can be written."""
        return self._given if self._own is None else self._own

    def put(self, data: bytes | bytearray) -> None:
        """Takes bytes, and writes what can be written at once. The caller pumps the rest."""
        with self._lock:
            if self.error is None:
                self._waiting += data
                self.pump()

    def tell(self, data: bytes) -> None:
        """Takes a note, and has the rest of it written by a thread."""
        with self._lock:
            if self.error is not None:
                return
            if self._waiting_notes() + len(data) > NOTES:
                self._left_out += 1
                return
            if self._left_out:
                data, self._left_out = LEFT_OUT % self._left_out + data, 0
            self._notes.append((self._written + len(self._waiting) + len(data), len(data)))
            self.put(data)
            if self._waiting and self._thread is None:
                self._thread = threading.Thread(target=self._write_rest, name="notes", daemon=True)
                self._thread.start()

    def pump(self) -> None:
        """Writes as much as the reader takes right now."""
        with self._lock:
            if self._pumping or not self._waiting:  # a handler of a signal may write too, in the middle of this
                return
            self._pumping = True
            try:
                self._write()
            finally:
                self._pumping = False

    def flush(self, *, stuck: float = STUCK, longest: float = FLUSH) -> None:
        """Waits for the reader to take everything; not for one that takes nothing, and not forever.

        `stuck`: seconds without a byte taken after which it is not waited for any more.
        """
        begun_at = moved_at = time.monotonic()
        taken = self.taken
        while self._waiting and time.monotonic() - moved_at < stuck and time.monotonic() - begun_at < longest:
            ready(self.descriptor, 50)
            self.pump()
            if self.taken != taken:
                taken, moved_at = self.taken, time.monotonic()

    def close(self) -> None:
        """Closes what it has opened; not the descriptor that it was given."""
        with self._lock:
            if self._own is not None and self._own != self._given:
                os.close(self._own)
            self._own = self._given

    def _waiting_notes(self) -> int:
        """Bytes of notes that wait."""
        while self._notes and self._notes[0][0] <= self._written:
            self._notes.popleft()
        return sum(length for _, length in self._notes)

    def _write(self) -> None:
        if self._own is None:
            self._own = _unblocked(self._given)
        most = SAFE if self._own == self._given else CHUNK
        try:
            while self._waiting and ready(self._own, 0):
                count = os.write(self._own, self._waiting[:most])
                del self._waiting[:count]
                self._written += count
        except BlockingIOError:
            return
        except OSError as error:
            self.error = error
            self._waiting.clear()
            self._notes.clear()

    def _write_rest(self) -> None:
        while True:
            with self._lock:
                self.pump()
                if not self._waiting_notes():
                    self._thread = None
                    if self._left_out:
                        self.tell(b"")
                    return
            ready(self.descriptor, 1000)


def outlets(out: int, err: int) -> tuple[Outlet, Outlet]:
    """The outlets of stdout and stderr: one for both where they are one terminal, pipe or file, to keep the order."""
    first = Outlet(out)
    return first, first if _are_one(out, err) else Outlet(err)


def ready(descriptor: int, milliseconds: int | None) -> bool:
    """Whether a descriptor takes something now; waits for it at most so long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(milliseconds))


def _unblocked(descriptor: int) -> int:
    """A terminal or a pipe, opened once more: one that is full, or was stopped with Ctrl-S, could block a write.

    Only the new descriptor is non-blocking; the one that is shared with other programs stays as it is. Where there is
    no new one, writes are so short that they do not block.
    """
    try:
        if os.isatty(descriptor):
            path = os.ttyname(descriptor)
        elif stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            path = f"/proc/self/fd/{descriptor}"
        else:
            return descriptor
        return os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return descriptor


def _are_one(out: int, err: int) -> bool:
    try:
        first, second = os.fstat(out), os.fstat(err)
    except OSError:
        return False
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def _unread(descriptor: int) -> int:
    """Bytes in a pipe that no one has read yet; 0 where the system does not say it."""
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            return 0
        return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.FIONREAD, b"\0" * 4))[0])
    except OSError:
        return 0
