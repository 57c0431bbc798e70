"""The installed command in a window of its own: a pseudo-terminal with keys to press and a width that changes."""

import fcntl
import os
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pyte

from batchwright_runner import __version__
from batchwright_runner.host.terminal.text import columns as width
from tests.kit.command import COMMAND, popen

FOLDER = b"/tmp/the-folder"
"""What stands for the folder that a command runs in: of its length, so that lines break where they did."""
LINES = 120
"""Of a window: nothing scrolls away."""
LONGEST = 90.0
QUIET = 0.2
CTRL_C = "\x03"
CTRL_D = "\x04"
CTRL_Z = "\x1a"

_CHANGING = (
    (re.compile(rb"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"), b"0" * 32),
    (re.compile(rb"\b[0-9a-f]{8} \| "), b"00000000 | "),
    (re.compile(rb"\b[0-9a-f]{8}  \d\d-\d\d \d\d:\d\d\b"), b"00000000  01-02 03:04"),
    (re.compile(rb"(?<![\d-])\d\d-\d\d \d\d:\d\d(?![\d:])"), b"01-02 03:04"),
    (re.compile(rb"((?:MB|\b\d+) +)20\d\d-\d\d-\d\d \d\d:\d\d\b"), rb"\g<1>2026-01-02 03:04"),
    (re.compile(rb"\b20\d\d-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d"), b"2026-01-02T03:04:05+00:00"),
    (re.compile(rb"\b\d\d:\d\d:\d\d(?=\s+[A-Z]{3}\b)"), b"03:04:05"),
    (re.compile(rb"\b(?:\d+h)?(?:\d+m)?\d+(?:\.\d)?s\b"), b"0.0s"),
    (re.compile(rb"time: .*?(?=\r\n(?: {13}[a-z ]+: |batchwright: ))", re.DOTALL), b"time: ..."),
    (re.compile(rb"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?=\s+20\d\d-)"), b"Fri"),
    (re.compile(rb"\b20\d\d-\d\d-\d\d(?=\s)"), b"2026-01-02"),
    (re.compile(rb"(?<!:)\b\d\d:\d\d(?=\s+UTC\b)"), b"03:04"),
    (re.compile(rb"\b(R[Uu][Nn]:?) [0-9a-f]{8}\b"), rb"\1 00000000"),
    (re.compile(rb"@[0-9a-f]{8}\b"), b"@00000000"),
    (re.compile(rb"\brun-[0-9a-f]{12}\b"), b"run-000000000000"),
)
"""What is different each time, and what stands for it: of one length, so that lines break where they did."""

DRAWN = re.compile(rb"(?<!\r)\x1b\[J\r")
"""The end of a live line that was drawn: its cursor rests at its beginning."""
_BROKEN = re.compile(rb"\r\n {13}")
"""Where a note goes on in a further line."""
_LINE = re.compile(rb"\r([^\r\x1b]+)\x1b\[J(?=\r)")
HIDE = b"\r\x1b[J"


@dataclass(frozen=True)
class Recording:
    """What a window was sent, cut where its width changed.

    Attributes:
        code: The command's exit code; none while it runs.
        parts: Columns, and what came while the window had so many.
    """

    code: int | None
    parts: tuple[tuple[int, bytes], ...]

    @property
    def data(self) -> bytes:
        """All that was sent."""
        return b"".join(data for _, data in self.parts)

    @property
    def live(self) -> bool:
        """Whether there was a live line."""
        return bool(DRAWN.search(self.data))

    def glued(self) -> list[bytes]:
        """What ran into the live line; empty if nothing did.

        After a live line only two things may come: another one, or its end. The terminal's own echo of a key is taken
        away with the line.
        """
        after = [self.data[found.end() : found.end() + 80] for found in DRAWN.finditer(self.data)]
        if self.code is None:
            after = after[:-1]  # the line of now
        return [text for text in after if not re.match(rb"(?:\^[CZ])?\r", text)]

    def too_wide(self) -> list[str]:
        """The live lines that would have wrapped; empty if none would."""
        found = [
            (columns, match[1].decode())
            for number, (columns, data) in enumerate(self.parts)
            for match in list(_LINE.finditer(data))[number and 1 :]  # one may have been on its way
        ]
        return [line for columns, line in found if width(line) >= columns]

    def screen(self) -> str:
        """What a person sees in the end, without what is different each time; for each width one after the other."""
        *before, (columns, data) = self.parts
        return "\n".join([*(_screen(width, part + HIDE) for width, part in before), _screen(columns, data)])


