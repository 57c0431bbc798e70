"""Readers of a command's stdout and stderr: prompt, slow, late, gone, or none at all."""

import fcntl
import os
import subprocess
import threading
import time
from pathlib import Path

F_SETPIPE_SZ = 1031
SMALL = 4096
GONE_AFTER = 300
PAUSE = 6.0
SLOW_CHUNK, SLOW_PAUSE = 4096, 0.02

CLOSED = -1


class Reader:
    """One end of a command's stdout or stderr.

    Args:
        mode: ``whole`` keeps it in a file. ``pipe`` reads at once, ``slow`` slowly, ``pause`` only after some seconds,
            from a small pipe; ``gone`` reads a little and goes away. ``closed`` has none; with ``full`` no write
            succeeds.
        path: Where ``whole`` keeps it.
    """

    def __init__(self, mode: str, path: Path) -> None:
        self._mode = mode
        self._path = path
        self._got = bytearray()
        self._thread: threading.Thread | None = None
        self._read = -1
        self.descriptor = self._open()

    def _open(self) -> int:
        if self._mode == "closed":
            return CLOSED
        if self._mode == "full":
            return os.open("/dev/full", os.O_WRONLY)
        if self._mode == "whole":
            return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._read, write = os.pipe()
        if self._mode in ("slow", "pause"):
            fcntl.fcntl(write, F_SETPIPE_SZ, SMALL)
        return write

    def begin(self) -> None:
        """The command has been started and has its end: ours is closed, and the reading begins."""
        if self.descriptor != CLOSED:
            os.close(self.descriptor)
        if self._read >= 0:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def end(self) -> bytes | None:
        """All that was read; none where nothing could be."""
        if self._thread is not None:
            self._thread.join(30)
            return bytes(self._got)
        return self._path.read_bytes() if self._mode == "whole" else None

    def _run(self) -> None:
        if self._mode == "pause":
            time.sleep(PAUSE)
        most = SLOW_CHUNK if self._mode == "slow" else 65536
        while chunk := os.read(self._read, GONE_AFTER if self._mode == "gone" else most):
            self._got += chunk
            if self._mode == "gone":
                break
            if self._mode == "slow":
                time.sleep(SLOW_PAUSE)
        os.close(self._read)


def redirections(out: Reader, err: Reader) -> str:
    """What a shell must close before the command."""
    return " ".join(text for reader, text in ((out, ">&-"), (err, "2>&-")) if reader.descriptor == CLOSED)


def descriptor_of(reader: Reader) -> int:
    """The descriptor for `subprocess.Popen`."""
    return subprocess.DEVNULL if reader.descriptor == CLOSED else reader.descriptor
