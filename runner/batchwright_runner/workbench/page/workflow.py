"""A declared workflow, with the batches that it runs. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.workbench.page.batch import Batch, DueTimes, due_times


@dataclass(frozen=True, kw_only=True)
class DeclaredWorkflow:
    """A workflow of a stage.

    Attributes:
        file: Its file.
        batches: The batches that its steps run, each once.
        now: When it was looked at. With a time zone.
    """

    file: WorkflowFile
    batches: Sequence[Batch]
    now: datetime

    results: None = None
    """How its last runs ended: nothing is known of them."""

    @property
    def name(self) -> str:
        """Its name, ``nightly``."""
        return self.file.workflow.name

    @property
    def owner(self) -> str:
        """The team to ask, in one line."""
        return " ".join(self.file.workflow.owner.split())

    @property
    def expected_seconds(self) -> int:
        """How long a run usually takes at most, as it is declared; 0 where it is not."""
        return self.file.workflow.expected_seconds

    @property
    def reads(self) -> tuple[str, ...]:
        """Ids of the resources that its batches read."""
        return tuple(id for batch in self.batches for id in batch.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        """Ids of the resources that its batches write."""
        return tuple(id for batch in self.batches for id in batch.writes)

    @cached_property
    def schedule(self) -> DueTimes | None:
        """When it is due; none if it has no schedule."""
        return due_times(self.file.workflow.schedule, self.now)


def declared_workflow(file: WorkflowFile, batches: Sequence[Batch], now: datetime) -> DeclaredWorkflow:
    """A workflow of its file.

    Args:
        file: Its file.
        batches: All batches of its stage.
        now: Now, with a time zone.
    """
    names = {step.batch for step in file.workflow.all_steps}
    return DeclaredWorkflow(file=file, batches=[batch for batch in batches if batch.name in names], now=now)
