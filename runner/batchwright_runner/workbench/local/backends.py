"""Which backend runs a batch: Docker, else Podman, else a plain process. The choice is pure; looking is not."""

from collections.abc import Callable
from dataclasses import dataclass

from batchwright_runner.errors import StartError
from batchwright_runner.host.settings.backend import Backend
from batchwright_runner.workbench.local.containers.client import Engine

TITLES = {"docker": "Docker", "podman": "Podman"}


@dataclass(frozen=True, slots=True)
class FoundEngine:
    """What was found of an engine.

    Attributes:
        engine: The engine, if it answers.
        problem: Why it does not.
        present: Something of it is on this machine, so that its silence is worth a word.
        no_sdk: The error of a runner that cannot speak to any engine; none where it can.
    """

    engine: Engine | None = None
    problem: str = ""
    present: bool = False
    no_sdk: StartError | None = None


@dataclass(frozen=True, slots=True)
class BackendChoice:
    """What was chosen.

    Attributes:
        engine: The engine; none for a plain process.
        notes: What a person should know of the engines that were not taken.
        named: The backend was asked for by its name.
    """

    engine: Engine | None
    notes: tuple[str, ...] = ()
    named: bool = False

    @property
    def where(self) -> str:
        """The end of a run's first line."""
        return f"in {self.engine.name}" if self.engine is not None else "as a process"


def choose(asked: Backend, find: Callable[[str], FoundEngine]) -> BackendChoice:
    """Chooses. An engine that is there but does not answer is told of, never passed over in silence.

    Args:
        asked: The backend that was asked for.
        find: Looks for ``docker`` or ``podman``.

    Raises:
        StartError: The one that was asked for by name does not answer.
    """
    if asked == "process":
        return BackendChoice(None, named=True)
    if asked != "auto":
        found = find(asked)
        if found.no_sdk is not None:
            raise found.no_sdk
        if found.engine is None:
            raise StartError(
                f"{TITLES[asked]} cannot be used: {found.problem}",
                hint="Fix it, or choose another --backend",
                again="safe",
            )
        return BackendChoice(found.engine, named=True)
    notes: list[str] = []
    for kind, title in TITLES.items():
        found = find(kind)
        if found.engine is not None:
            return BackendChoice(found.engine, tuple(notes))
        if found.no_sdk is not None:
            return BackendChoice(None, (*notes, str(found.no_sdk)))
        if found.present:
            notes.append(f"{title} is on this machine, but cannot be used: {found.problem}")
    return BackendChoice(None, tuple(notes))
