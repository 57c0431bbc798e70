"""Copies of a batch's source with its config files in them. A copy holds secrets, so it goes with its run.

A run that was killed with SIGKILL leaves its copy behind; the next one that makes a copy removes it.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from batchwright_runner.errors import RunnerError
from batchwright_runner.local.config_files import Placed, copy_with
from batchwright_runner.local.run_lock import RunLock, is_dead

PREFIX = "batchwright-source-"


class Copies:
    """Makes and removes the copy of a run.

    Args:
        locks: Where the locks of runs lie.
    """

    def __init__(self, locks: Path) -> None:
        self._locks = locks
        self._lock: RunLock | None = None

    def make(self, placed: Placed, source: Path) -> Path:
        """Makes the copy, which nobody but this user can look into.

        Raises:
            RunnerError: It cannot be made; nothing is left of it.
        """
        self._sweep()
        self._lock = RunLock(self._locks, secrets.token_hex(8))
        target = self._folder / source.name
        try:
            self._lock.__enter__()
            self._folder.mkdir(mode=0o700)
            copy_with(placed, source, target, (os.getuid(), os.getgid()))
        except OSError as error:
            self.remove()
            raise RunnerError(f"{source} cannot be copied for its config files: {error}") from error
        return target

    def remove(self) -> None:
        """Removes the copy, if one was made."""
        if self._lock is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._lock.__exit__(None, None, None)
            self._lock.forget()
            self._lock = None

    @property
    def _folder(self) -> Path:
        return Path(tempfile.gettempdir(), f"{PREFIX}{self._lock.name if self._lock is not None else ''}")

    def _sweep(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            name = left.name.removeprefix(PREFIX)
            if is_dead(self._locks, name):
                shutil.rmtree(left, ignore_errors=True)
                RunLock(self._locks, name).forget()
