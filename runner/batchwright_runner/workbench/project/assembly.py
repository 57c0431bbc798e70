"""The runner's own assemblies: synthesized when there is none, or when what it is made from has changed."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.settings.project import Project, find_project
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all, read_workflows
from batchwright_runner.workbench.project.inputs import fingerprint, installed_library
from batchwright_runner.workbench.project.synth import synthesize

FOLDER = Path(".batchwright", "assembly")
RECORD = "inputs"
"""The file in an assembly that holds the fingerprint of what it was made from."""
LOCK_PAUSE = 0.1
T = TypeVar("T")


class Assemblies:
    """Gives the assembly of a stage, up to date."""

    def __init__(
        self,
        project: Project,
        *,
        fingerprint: Callable[[str], str],
        synthesize: Callable[[str, Path], None],
        waiter: Waiter,
        tell: Tell,
    ) -> None:
        self._project = project
        self._folder = project.root / FOLDER
        self._fingerprint = fingerprint
        self._synthesize = synthesize
        self._waiter = waiter
        self._tell = tell

    @classmethod
    def of(cls, project: Project, *, environment: Mapping[str, str], waiter: Waiter, tell: Tell) -> Self:
        """The assemblies that a project's own app makes."""
        library = installed_library()

        def made_from(stage: str) -> str:
            return fingerprint(project.root, stage, library)

        def write(stage: str, target: Path) -> None:
            synthesize(project, stage, target, waiter=waiter, environment=environment)

        return cls(project, fingerprint=made_from, synthesize=write, waiter=waiter, tell=tell)

    def read(self, stage: str, reader: Callable[[Path], T]) -> T:
        """Reads the up-to-date assembly of ``stage``; no other process replaces it meanwhile."""
        self._project.check_stage(stage)
        while True:
            wanted = self._fingerprint(stage)
            with self._locked(stage, fcntl.LOCK_SH):
                if _recorded(self._folder / stage) == wanted:
                    return reader(self._folder / stage)
            with self._locked(stage, fcntl.LOCK_EX):
                if _recorded(self._folder / stage) != wanted:
                    self._make(stage, wanted)
                    return reader(self._folder / stage)

    def declared(self, stage: str) -> tuple[list[DeclaredBatch], list[WorkflowFile]]:
        """The batches and the workflows of a stage. The errors are those of `read`."""
        return self.read(stage, lambda assembly: (read_all(assembly, stage), read_workflows(assembly, stage)))

    def _make(self, stage: str, fingerprint: str) -> None:
        begun = self._waiter.now()
        self._tell.note(f"synthesizing stage {stage} ...")
        try:
            self._replace(stage, fingerprint)
        except OSError as error:
            raise RunnerError(f"no assembly can be kept in {self._folder}: {error.strerror}") from error
        self._tell.note(f"synthesized in {format_duration(self._waiter.now() - begun)}")

    def _replace(self, stage: str, fingerprint: str) -> None:
        fresh = Path(tempfile.mkdtemp(prefix=f"{stage}.new-", dir=self._folder))
        try:
            self._synthesize(stage, fresh)
            (fresh / RECORD).write_text(fingerprint, encoding="ascii")
            final = self._folder / stage
            shutil.rmtree(final, ignore_errors=True)
            fresh.rename(final)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    @contextmanager
    def _locked(self, stage: str, kind: int) -> Iterator[None]:
        path = self._folder / f"{stage}.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise RunnerError(f"no assembly can be kept in {self._folder}: {error.strerror}") from error
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
            if self._waiter.signals:
                raise InterruptedEarlyError(self._waiter.signals[0])
            self._waiter.wait(LOCK_PAUSE)


def _recorded(assembly: Path) -> str:
    try:
        return (assembly / RECORD).read_text(encoding="ascii")
    except OSError:
        return ""


def declared_here(stage: Stage) -> Sequence[DeclaredBatch] | None:
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
        stages = project.context.get("stages")
    except RunnerError:
        return None
    if project.name != target.project or not isinstance(stages, dict) or target.stage not in stages:
        return None
    try:
        assemblies = Assemblies.of(project, environment=os.environ, waiter=stage.waiter, tell=stage.tell)
        return assemblies.read(target.stage, reader)
    except InterruptedEarlyError:
        raise
    except RunnerError as error:
        stage.tell.note(f"what this project declares is not known: {error}")
        return None
