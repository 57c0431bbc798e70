"""The home that a plain process has on disk for one run, which goes with the run: it may hold secrets.

What a run has, and which process it started, is noted in its lock, so that what a runner leaves that was killed with
SIGKILL can be named. A process is never killed for that: whoever is told of it knows whether it may end.
"""

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from batchwright_runner.contract.moments import SECONDS, shown
from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead, noted

PREFIX = "batchwright-home-"
"""What the names of all these folders begin with."""
PROC = Path("/proc")
_BEGAN = 19
"""Place in /proc/PID/stat, counted from the field after the command (proc_pid_stat(5), 2026-11)."""


class Scratch:
    """The home of a run."""

    def __init__(self, locks: Path, run: str = "") -> None:
        self._lock = RunLock(locks, secrets.token_hex(8))
        self._run = run
        self.home = Path(tempfile.gettempdir(), f"{PREFIX}{self._lock.name}")

    def open(self) -> None:
        """Makes the home, which only this user can look into."""
        self._lock.__enter__()
        try:
            self._lock.note({"run": self._run, "home": str(self.home)})  # before it is there
            self.home.mkdir(mode=0o700)
        except OSError as error:
            self.close()
            raise StartError(f"no temporary folder can be made: {error}", again="safe") from error

    def started(self, process: int, at: float) -> None:
        """Notes the process, which leads a session of its own. It runs on where that cannot be noted."""
        with suppress(OSError):
            self._lock.note({"process": process, "identity": identity(process), "at": at})

    def close(self) -> None:
        """Removes all of it."""
        shutil.rmtree(self.home, ignore_errors=True)
        self._lock.__exit__(None, None, None)
        self._lock.forget()


def name_left(locks: Path) -> list[str]:
    """A line for each run whose runner was killed. What still runs is left as it is, else its home is removed."""
    lines = []
    for path in sorted(locks.glob("*.lock")):
        name = path.name.removesuffix(".lock")
        notes = noted(locks, name)
        if notes and is_dead(locks, name):
            note = {key: value for part in notes for key, value in part.items()}
            run, home = note.get("run") or name, Path(str(note.get("home") or ""))
            if _runs(note):
                since = shown(float(note.get("at") or 0), SECONDS)
                lines.append(
                    f"process {note['process']}, since {since}, of run {run} still runs: its runner was killed\n"
                    f"end it: kill -- -{note['process']}"
                )
                continue
            if home.name == f"{PREFIX}{name}":
                shutil.rmtree(home, ignore_errors=True)
            RunLock(locks, name).forget()
            lines.append(f"removed what run {run} had left: {home}: its runner was killed")
    return lines


def _runs(note: Mapping[str, Any]) -> bool:
    process, known = note.get("process"), note.get("identity")
    return isinstance(process, int) and process > 1 and bool(known) and identity(process) == known


def identity(process: int) -> str:
    """What no other process of that id has: when it began, and in which boot of this machine; empty if it has ended."""
    if PROC.joinpath("self/stat").exists():
        with suppress(OSError):
            text = PROC.joinpath(str(process), "stat").read_text(encoding="ascii", errors="replace")
            boot = PROC.joinpath("sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
            state, *fields = text.rpartition(")")[2].split()
            return f"{boot} {fields[_BEGAN - 1]}" if state != "Z" else ""
        return ""
    command = ["ps", "-o", "lstart=", "-p", str(process)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
