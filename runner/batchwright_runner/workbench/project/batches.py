"""Reads the files that the construct library writes into an assembly: of batches, and of workflows."""

from collections.abc import Callable, Mapping
from json import JSONDecodeError
from pathlib import Path
from typing import Any, TypeVar

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile, BatchFileError, NewerFormatError
from batchwright_runner.contract.json_text import parsed
from batchwright_runner.contract.records import RecordError
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile, paths
from batchwright_runner.errors import RunnerError, UsageError, WorkflowNamedError
from batchwright_runner.host.stage.task_definitions import Variable, variables_of
from batchwright_runner.host.terminal.text import did_you_mean, sentence

NO_BATCHES = "no batches yet: batchwright new BATCH makes the first one, and a BatchApp in app.py finds it"
_File = TypeVar("_File")
_REBUILD = "Delete the folder .batchwright to rebuild it"


def read_workflows(assembly: Path, stage: str) -> list[WorkflowFile]:
    """Reads all workflows of a stage, in the order of their names. The error is that of `read_workflow`."""
    return [read_workflow(path) for path in paths(assembly, stage).values()]


def read_workflow(path: Path) -> WorkflowFile:
    """Reads one. The error is that of `read_file`."""
    return read_file(path, WorkflowFile.from_dict)


def read_file(path: Path, read: Callable[[object], _File], hint: str = _REBUILD) -> _File:
    """Reads a file of an assembly, such as that of a batch or of a workflow."""
    try:
        return read(parsed(path.read_text(encoding="utf-8")))
    except NewerFormatError as error:
        raise RunnerError(
            f"{path} cannot be read: {error}", hint="Update the runner to the version of the construct library"
        ) from error
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        why = str(error) if isinstance(error, BatchFileError | RecordError) else f"{type(error).__name__}: {error}"
        why = f"it is not JSON ({error})" if isinstance(error, JSONDecodeError) else why
        raise RunnerError(f"{path} cannot be read: {getattr(error, 'strerror', None) or why}", hint=hint) from error


def main_container(batch: BatchFile) -> Mapping[str, Any]:
    """The main container's definition."""
    for container in batch.containers:
        if container.get("name") == batch.manifest.container:
            return container
    name = batch.manifest.container
    raise RunnerError(f"{batch.manifest.batch} cannot be run here: its file has no container {name}")


def variables_in(batch: BatchFile) -> list[Variable]:
    """What its containers take from SSM and Secrets Manager."""
    return variables_of({"taskDefinitionArn": batch.manifest.task_definition, **batch.task})


def declared_name(batch: BatchFile, entry: Mapping[str, Any]) -> str:
    """What the declaration calls a value that a container gets: a sidecar may have it under another name.

    `entry`: One of a container's ``secrets``.
    """
    own, source = str(entry["name"]), entry.get("valueFrom")
    secrets = (main_container(batch).get("secrets") or ()) if source is not None else ()
    names = [str(secret["name"]) for secret in secrets if secret.get("valueFrom") == source]
    return own if own in names or not names else names[0]


def read_all(assembly: Path, stage: str) -> list[BatchFile]:
    """Reads all batches of a stage, in the order of their names."""
    return [read_file(path, BatchFile.from_dict) for path in batch_file.paths(assembly, stage).values()]


def read_one(assembly: Path, stage: str, name: str) -> BatchFile:
    """Reads one batch."""
    known, workflows = batch_file.paths(assembly, stage), workflow_file.paths(assembly, stage)
    if name in workflows:
        raise WorkflowNamedError(read_workflow(workflows[name]).workflow)
    if name not in known:
        raise UsageError(
            f"no such batch {name!r}: stage {stage} of this project does not declare it (looked in batches/)",
            hint=did_you_mean(name, [*known, *workflows], none=sentence(NO_BATCHES)),
        )
    return read_file(known[name], BatchFile.from_dict)
