"""The runner's own assemblies: synthesized when there is none, or when what it is made from has changed."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter, end_if_told
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.batches import read_all, read_workflows
from batchwright_runner.workbench.project.inputs import fingerprint, installed_library
from batchwright_runner.workbench.project.synth import synthesize

FOLDER = Path(".batchwright", "assembly")
RECORD = "inputs"
"""The file in an assembly that holds the fingerprint of what it was made from."""
LOCK_PAUSE = 0.1
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Assemblies:
    """Gives the assembly of a stage, up to date."""

    project: Project
    fingerprint: Callable[[str], str]
    synthesize: Callable[[str, Path], None]
    waiter: Waiter
    tell: Tell

    @classmethod
    def of(cls, project: Project, *, environment: Mapping[str, str], waiter: Waiter, tell: Tell) -> Self:
        """The assemblies that a project's own app makes."""
        write = partial(synthesize, project, waiter=waiter, environment=environment)
        return cls(project, partial(fingerprint, project.root, library=installed_library()), write, waiter, tell)

    @property
    def folder(self) -> Path:
        """Where they are kept."""
        return self.project.root / FOLDER

    def read(self, stage: str, reader: Callable[[Path], T]) -> T:
        """Reads the up-to-date assembly of ``stage``; no other process replaces it meanwhile."""
        self.project.check_stage(stage)
        while True:
            wanted = self.fingerprint(stage)
            with self._locked(stage, fcntl.LOCK_SH):
                if _recorded(self.folder / stage) == wanted:
                    return reader(self.folder / stage)
            with self._locked(stage, fcntl.LOCK_EX):
                if _recorded(self.folder / stage) != wanted:
                    self._make(stage, wanted)
                    return reader(self.folder / stage)

    def declared(self, stage: str) -> tuple[list[BatchFile], list[WorkflowFile]]:
        """The batches and the workflows of a stage. The errors are those of `read`."""
        return self.read(stage, lambda assembly: (read_all(assembly, stage), read_workflows(assembly, stage)))

    def _make(self, stage: str, fingerprint: str) -> None:
        begun = self.waiter.now()
        self.tell.note(f"synthesizing stage {stage} ...")
        try:
            with TemporaryDirectory(prefix=f"{stage}.new-", dir=self.folder, ignore_cleanup_errors=True) as name:
                fresh, final = Path(name), self.folder / stage
                self.synthesize(stage, fresh)
                (fresh / RECORD).write_text(fingerprint, encoding="ascii")
                shutil.rmtree(final, ignore_errors=True)
                fresh.rename(final)
        except OSError as error:
            raise RunnerError(f"no assembly can be kept in {self.folder}: {error.strerror}") from error
        self.tell.note(f"synthesized in {format_duration(self.waiter.now() - begun)}")

    @contextmanager
    def _locked(self, stage: str, kind: int) -> Iterator[None]:
        path = self.folder / f"{stage}.lock"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise RunnerError(f"no assembly can be kept in {self.folder}: {error.strerror}") from error
        try:
            self._wait_for(descriptor, kind)
            yield
        finally:
            os.close(descriptor)

    def _wait_for(self, descriptor: int, kind: int) -> None:
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
            else:
                return
            end_if_told(self.waiter)
            self.waiter.wait(LOCK_PAUSE)


def _recorded(assembly: Path) -> str:
    try:
        return (assembly / RECORD).read_text(encoding="ascii")
    except OSError:
        return ""


def declared_here(stage: Stage) -> Sequence[BatchFile] | None:
    """The batches that are declared for a stage; otherwise as `read_here`."""
    return read_here(stage, lambda assembly: read_all(assembly, stage.target.stage))


def read_here(stage: Stage, reader: Callable[[Path], T]) -> T | None:
    """What a reader finds in the assembly that the project in the working directory makes of a stage.

    It is synthesized if something has changed since the last time. Where that fails, a note says so.

    Returns what it gives; none where no project is here, or another one, or one without that stage.
    """
    target = stage.target
    try:
        project = find_project(Path.cwd())
    except RunnerError:
        return None
    if project.name != target.project or target.stage not in project.stages:
        return None
    try:
        assemblies = Assemblies.of(project, environment=os.environ, waiter=stage.waiter, tell=stage.tell)
        return assemblies.read(target.stage, reader)
    except InterruptedEarlyError:
        raise
    except RunnerError as error:
        stage.tell.note(f"what this project declares is not known: {error}")
        return None
