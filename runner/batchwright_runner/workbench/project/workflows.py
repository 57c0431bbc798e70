"""Reads the files that the construct library writes into an assembly of its workflows."""

import json
from pathlib import Path

from batchwright_runner.contract.workflows.file import WorkflowFile, paths
from batchwright_runner.errors import RunnerError


def read_workflows(assembly: Path, stage: str) -> list[WorkflowFile]:
    """Reads all workflows of a stage, in the order of their names. The error is that of `read_workflow`."""
    return [read_workflow(path) for path in paths(assembly, stage).values()]


def read_workflow(path: Path) -> WorkflowFile:
    """Reads one.

    Raises:
        RunnerError: The file cannot be used.
    """
    try:
        return WorkflowFile.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RunnerError(
            f"{path} cannot be read: {error}", hint="Delete the folder .batchwright to rebuild it"
        ) from error
