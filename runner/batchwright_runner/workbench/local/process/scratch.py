"""What a plain process has on disk for one run: a home of its own, and a copy of its source with its config files.

Both may hold secrets, so they go with the run. What a run has, and which process it started, is noted in its lock: what
is left of a run whose runner was killed with SIGKILL is ended and removed by the next one.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from batchwright_runner.errors import RunnerError, StartError
from batchwright_runner.workbench.local.config_files import Placed, copy_with
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead, noted

PREFIX = "batchwright-"
"""What the names of all these folders begin with."""
PROC = Path("/proc")
_SESSION, _BEGAN = 3, 19
"""Places in /proc/PID/stat, counted from the field after the command (proc_pid_stat(5), 2026-11)."""


class Scratch:
    """The folders of a run."""

    def __init__(self, locks: Path, run: str = "") -> None:
        self._lock = RunLock(locks, secrets.token_hex(8))
        self._run = run
        self._folders: list[Path] = []
        self.home = Path()

    def open(self) -> None:
        """Makes the home, which only this user can look into."""
        self._lock.__enter__()
        try:
            self._lock.note({"run": self._run})
            self.home = self._make("home")
        except OSError as error:
            self.close()
            raise StartError(f"no temporary folder can be made: {error}", again="safe") from error

    def copy(self, placed: Placed, source: Path) -> Path:
        """Copies the source, and writes the config files into the copy, which only this user can look into."""
        try:
            target = self._make("source") / source.name
            copy_with(placed, source, target, (os.getuid(), os.getgid()))
        except OSError as error:
            self.close()
            raise RunnerError(f"{source} cannot be copied for its config files: {error}") from error
        return target

    def started(self, process: int) -> None:
        """Notes the process, which leads a session of its own. It runs on where that cannot be noted."""
        with suppress(OSError):
            self._lock.note({"process": process, "identity": identity(process), "home": str(self.home)})

    def close(self) -> None:
        """Removes all of it."""
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
        self._folders.clear()
        self._lock.__exit__(None, None, None)
        self._lock.forget()

    def _make(self, kind: str) -> Path:
        folder = Path(tempfile.gettempdir(), f"{PREFIX}{kind}-{self._lock.name}")
        self._lock.note({"folder": str(folder)})  # before it is there, so that it is known whenever this process dies
        folder.mkdir(mode=0o700)
        self._folders.append(folder)
        return folder


def sweep_processes(locks: Path) -> list[str]:
    """Ends the processes, and removes the folders, of runs whose lock no one holds any more.

    Returns the runs.
    """
    runs = []
    for path in sorted(locks.glob("*.lock")):
        name = path.name.removesuffix(".lock")
        notes = noted(locks, name)
        if notes and is_dead(locks, name):
            for note in notes:
                _end(note)
            for note in notes:
                _remove(note, name)
            RunLock(locks, name).forget()
            runs.append(next((str(note["run"]) for note in notes if note.get("run")), name))
    return runs


def _end(note: Mapping[str, Any]) -> None:
    process = note.get("process")
    if not isinstance(process, int) or process < 2:
        return
    with suppress(ProcessLookupError, PermissionError):
        if note.get("identity") and identity(process) == note["identity"]:
            os.killpg(process, signal.SIGKILL)
        for member in session(process, f"HOME={note.get('home')}".encode()):
            os.kill(member, signal.SIGKILL)


def _remove(note: Mapping[str, Any], lock: str) -> None:
    folder = Path(str(note.get("folder") or ""))
    if folder.name.startswith(PREFIX) and folder.name.endswith(lock):
        shutil.rmtree(folder, ignore_errors=True)


def identity(process: int) -> str:
    """What no other process of that id has: when it began, and in which boot of this machine; empty if it has ended."""
    if PROC.joinpath("self/stat").exists():
        stat = _stat(process)
        return f"{_boot()} {stat[_BEGAN]}" if stat else ""
    command = ["ps", "-o", "lstart=", "-p", str(process)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def session(leader: int, marker: bytes) -> Iterator[int]:
    """The processes of a session, as far as a variable shows that they are of that very one: its leader may have ended.

    `marker`: ``NAME=VALUE`` of a variable that only the processes of that session have.
    """
    for entry in PROC.glob("[0-9]*"):
        stat = _stat(int(entry.name))
        if stat and int(stat[_SESSION]) == leader:
            with suppress(OSError):
                if marker in entry.joinpath("environ").read_bytes().split(b"\0"):
                    yield int(entry.name)


def _stat(process: int) -> list[str]:
    with suppress(OSError):
        return (
            PROC.joinpath(str(process), "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        )
    return []


def _boot() -> str:
    with suppress(OSError):
        return PROC.joinpath("sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""
