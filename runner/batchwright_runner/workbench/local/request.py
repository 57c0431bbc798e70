"""What a run on this machine starts from, and a batch without some of its containers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.errors import UsageError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.local.credentials import AssumedRole
from batchwright_runner.workbench.local.recording import Recorder
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.project.batches import main_container

LocalRun = Callable[[Surroundings, Mapping[str, str]], RunEnd]
"""Runs what is ready to its end, in the surroundings and with the further variables that it is given."""
Attempt = Callable[[Surroundings, Mapping[str, str], int], RunEnd]
"""Runs it once, likewise, with the port at which the recorder listens; 0 where none does."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run on this machine starts from."""

    request: RunOptions
    batch: BatchFile
    siblings: Sequence[BatchFile]
    project: Project
    values: Mapping[str, str]
    # Takes what its SDKs report; ``None`` where nothing is recorded
    recorder: Recorder | None = None
    # The stage's values, which are given to containers only; ``None`` where it does not get them
    staged: StageValues | None = None
    # ``None`` where it does not get the task role's credentials
    role: AssumedRole | None = None


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run of which images and values are there."""

    start: LocalRun
    # What a person should know before
    notes: Sequence[str] = ()


def without(batch: BatchFile, names: Collection[str]) -> BatchFile:
    """The batch without containers of those names, for which nothing waits then."""
    remaining = [container for container in batch.containers if container.get("name") not in names]
    containers = [
        {**each, "dependsOn": [need for need in each.get("dependsOn") or () if need.get("containerName") not in names]}
        for each in remaining
    ]
    return replace(batch, task={**batch.task, "containerDefinitions": containers})


def leave_out(batch: BatchFile, names: Collection[str]) -> BatchFile:
    """The batch without the containers that ``--without`` names."""
    others = [str(container.get("name")) for container in batch.containers if container is not main_container(batch)]
    for name in names:
        if name == batch.manifest.container:
            raise UsageError(f"--without {name} is refused: {name} is the batch itself")
        if name not in others:
            raise UsageError(
                f"--without {name} is refused: {batch.manifest.batch} has no container {name} beside the main one",
                hint=did_you_mean(name, others),
            )
    return without(batch, names)
