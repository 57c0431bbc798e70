"""What a run on this machine starts from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.recording import Recorder
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.local.task_role import AssumedRole
from batchwright_runner.workbench.project.batches import DeclaredBatch


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run on this machine starts from."""

    request: RunOptions
    batch: DeclaredBatch
    siblings: Sequence[DeclaredBatch]
    project: Project
    values: Mapping[str, str]
    # Takes what its SDKs report; ``None`` where nothing is recorded
    recorder: Recorder | None = None
    # The stage's values, which are given to containers only; ``None`` where it does not get them
    staged: StageValues | None = None
    # ``None`` where it does not get the task role's credentials
    role: AssumedRole | None = None


Start = Callable[[Surroundings, Mapping[str, str]], RunEnd]
"""Runs what is ready to its end, in the surroundings and with the further variables that it is given."""


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run of which images and values are there."""

    start: Start
    # What a person should know before
    notes: Sequence[str] = ()
