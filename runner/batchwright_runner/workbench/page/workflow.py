"""All that is known of a workflow, wherever it was learned. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.schedules.times import DueTimes
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.workbench.page.batch import NEXT, Batch

if TYPE_CHECKING:
    from batchwright_runner.contract.workflows.run import StepsRun


@dataclass(frozen=True, kw_only=True)
class KnownWorkflow:
    """A workflow of a stage."""

    record: WorkflowManifest
    # When it was looked at. With a time zone.
    now: datetime
    # The folder that declares it; empty where that is not known
    package: str = ""
    # The batches that its steps run, each once; none where they were not looked at
    batches: Sequence[Batch] = ()
    pause: Pause | None = None
    # Its last runs, the newest first; none of one that is only declared
    runs: "Sequence[StepsRun] | None" = None

    past: None = None
    """How its last runs ended: nothing is known of them."""

    @property
    def name(self) -> str:
        """Its name, ``nightly``."""
        return self.record.name

    @property
    def owner(self) -> str:
        """The team to ask, in one line."""
        return " ".join(self.record.owner.split())

    @property
    def expected_seconds(self) -> int:
        """How long a run usually takes at most, as it is declared; 0 where it is not."""
        return self.record.expected_seconds

    @property
    def reads(self) -> tuple[str, ...]:
        """Ids of the resources that its batches read."""
        return tuple(id for batch in self.batches for id in batch.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        """Ids of the resources that its batches write."""
        return tuple(id for batch in self.batches for id in batch.writes)

    @cached_property
    def due(self) -> DueTimes | None:
        """When it is due; none if it has no schedule."""
        return DueTimes.of(self.record.schedule)

    @cached_property
    def next(self) -> Sequence[datetime]:
        """The next times at which it is due."""
        return self.due.next(self.now, NEXT) if self.due else ()


def declared_workflow(file: WorkflowFile, batches: Sequence[Batch], now: datetime) -> KnownWorkflow:
    """A workflow of its file."""
    names = {step.batch for step in file.workflow.all_steps}
    used = [batch for batch in batches if batch.name in names]
    return KnownWorkflow(record=file.workflow, now=now, package=file.package or "", batches=used)
