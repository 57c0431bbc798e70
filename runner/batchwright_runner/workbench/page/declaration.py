"""What the project in this folder declares of a batch, and in what that differs from what is deployed."""

from collections.abc import Mapping
from pathlib import Path

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.workbench.project.assembly import Assemblies
from batchwright_runner.workbench.project.batches import DeclaredBatch, read_one

COMPARED = (
    *("description", "owner", "runbook", "timeout_seconds", "retries", "retry_on", "retry_delay_seconds", "overlap"),
    *("schedule", "scheduler", "options", "capacity", "architecture", "secrets"),
)
"""Fields that a synthesis knows as well as a deployment does."""


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


def differences(declared: BatchManifest, deployed: BatchManifest) -> list[str]:
    """What a deployment would change of the manifest, in words: ``schedule, timeout``."""
    differing = [name for name in COMPARED if getattr(declared, name) != getattr(deployed, name)]
    if {*declared.parameters} != {*deployed.parameters}:
        differing.append("parameters")
    return [name.removesuffix("_seconds").replace("_", " ") for name in differing]
