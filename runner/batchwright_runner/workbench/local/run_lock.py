"""Which run has made something: a lock file that the run's process holds for as long as it lives.

The kernel gives the lock up when the process ends, also after ``kill -9``. So a lock that can be taken is a dead run's,
whatever process id is in use again, and a run that is alive is never mistaken for a dead one. A run of another
machine, container or user has its file elsewhere, and its things are left alone. Locks may lie where others can write
too, such as ``/tmp``: what is not this user's own is not used.
"""

import fcntl
import json
import os
import pwd
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from batchwright_runner.errors import StartError


class RunLock:
    """A run's lock. Use as a context manager."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._path = folder / f"{name}.lock"
        self._descriptor = -1
        self.name = name

    def __enter__(self) -> Self:
        try:
            make_own_folder(self._folder)
            self._descriptor, fresh = tempfile.mkstemp(prefix=f"{self.name}-", dir=self._folder)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            Path(fresh).rename(self._path)  # it appears under its name only when it is held
        except OSError as error:
            raise StartError(
                f"no lock of this run can be made in {self._folder}: {error.strerror}",
                hint="Set XDG_STATE_HOME to a folder of your own",
                again="safe",
            ) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def note(self, facts: Mapping[str, Any]) -> None:
        """Notes something in the file, for whoever finds it when this process has died. Only while it is held."""
        os.write(self._descriptor, json.dumps(facts).encode() + b"\n")

    def forget(self) -> None:
        """Removes the file: nothing of the run is left."""
        self._path.unlink(missing_ok=True)


def is_dead(folder: Path, name: str) -> bool:
    """Whether the lock of that name is in this folder, and its run lives no more. One of another user never is."""
    try:
        descriptor = open_own(folder / f"{name}.lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def noted(folder: Path, name: str) -> list[dict[str, Any]]:
    """What a run has noted in its lock, oldest first; nothing where there is no such file of this user's.

    Half a note is none.
    """
    notes = []
    with suppress(OSError):
        descriptor = open_own(folder / f"{name}.lock", os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            for line in file:
                with suppress(ValueError):
                    notes.append(json.loads(line))
    return [note for note in notes if isinstance(note, dict)]


def locks_folder(environment: Mapping[str, str]) -> Path:
    """Where locks are stored: in the user's state folder.

    Where there is no home to write to, in the folder of the session (``XDG_RUNTIME_DIR``), else beside temporary files.
    """
    state = environment.get("XDG_STATE_HOME") or ""
    home = environment.get("HOME") or ""
    for base in (state, f"{home}/.local/state" if home else "", environment.get("XDG_RUNTIME_DIR") or ""):
        if base and Path(base).is_absolute() and _can_be_made(Path(base)):
            return Path(base, "batchwright", "runs")
    return Path(tempfile.gettempdir(), f"batchwright-runs-{os.geteuid()}")


def _can_be_made(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


class NotOwnError(PermissionError):
    """Something is where another user may have put it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.strerror = why


def make_own_folder(folder: Path) -> None:
    """Makes a folder that no one else can look into, if there is none.

    It must be this process's user's. Root may use another user's, as with ``sudo -E``. What is on the way to it, where
    anyone can write, must be the user's or root's.
    """
    owner = os.geteuid()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for place in (folder, *folder.parents):
        planted = place.lstat().st_uid
        if place.parent.stat().st_mode & stat.S_IWOTH and planted not in (owner, 0):
            raise NotOwnError(f"{'it' if place == folder else place} belongs to {_user(planted)}")
    status = folder.stat()
    if status.st_uid != owner and owner != 0:
        raise NotOwnError(f"it belongs to {_user(status.st_uid)}")
    if status.st_uid == owner and status.st_mode & 0o077:
        folder.chmod(0o700)


def open_own(path: Path, flags: int) -> int:
    """Opens a file that exists, without following a link and without waiting; gives the descriptor."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(descriptor)
        raise NotOwnError(f"{path} is not a file of {_user(os.geteuid())}")
    return descriptor


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
