"""What a run on this machine starts from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_options import RunOptions
from batchwright_runner.host.settings.project import Project
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.workbench.local.recording import Recorder
from batchwright_runner.workbench.local.stage_values import StageValues
from batchwright_runner.workbench.project.batches import DeclaredBatch


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run on this machine starts from.

    Attributes:
        request: What was asked for.
        batch: The batch, without the containers that are left out.
        siblings: The stage's batches.
        project: The project.
        values: The batch's variables.
        recorder: Takes what its SDKs report; ``None`` where nothing is recorded.
        staged: The stage's values, which are given to containers only; ``None`` where it does not get them.
        credentials: Gives the task role's credentials, as ECS serves them; ``None`` where it does not get them.
    """

    request: RunOptions
    batch: DeclaredBatch
    siblings: Sequence[DeclaredBatch]
    project: Project
    values: Mapping[str, str]
    recorder: Recorder | None = None
    staged: StageValues | None = None
    credentials: Callable[[], bytes | None] | None = None


Start = Callable[[Surroundings, Mapping[str, str]], RunEnd]
"""Runs what is ready to its end, in the surroundings and with the further variables that it is given."""


@dataclass(frozen=True, slots=True)
class ReadyRun:
    """A run of which images and values are there.

    Attributes:
        start: Starts it.
        notes: What a person should know before.
    """

    start: Start
    notes: Sequence[str] = ()
