"""The file of a declared workflow, ``workflows/{stage}/{workflow}.json`` in the assembly, beside the batch files.

The library writes it, the runner reads it: local runs, the list and the catalog are made from it. It holds the record,
and what is known of its declaration.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from batchwright_runner.contract.batch_file import FORMAT, about, checked, keep
from batchwright_runner.contract.watch import Watch
from batchwright_runner.contract.workflows.manifest import WorkflowManifest

FOLDER = "workflows"
"""The folder of all such files in an assembly."""

DECLARATION = "workflow.py"
"""The file that declares a workflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """A workflow as it was synthesized."""

    workflow: WorkflowManifest
    # The folder of its declaration, relative to the project; none where it is outside or not known
    package: str | None = None
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""
    # What is watched of it: when it is due, who starts it, how long it usually takes at most
    watch: Watch = field(default_factory=Watch)
    # The line that declares it, ``batches/nightly/workflow.py:14``; empty where that is not known
    declared_at: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format": FORMAT,
            "workflow": self.workflow.to_dict(),
            "package": self.package,
            **({"rundeck_uuid": self.rundeck_uuid} if self.rundeck_uuid else {}),
            **({"watch": self.watch.to_dict()} if self.watch.says_something else {}),
            **({"declared_at": self.declared_at} if self.declared_at else {}),
        }

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Reads the file's content."""
        content = checked(data, "workflow")
        return cls(workflow=WorkflowManifest.from_dict(content["workflow"]), **about(content))


def paths(assembly: Path, stage: str) -> dict[str, Path]:
    """Workflow to file, of a stage's workflows, in the order of their names."""
    return {path.stem: path for path in sorted((assembly / FOLDER / stage).glob("*.json"))}


def write(assembly: Path, content: WorkflowFile) -> Path:
    """Writes the file into an assembly and returns its path."""
    return keep(assembly / FOLDER / content.workflow.stage / f"{content.workflow.name}.json", content.to_dict())
