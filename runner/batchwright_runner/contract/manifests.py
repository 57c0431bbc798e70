"""The manifests of a stage, each of its kind: that of a batch, or that of a workflow. Pure."""

from typing import TypeAlias

from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.manifest import BatchManifest, ManifestError
from batchwright_runner.contract.records import BATCH, kind_of
from batchwright_runner.contract.workflows.manifest import WORKFLOW, WorkflowManifest

Manifest: TypeAlias = BatchManifest | WorkflowManifest


def read_manifest(text: str) -> Manifest:
    """Reads a manifest's JSON, whatever its kind."""
    data = object_or_empty(text)
    match kind_of(data):
        case "batch":
            return BatchManifest.from_json(text)
        case "workflow":
            return WorkflowManifest.from_json(text)
        case other:
            runner = data.get("runner") or "a newer version"
            newer = ManifestError(
                f"the manifest cannot be read: its kind is {other!r}, and this runner reads {BATCH} and {WORKFLOW}. "
                f"Update the runner to {runner} or later"
            )
            newer.newer = True
            raise newer