def _screen(columns: int, data: bytes) -> str:
    screen = pyte.Screen(columns, LINES)
    for pattern, same in _CHANGING:
        data = pattern.sub(same, data)
    pyte.ByteStream(screen).feed(data)
    shown = [line.rstrip() for line in screen.display]
    return "\n".join([*shown[: screen.cursor.y], shown[screen.cursor.y] + "▮"]) + "\n"


class Window:
    """A command in a window. Use as a context manager.

    Args:
        folder: Where it runs.
        env: Its variables.
        words: The command's words.
        columns: The window's width.
        stdout: Where its stdout goes instead of the window.
        shell: What a shell does with the command, which it knows as ``"$@"``.
    """

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        *words: str,
        columns: int = 80,
        stdout: int | None = None,
        shell: str = "",
    ) -> None:
        self._main, window = os.openpty()
        self._parts: list[tuple[int, bytearray]] = []
        self.resize(columns)
        self._folder = folder
        self.process = popen(
            ["/bin/sh", "-c", shell, "sh", COMMAND, *words] if shell else [COMMAND, *words],
            folder,
            {"TERM": "xterm", "TZ": "UTC", "NO_COLOR": "1", **env},
            stdin=window,
            stdout=window if stdout is None else stdout,
            stderr=window,
            terminal=True,
        )
        os.close(window)

    def resize(self, columns: int) -> None:
        """Makes the window narrower or wider."""
        fcntl.ioctl(self._main, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
        self._parts.append((columns, bytearray()))

    def press(self, keys: str) -> None:
        """Types."""
        os.write(self._main, keys.encode())

    def until(self, text: str) -> None:
        """Waits until something has been printed in the window as it is now, in one line or broken between words."""
        self._until(lambda shown: text.encode() in shown or text.encode() in _BROKEN.sub(b" ", shown), text)

    def until_asked(self, prompt: str) -> None:
        """Waits until a question is in the window, and a little longer: a person needs time to press a key too."""
        self._until(lambda shown: shown.endswith(prompt.encode()) and not self._ready(QUIET), prompt)

    def until_drawn(self) -> None:
        """Waits until a live line is the last thing in the window, and nothing is on its way."""
        self._until(lambda shown: shown.endswith(b"\x1b[J\r") and not self._ready(QUIET), "a live line")

    def _until(self, so: Callable[[bytearray], bool], what: str) -> None:
        deadline = time.monotonic() + LONGEST
        while not so(self._parts[-1][1]):
            if not self._read(deadline):
                raise AssertionError(f"{what} was never shown: {bytes(self._parts[-1][1])!r}")

    def end(self) -> Recording:
        """Waits for the end."""
        deadline = time.monotonic() + LONGEST
        while self._read(deadline):
            pass
        return self.seen(self.process.wait(LONGEST))

    def seen(self, code: int | None = None) -> Recording:
        """What has been shown by now."""
        version, folder = __version__.encode(), str(self._folder).encode()
        same = re.sub(rb"\d", b"N", version)
        own = [(folder, FOLDER), (version + b":", same + b":"), (b'"%s"' % version, b'"%s"' % same)]
        return Recording(code, tuple((columns, _replaced(bytes(data), own)) for columns, data in self._parts))

    def _read(self, deadline: float) -> bool:
        try:
            data = os.read(self._main, 65536) if self._ready(max(0.0, deadline - time.monotonic())) else b""
        except OSError:  # the command has ended, and no one else has the window open
            return False
        self._parts[-1][1].extend(data)
        return bool(data)

    def _ready(self, seconds: float) -> bool:
        return bool(select.select([self._main], [], [], seconds)[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._main)


def _replaced(data: bytes, pairs: list[tuple[bytes, bytes]]) -> bytes:
    for before, after in pairs:
        data = data.replace(before, after)
    # This machine's name, in a stop reason: wherever it was broken, a name of two letters fits on the line.
    return re.sub(rb"( terminal on)\s+" + re.escape(os.uname().nodename.encode()), rb"\1 h1", data)
