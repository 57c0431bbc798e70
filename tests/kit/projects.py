"""A project on disk that is synthesized without CDK."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.workflows.file import DECLARATION, WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from tests.kit.manifests import manifest_data

SYNTHESIZE = """
import json, os, pathlib, sys
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
for kind, files in json.loads(pathlib.Path("declared.json").read_text()).items():
    folder = pathlib.Path(os.environ["CDK_OUTDIR"], kind, context["stage"])
    folder.mkdir(parents=True)
    for name, text in files.items():
        folder.joinpath(name + ".json").write_text(json.dumps(text))
with open("synthesized", "a") as count:
    count.write(context["stage"] + "\\n")
"""
"""A project's app.py that writes what the test declared, and counts."""


def declared(
    batch: str = "hello",
    *command: str,
    manifest: Mapping[str, object] | None = None,
    container: Mapping[str, object] | None = None,
    sidecars: Sequence[Mapping[str, object]] = (),
    **changes: object,
) -> dict[str, Any]:
    """A batch's file for local runs, with changes to its manifest, its main container, and itself."""
    folder = batch.replace("-", "_")
    main = {"name": "main", "command": list(command), "environment": [], "essential": True, **(container or {})}
    return {
        "format": 1,
        "manifest": manifest_data(batch, **(manifest or {})),
        "task": {"cpu": "256", "memory": "512", "containerDefinitions": [main, *sidecars]},
        "parameters": {},
        "package": f"batches/{folder}",
        "source": f"batches/{folder}/app",
        **changes,
    }


def batch_of(data: Mapping[str, Any]) -> BatchFile:
    """A batch of its file for local runs."""
    return BatchFile(
        manifest=BatchManifest.from_dict(data["manifest"]),
        task=data["task"],
        parameters=data["parameters"],
        package=data["package"],
        source=data["source"],
    )


def declared_workflow(name: str, *steps: object, **changes: object) -> dict[str, Any]:
    """A workflow's file for local runs, with changes to its record."""
    about = {"schema": 1, "kind": "workflow", "project": "batches", "stage": "local"}
    record = {**about, "name": name, "owner": "finance", "steps": steps}
    return {"format": 1, "workflow": {**record, **changes}, "package": f"batches/{name.replace('-', '_')}"}


def workflow_of(data: Mapping[str, Any]) -> WorkflowManifest:
    """A workflow of its file for local runs."""
    return WorkflowFile.from_dict(data).workflow


def make_project(
    root: Path, *batches: dict[str, Any], workflows: Sequence[dict[str, Any]] = (), **context: object
) -> Path:
    """Writes a project whose app declares the batches, without CDK.

    Args:
        root: Its folder.
        batches: Their files.
        workflows: Those of its workflows.
        context: What else cdk.json says.
    """
    (root / "cdk.json").write_text(json.dumps({"app": "python app.py", "context": {"project": "batches", **context}}))
    (root / "app.py").write_text(SYNTHESIZE)
    files = {
        "batches": {batch["manifest"]["batch"]: batch for batch in batches},
        "workflows": {workflow["workflow"]["name"]: workflow for workflow in workflows},
    }
    (root / "declared.json").write_text(json.dumps(files))
    for workflow in workflows:
        (root / workflow["package"]).mkdir(parents=True, exist_ok=True)
        (root / workflow["package"] / DECLARATION).touch()
    for batch in batches:
        if batch["source"]:
            (root / batch["source"]).mkdir(parents=True, exist_ok=True)
    return root
