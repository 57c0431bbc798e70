"""Which run has made something: a lock file that the run's process holds for as long as it lives.

The kernel gives the lock up when the process ends, also after ``kill -9``. So a lock that can be taken is a dead run's,
whatever process id is in use again, and a run that is alive is never mistaken for a dead one. A run of another
machine, container or user has its file elsewhere, and its things are left alone.
"""

import fcntl
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self


class RunLock:
    """A run's lock. Use as a context manager.

    Args:
        folder: Where locks lie.
        name: The run's own name.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._path = folder / f"{name}.lock"
        self._descriptor = -1
        self.name = name

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._descriptor, fresh = tempfile.mkstemp(prefix=f"{self.name}-", dir=self._folder)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        Path(fresh).rename(self._path)  # it appears under its name only when it is held
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._descriptor)

    def forget(self) -> None:
        """Removes the file: nothing of the run is left."""
        self._path.unlink(missing_ok=True)


def is_dead(folder: Path, name: str) -> bool:
    """Whether the lock of that name is in this folder, and its run lives no more."""
    try:
        descriptor = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def locks_folder(environment: Mapping[str, str]) -> Path:
    """Where locks lie: in the user's state folder, or beside temporary files where there is no home to write to."""
    state = environment.get("XDG_STATE_HOME") or ""
    home = environment.get("HOME") or ""
    for base in (state, f"{home}/.local/state" if home else ""):
        if base and Path(base).is_absolute() and _can_be_made(Path(base)):
            return Path(base, "batchwright", "runs")
    return Path(tempfile.gettempdir(), f"batchwright-runs-{os.getuid()}")


def _can_be_made(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)
