"""What a plain process has on disk for one run: a home of its own, and a copy of its source with its config files.

Both may hold secrets, so they go with the run. What a run has, and which process it started, is noted in its lock: of a
run that was killed with SIGKILL, `batchwright_runner.workbench.local.process.cleanup` ends and removes it.
"""

import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from batchwright_runner.errors import RunnerError, StartError
from batchwright_runner.workbench.local.config_files import Placed, copy_with
from batchwright_runner.workbench.local.process.identity import identity
from batchwright_runner.workbench.local.run_lock import RunLock

PREFIX = "batchwright-"
"""What the names of all these folders begin with."""


class Scratch:
    """The folders of a run.

    Attributes:
        home: The folder that is the process's home.
    """

    def __init__(self, locks: Path, run: str = "") -> None:
        self._lock = RunLock(locks, secrets.token_hex(8))
        self._run = run
        self._folders: list[Path] = []
        self.home = Path()

    def open(self) -> None:
        """Makes the home, which only this user can look into.

        Raises:
            StartError: It cannot be made; nothing is left of it.
        """
        self._lock.__enter__()
        try:
            self._lock.note({"run": self._run})
            self.home = self._make("home")
        except OSError as error:
            self.close()
            raise StartError(f"no temporary folder can be made: {error}", again="safe") from error

    def copy(self, placed: Placed, source: Path) -> Path:
        """Copies the source, and writes the config files into the copy, which only this user can look into.

        Raises:
            RunnerError: It cannot be copied; nothing is left of it.
        """
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

    def _make(self, what: str) -> Path:
        folder = Path(tempfile.gettempdir(), f"{PREFIX}{what}-{self._lock.name}")
        self._lock.note({"folder": str(folder)})  # before it is there, so that it is known whenever this process dies
        folder.mkdir(mode=0o700)
        self._folders.append(folder)
        return folder
