"""Ends and removes what plain processes have left behind whose runner was killed with SIGKILL."""

import os
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from batchwright_runner.workbench.local.process.identity import identity, session
from batchwright_runner.workbench.local.process.scratch import PREFIX
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead, noted


def sweep_processes(locks: Path) -> list[str]:
    """Ends the processes, and removes the folders, of runs whose lock no one holds any more.

    Returns:
        The runs.
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
    process = int(note.get("process") or 0)
    if process < 2:
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
