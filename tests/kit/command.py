"""The installed command as a subprocess."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kit.fork_server import Forked, Stream, possible

COMMAND = Path(sys.executable).with_name("batchwright")
"""The installed command."""

_OWN_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes stdin the terminal that Ctrl-C comes from, and that a password is asked on."""

UNPACKED = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"
"""Where jsii unpacks the CDK. By default that is below the home, and so takes seconds for each test with a new one."""


def environment(**changes: str) -> dict[str, str]:
    """This process's variables without those that change what the runner does; local runs are plain processes.

    Without the CDK's own rules for templates: with them a synthesis takes three times as long. tests/library asks them.
    """
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
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    unpacked = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "aws/jsii/package-cache"))
    return {UNPACKED: unpacked, "CDK_VALIDATION": "false", **own, "BATCHWRIGHT_BACKEND": "process", **changes}


def popen(
    words: Sequence[str | Path],
    folder: Path,
    env: Mapping[str, str],
    *,
    stdin: Stream = subprocess.DEVNULL,
    stdout: Stream = subprocess.PIPE,
    stderr: Stream = subprocess.PIPE,
    terminal: bool = False,
    really: bool = False,
) -> "subprocess.Popen[bytes]":
    """Starts the installed command, or a program that runs it.

    Where it can be, the command is started by a fork, which takes a fifth of the processor time: it is a process of its
    own in all that a test sees of it (`tests.kit.fork_server`).

    Args:
        words: The command, `COMMAND` first, or whatever runs it.
        folder: Where it runs.
        env: Its variables.
        stdin: As for `subprocess.Popen`, and so are the others.
        stdout: The same.
        stderr: The same.
        terminal: Whether its stdin becomes the terminal of a session of its own, by which keys send signals.
        really: Never by a fork. Each verb, each exit code and signals in the first second are tested like that.
    """
    if words[0] in (COMMAND, str(COMMAND)) and not really and possible(env):
        return Forked(words, cwd=folder, env=env, stdin=stdin, stdout=stdout, stderr=stderr, terminal=terminal)
    own_terminal = [sys.executable, "-I", "-S", "-c", _OWN_TERMINAL] if terminal else []
    return subprocess.Popen([*own_terminal, *words], cwd=folder, env=env, stdin=stdin, stdout=stdout, stderr=stderr)


def start(folder: Path, *arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """Starts the command, with pipes for its stdout and stderr."""
    return popen([COMMAND, *arguments], folder, env or environment())


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


def finish(process: "subprocess.Popen[bytes]", seconds: float = 60, stdin: bytes | None = None) -> Done:
    """Waits for a command's end. One that does not end in time is killed."""
    with process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except BaseException:
            process.kill()
            raise
    return Done(process.returncode, out or b"", (err or b"").decode())


def call(
    folder: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    seconds: float = 60,
    really: bool = False,
) -> Done:
    """Runs the command to its end.

    Args:
        folder: Where it runs.
        arguments: Its arguments.
        env: Its variables. Default: `environment`.
        stdin: What it reads from stdin. Default: nothing.
        seconds: How long it may take.
        really: Never by a fork, as for `popen`.
    """
    source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    process = popen([COMMAND, *arguments], folder, env or environment(), stdin=source, really=really)
    return finish(process, seconds, stdin)
