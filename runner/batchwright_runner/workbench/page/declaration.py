"""What the project in this folder declares of a batch, where there is one."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_one


def declared_here(
    folder: Path, project: str, stage: str, name: str, *, environment: Mapping[str, str], waiter: Waiter, tell: Tell
) -> DeclaredBatch | None:
    """A batch as the project in a folder declares it; none where no project is there, or another one.

    It is synthesized if something has changed since the last time. Where that cannot be done, it is said.

    Args:
        folder: The working directory.
        project: Name of the project that is asked for.
        stage: The stage.
        name: The batch.
        environment: The app's variables.
        waiter: Time and signals.
        tell: Where status goes.

    Raises:
        InterruptedEarlyError: A signal came.
    """
    assemblies = Assemblies.here(folder, project, stage, environment=environment, waiter=waiter, tell=tell)
    if assemblies is None:
        return None

    def read(assembly: Path) -> DeclaredBatch | None:
        return read_one(assembly, stage, name) if name in batch_file.paths(assembly, stage) else None

    try:
        return assemblies.read(stage, read)
    except InterruptedEarlyError:
        raise
    except RunnerError as error:
        tell.note(f"what this project declares is not shown: {error}")
        return None
