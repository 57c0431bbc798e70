"""A workflow of an assembly, as it was declared: what its file is made from."""

from dataclasses import dataclass, field
from pathlib import Path

from constructs import Construct

from batchwright.origins import SourceLine
from batchwright.task.sources import find_places
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AssembledWorkflow:
    """What the last look has to know of a workflow."""

    construct: Construct
    record: WorkflowManifest
    # The folder of its declaration; ``None`` where that is not known
    folder: Path | None
    origin: SourceLine | None = None
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""
    watch: Watch = field(default_factory=Watch)

    def file(self, project: Path) -> WorkflowFile:
        """Its file."""
        (places,) = find_places(project, [(self.folder, "")])
        return WorkflowFile(
            workflow=self.record,
            package=places.package,
            rundeck_uuid=self.rundeck_uuid,
            watch=self.watch,
            declared_at=self.origin.shown(project.resolve()) if self.origin else "",
        )
