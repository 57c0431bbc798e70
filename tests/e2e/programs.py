"""The programs that stay while the journey goes on."""

import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.e2e.places import ROOT

START = 60.0
"""Seconds that one may take to be ready."""


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], log: Path, ready: Callable[[], bool]
) -> Iterator[None]:
    """Starts a program, waits until it is ready, and ends it in the end.

    Args:
        command: The command.
        environment: Its variables.
        log: Where its output goes; its end is shown where the program does not become ready.
        ready: Whether it is.
    """
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as process:
        until = time.monotonic() + START
        while not ready():
            if process.poll() is not None or time.monotonic() > until:
                process.kill()
                output = log.read_text(encoding="utf-8", errors="replace")[-6000:]
                pytest.fail(f"{command[0]} did not start (exit {process.wait()}):\n{output}", pytrace=False)
            time.sleep(0.1)
        yield
        process.terminate()


def ends_well(command: Sequence[str]) -> bool:
    """Whether a command does."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def responds(address: str) -> bool:
    """Whether there is a page at an address."""
    with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
        return bool(answer.status == 200)
    return False
