"""Reads the files that the construct library writes into an assembly of its workflows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from batchwright_runner.contract.batch_file import BatchFileError, NewerFormatError
from batchwright_runner.contract.records import RecordError
from batchwright_runner.contract.workflows.file import WorkflowFile, paths
from batchwright_runner.errors import RunnerError

_File = TypeVar("_File")


def read_workflows(assembly: Path, stage: str) -> list[WorkflowFile]:
    """Reads all workflows of a stage, in the order of their names. The error is that of `read_workflow`."""
    return [read_workflow(path) for path in paths(assembly, stage).values()]


def read_workflow(path: Path) -> WorkflowFile:
    """Reads one. The error is that of `read_file`."""
    return read_file(path, WorkflowFile.from_dict)


def read_file(path: Path, read: Callable[[object], _File]) -> _File:
    """Reads the file of a batch or of a workflow.

    Args:
        path: The file.
        read: Reads its content.

    Raises:
        RunnerError: The file cannot be used.
    """
    try:
        return read(json.loads(path.read_text(encoding="utf-8")))
    except NewerFormatError as error:
        raise RunnerError(
            f"{path} cannot be read: {error}", hint="Update the runner to the version of the construct library"
        ) from error
    except (OSError, ValueError, TypeError) as error:
        why = str(error) if isinstance(error, BatchFileError | RecordError) else f"{type(error).__name__}: {error}"
        hint = "Delete the folder .batchwright to rebuild it"
        raise RunnerError(f"{path} cannot be read: {why}", hint=hint) from error
