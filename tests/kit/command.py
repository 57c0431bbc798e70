"""The installed command as a subprocess."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COMMAND = Path(sys.executable).with_name("batchwright")
"""The installed command."""


def environment(**changes: str) -> dict[str, str]:
    """This process's variables without those that change what the runner does; local runs are plain processes."""
    foreign = (
        "BATCHWRIGHT_",
        "AWS_",
        "RD_",
        "GITHUB_",
        "CIRCLE",
        "PYTHON",
        "GIT_",
        "COLUMNS",
        "LINES",
        "TERM",
        "NO_COLOR",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "BATCHWRIGHT_BACKEND": "process", **changes}


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Starts the command, with pipes for its stdout and stderr."""
    return subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended.

    Attributes:
        code: Its exit code.
        out: Its stdout, byte for byte.
        err: Its stderr.
    """

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Its stdout."""
        return self.out.decode()

    @property
    def lines(self) -> list[str]:
        """The lines of its stdout."""
        return self.text.splitlines()

    @property
    def both(self) -> str:
        """Its stdout and its stderr."""
        return self.text + self.err

    @property
    def last(self) -> str:
        """The last line on stderr."""
        return self.err.rstrip("\n").rpartition("\n")[2]


def finish(process: "subprocess.Popen[bytes]", seconds: float = 60) -> Done:
    """Waits for a command's end."""
    out, err = process.communicate(timeout=seconds)
    return Done(process.returncode, out or b"", (err or b"").decode())


def call(folder: Path, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 60) -> Done:
    """Runs the command to its end."""
    return finish(start(folder, *arguments, env=env), seconds)
