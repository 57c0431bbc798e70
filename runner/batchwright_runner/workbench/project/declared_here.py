"""What the project in a folder declares for a stage that is deployed."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_all

T = TypeVar("T")


def declared_here(
    folder: Path, project: str, stage: str, *, environment: Mapping[str, str], waiter: Waiter, tell: Tell
) -> Sequence[DeclaredBatch] | None:
    """The batches that are declared for a stage; otherwise as `read_here`."""
    return read_here(
        folder,
        project,
        stage,
        lambda assembly: read_all(assembly, stage),
        environment=environment,
        waiter=waiter,
        tell=tell,
    )


def read_here(
    folder: Path,
    project: str,
    stage: str,
    reader: Callable[[Path], T],
    *,
    environment: Mapping[str, str],
    waiter: Waiter,
    tell: Tell,
) -> T | None:
    """What a reader finds in the assembly of a stage.

    It is synthesized if something has changed since the last time. Where that cannot be done, it is said.

    Args:
        folder: The working directory.
        project: Name of the project that is asked for.
        stage: The stage.
        reader: Gets the assembly's folder.
        environment: The app's variables.
        waiter: Time and signals.
        tell: Where status goes.

    Returns:
        What it gives; none where no project is here, or another one, or one without that stage.

    Raises:
        InterruptedEarlyError: A signal came.
    """
    assemblies = Assemblies.here(folder, project, stage, environment=environment, waiter=waiter, tell=tell)
    if assemblies is None:
        return None
    try:
        return assemblies.read(stage, reader)
    except InterruptedEarlyError:
        raise
    except RunnerError as error:
        tell.note(f"what this project declares is not known: {error}")
        return None
