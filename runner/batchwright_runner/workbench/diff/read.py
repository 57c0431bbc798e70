"""Reads an assembly: its batch files and its templates."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile, NewerFormatError
from batchwright_runner.contract.json_text import parsed
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.diff.batch import BatchSide, WorkflowSide
from batchwright_runner.workbench.diff.template import Stack, StackKey, stack_of
from batchwright_runner.workbench.exports.files import within

MANIFEST = "manifest.json"
"""The file that makes a folder an assembly."""
_STACK = "aws:cloudformation:stack"
_NESTED = "cdk:cloud-assembly"
_ASSET = "aws:asset:path"
_OF_ARTIFACT = ("tags", "terminationProtection", "notificationArns")

BatchKey = tuple[str, str]
"""Stage and batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What an assembly declares."""

    batches: Mapping[BatchKey, BatchSide] = field(default_factory=dict)
    workflows: Mapping[BatchKey, WorkflowSide] = field(default_factory=dict)
    stacks: Mapping[StackKey, Stack] = field(default_factory=dict)

    @property
    def stages(self) -> list[str]:
        """The stages that have batches, sorted."""
        return sorted({stage for stage, _ in self.batches})


def is_assembly(folder: Path) -> bool:
    """Whether a folder holds an assembly."""
    return (folder / MANIFEST).is_file()


def read_two(before: Path, after: Path) -> tuple[Assembly, Assembly]:
    """Reads two assemblies that are compared: both name resources in the same way."""
    assemblies = read_assembly(before), read_assembly(after)
    if len({kind for assembly in assemblies if (kind := _has_paths(assembly)) is not None}) < 2:
        return assemblies
    return read_assembly(before, paths=False), read_assembly(after, paths=False)


def _has_paths(assembly: Assembly) -> bool | None:
    """Whether its templates say which construct a resource is of; none without a resource."""
    resources = [resource for stack in assembly.stacks.values() for resource in stack.resources.values()]
    return any(resource.path != resource.id for resource in resources) if resources else None


def read_assembly(folder: Path, *, paths: bool = True) -> Assembly:
    """Reads an assembly with those that it holds."""
    if not is_assembly(folder):
        raise UsageError(
            f"{folder} is not an assembly: it has no {MANIFEST}", hint="Make one: cdk synth -o DIR, or name a commit"
        )
    batches: dict[BatchKey, BatchSide] = {}
    workflows: dict[BatchKey, WorkflowSide] = {}
    stacks: dict[StackKey, Stack] = {}
    for assembly in _folders(folder, folder):
        for stage in batch_file.stages(assembly):
            for name, path in batch_file.paths(assembly, stage).items():
                batches[stage, name] = BatchSide.of(_checked(within(folder, path), BatchFile.from_dict))
            for name, path in workflow_file.paths(assembly, stage).items():
                workflows[stage, name] = WorkflowSide.of(_checked(within(folder, path), WorkflowFile.from_dict))
        stacks |= {stack.key: stack for stack in _stacks(folder, assembly, paths=paths)}
    return Assembly(
        batches=dict(sorted(batches.items())),
        workflows=dict(sorted(workflows.items())),
        stacks=dict(sorted(stacks.items())),
    )


def _folders(top: Path, folder: Path) -> Iterator[Path]:
    yield folder
    for artifact in _artifacts(top, folder).values():
        if artifact.get("type") == _NESTED:
            inner = within(top, folder / str(artifact.get("properties", {}).get("directoryName", "")))
            if inner.resolve() in (folder.resolve(), *folder.resolve().parents):
                raise _unusable(folder / MANIFEST, "it holds itself")
            yield from _folders(top, inner)


def _artifacts(top: Path, folder: Path) -> Mapping[str, Any]:
    artifacts = _json(within(top, folder / MANIFEST)).get("artifacts", {})
    if not isinstance(artifacts, dict):
        raise _unusable(folder / MANIFEST, "its artifacts are not an object")
    return artifacts


def _stacks(top: Path, folder: Path, *, paths: bool) -> Iterator[Stack]:
    for id, artifact in _artifacts(top, folder).items():
        if artifact.get("type") != _STACK:
            continue
        properties = artifact.get("properties", {})
        name = str(properties.get("stackName") or id)
        facts = {key: properties[key] for key in _OF_ARTIFACT if properties.get(key)}
        environment = str(artifact.get("environment", "")).removeprefix("aws://").split("/")
        place = ["" if part.startswith("unknown") else part for part in environment]
        file = folder / str(properties.get("templateFile", ""))
        for stack_name, template, more in _templates(top, name, file, facts):
            yield stack_of(StackKey(stack_name, *place), template, more, paths=paths)


def _templates(
    top: Path, name: str, file: Path, artifact: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """A stack's template and those of the stacks in it, each with the stack's name."""
    template = _json(within(top, file))
    resources = template.get("Resources", {})
    if not isinstance(resources, dict) or not all(isinstance(resource, dict) for resource in resources.values()):
        raise _unusable(file, "its resources are not objects")
    yield name, template, artifact
    for id, resource in resources.items():
        nested = (
            (resource.get("Metadata") or {}).get(_ASSET)
            if resource.get("Type") == "AWS::CloudFormation::Stack"
            else None
        )
        if isinstance(nested, str) and within(top, file.parent / nested).is_file():
            yield from _templates(top, f"{name}/{id}", file.parent / nested, {})


def _checked(path: Path, read: Callable[[object], object]) -> Mapping[str, Any]:
    """The content of the file of a batch or of a workflow, which can be read."""
    data = _json(path)
    try:
        read(data)
    except NewerFormatError as error:
        raise RunnerError(
            f"{path} cannot be read: {error}",
            hint="Update batchwright to the version that wrote it, or synthesize it again with this one",
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unusable(path, str(error) or type(error).__name__) from error
    return data


def _json(path: Path) -> dict[str, Any]:
    try:
        data = parsed(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    except ValueError as error:
        raise _unusable(path, f"it is not JSON ({error})") from error
    if not isinstance(data, dict):
        raise _unusable(path, "it is not a JSON object")
    return data


def _unusable(path: Path, why: str) -> RunnerError:
    return RunnerError(f"{path} cannot be read: {why}", hint="Synthesize the assembly again")
