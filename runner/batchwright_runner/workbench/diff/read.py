"""Reads an assembly: its batch files and its templates, with what CloudFormation puts together written as text."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from batchwright_runner.contract import batch_file
from batchwright_runner.contract.batch_file import BatchFile, BatchFileError
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.workbench.files import within
from batchwright_runner.workbench.project.batches import read_file

_AGAIN = "Synthesize the assembly again"
_PATH = "aws:cdk:path"
_KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
_PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}
"""Beginning of a region to its partition, and to the suffix of its hosts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackResource:
    """A resource of a template."""

    id: str
    # Its type, ``AWS::S3::Bucket``
    type: str
    # Its path in the app, without the stack; its logical id where the template does not say
    path: str
    # Its properties; what only a deployment knows is ``<path.Arn>``
    properties: Mapping[str, Any]
    # What else the template says about it: its policies on deletion, its dependencies
    others: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether it stays when it is deleted from the template."""
        return self.others.get("DeletionPolicy") in _KEPT

    @property
    def name(self) -> str:
        """What people call it: its type's last part and its path, ``S3::Bucket report/Sales``."""
        return f"{self.type.removeprefix('AWS::')} {self.path}"


class StackKey(NamedTuple):
    """Which stack of an assembly it is: a name may be there once for each account and region."""

    # Its name; that of one in another begins with the other's, ``data/Tables``
    name: str
    # The account that it is deployed in; empty where that is not known
    account: str = ""
    region: str = ""

    @property
    def place(self) -> str:
        """Where it is deployed, in words."""
        return f"{self.account or 'an account that is not known'} {self.region}".strip()

    @property
    def is_nested(self) -> bool:
        """Whether it is in another stack, and comes and goes with that."""
        return "/" in self.name

    @property
    def outermost(self) -> "StackKey":
        """The stack that it is in, which is in no other; itself for one that is in none."""
        return self._replace(name=self.name.partition("/")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack of an assembly."""

    key: StackKey
    resources: Mapping[str, StackResource]
    # What the template has beside its resources, and the artifact beside the template
    rest: Mapping[str, Any] = field(default_factory=dict)

    def find(self, type: str, name: str, values: Collection[str]) -> list[StackResource]:  # noqa: A002 - CloudFormation's word
        """The resources of a type of which a property has one of these values."""
        of_type = [resource for resource in self.resources.values() if resource.type == type]
        return [resource for resource in of_type if str(resource.properties.get(name)) in values]


def stack_of(
    key: StackKey, template: Mapping[str, Any], artifact: Mapping[str, Any] | None = None, *, paths: bool = True
) -> Stack:
    """Reads a template."""
    raw = template.get("Resources", {})
    names = {id: _path(id, resource) if paths else id for id, resource in raw.items()}
    resolve = Resolver(names, key)
    resources = {id: _resource(id, names[id], resource, resolve, paths=paths) for id, resource in raw.items()}
    beside = {key: value for key, value in template.items() if key != "Resources"}
    rest = {key: resolve(value) for key, value in {**beside, **(artifact or {})}.items() if value}
    return Stack(key=key, resources=resources, rest=rest)


def _resource(id: str, path: str, raw: Mapping[str, Any], resolve: "Resolver", *, paths: bool) -> StackResource:
    others = {key: value for key, value in raw.items() if key not in ("Type", "Properties")}
    if not paths and isinstance(others.get("Metadata"), dict):
        others["Metadata"] = {key: value for key, value in others["Metadata"].items() if key != _PATH}
    if isinstance(others.get("DependsOn"), list):
        others["DependsOn"] = sorted(others["DependsOn"])
    properties, others = resolve(raw.get("Properties", {})), resolve(others)
    return StackResource(id=id, type=str(raw.get("Type", "")), path=path, properties=properties, others=others)


def _path(id: str, raw: Mapping[str, Any]) -> str:
    metadata = raw.get("Metadata")
    path = metadata.get(_PATH) if isinstance(metadata, Mapping) else None
    known = path.partition("/")[2] if isinstance(path, str) else ""
    return known.removesuffix("/Resource").removesuffix("/Default") or id


class Resolver:
    """Writes values of a template as plain values."""

    def __init__(self, paths: Mapping[str, str], place: StackKey) -> None:
        self._paths = paths
        at = [found for start, found in _PARTITIONS.items() if place.region.startswith(start)]
        partition, suffix = at[0] if at else ("aws", "amazonaws.com") if place.region else ("", "")
        names = ("AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix")
        values = (place.account, place.region, partition, suffix)
        self._known = {name: value for name, value in zip(names, values, strict=True) if value}

    def __call__(self, value: Any) -> Any:  # noqa: ANN401 - JSON
        """The value, with every function of CloudFormation in it written as text."""
        if isinstance(value, list):
            return [self(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        name = next(iter(value)) if len(value) == 1 else ""
        if name == "Ref" or name.startswith("Fn::"):
            return self._function(name, value[name])
        return {key: self(item) for key, item in value.items()}

    def _function(self, name: str, argument: Any) -> Any:  # noqa: ANN401 - JSON
        if name == "Ref" and isinstance(argument, str):
            return self._known.get(argument, f"<{self._paths.get(argument, argument)}>")
        if name == "Fn::GetAtt":
            parts = argument if isinstance(argument, list) else str(argument).split(".", 1)
            return f"<{self._paths.get(str(parts[0]), parts[0])}.{'.'.join(map(str, parts[1:]))}>"
        is_pair = isinstance(argument, list) and len(argument) == 2
        if name == "Fn::Join" and is_pair and isinstance(joined := self(argument[1]), list):
            return str(argument[0]).join(map(str, joined))
        if name == "Fn::Sub":
            return self._substituted(argument)
        return f"<{name.removeprefix('Fn::')} {json.dumps(self(argument), sort_keys=True, ensure_ascii=False)}>"

    def _substituted(self, argument: Any) -> str:  # noqa: ANN401 - JSON
        pattern, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        text, *pieces = str(pattern).split("${")
        for piece in pieces:
            name, closed, rest = piece.partition("}")
            if name.startswith("!"):
                text += f"${{{name[1:]}{closed}{rest}"
            else:
                found = self._function("Fn::GetAtt" if "." in name else "Ref", name)
                text += f"{self(own[name]) if name in own else found}{rest}"
        return text


MANIFEST = "manifest.json"
"""The file that makes a folder an assembly."""
_STACK = "aws:cloudformation:stack"
_NESTED = "cdk:cloud-assembly"
_ASSET = "aws:asset:path"
_OF_ARTIFACT = ("tags", "terminationProtection", "notificationArns")

Raw = Mapping[str, Any]
BatchKey = tuple[str, str]
"""Stage and batch."""


File = BatchFile | WorkflowFile


def read(raw: object) -> File:
    """Reads the file of a batch or of a workflow."""
    is_workflow = isinstance(raw, Mapping) and "workflow" in raw
    return WorkflowFile.from_dict(raw) if is_workflow else BatchFile.from_dict(raw)


@dataclass(frozen=True, slots=True)
class Declared:
    """A batch or a workflow as one assembly has it: all that its file says, and the same read."""

    raw: Raw
    file: File

    @classmethod
    def of(cls, raw: Any) -> "Declared":  # noqa: ANN401 - JSON
        """Reads its file."""
        return cls(raw, read(raw))

    @property
    def manifest(self) -> BatchManifest | WorkflowManifest:
        """Its manifest; a workflow's record has much in common with it."""
        return self.file.workflow if isinstance(self.file, WorkflowFile) else self.file.manifest

    @property
    def batch(self) -> BatchManifest:
        """The manifest of a batch."""
        if isinstance(self.manifest, WorkflowManifest):
            raise TypeError(f"{self.manifest.name} is a workflow")
        return self.manifest

    @property
    def task(self) -> Raw:
        """The task definition of a batch."""
        task = self.raw.get("task")
        return task if isinstance(task, Mapping) else {}

    @property
    def containers(self) -> dict[str, Raw]:
        """Name to definition of its containers."""
        return {str(container.get("name")): container for container in self.task.get("containerDefinitions") or ()}

    @property
    def main(self) -> Raw:
        """The main container's definition."""
        return self.containers.get(self.batch.container, {})

    @property
    def sources(self) -> dict[str, str]:
        """Where values of all its containers come from, each with the variable that has it, of the main one first."""
        found: dict[str, str] = {}
        for container in (self.main, *self.containers.values()):
            for secret in container.get("secrets") or ():
                found.setdefault(str(secret.get("valueFrom")), str(secret.get("name")))
        return found

    @property
    def parameter_sources(self) -> frozenset[str]:
        """Those of them that are of its parameters, which are deleted with their values."""
        mine = [secret for secret in self.main.get("secrets") or () if secret.get("name") in self.batch.parameters]
        return frozenset(str(secret.get("valueFrom")) for secret in mine)


@dataclass(frozen=True, slots=True)
class Assembly:
    """What an assembly declares."""

    batches: Mapping[BatchKey, Declared] = field(default_factory=dict)
    workflows: Mapping[BatchKey, Declared] = field(default_factory=dict)
    stacks: Mapping[StackKey, Stack] = field(default_factory=dict)

    @property
    def accounts(self) -> dict[str, str]:
        """Stage to account."""
        return {stage: side.batch.account for (stage, _), side in self.batches.items()}

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
        hint = "Make one: cdk synth -o DIR, or name a commit"
        raise UsageError(f"{folder} is not an assembly: it has no {MANIFEST}", hint=hint)
    batches, workflows = dict[BatchKey, Declared](), dict[BatchKey, Declared]()
    stacks: dict[StackKey, Stack] = {}
    for assembly in _folders(folder, folder):
        for stage in batch_file.stages(assembly):
            for found, kind in ((batches, batch_file), (workflows, workflow_file)):
                for name, path in kind.paths(assembly, stage).items():
                    found[stage, name] = read_file(within(folder, path), Declared.of, _AGAIN)
        stacks |= {stack.key: stack for stack in _stacks(folder, assembly, paths=paths)}
    batches, workflows = ({key: found[key] for key in sorted(found)} for found in (batches, workflows))
    return Assembly(batches, workflows, {key: stacks[key] for key in sorted(stacks)})


def _folders(top: Path, folder: Path) -> Iterator[Path]:
    yield folder
    for artifact in _artifacts(top, folder).values():
        if artifact.get("type") == _NESTED:
            inner = within(top, folder / str(artifact.get("properties", {}).get("directoryName", "")))
            if inner.resolve() in (folder.resolve(), *folder.resolve().parents):
                raise _unusable(folder / MANIFEST, "it holds itself")
            yield from _folders(top, inner)


def _artifacts(top: Path, folder: Path) -> Mapping[str, Any]:
    artifacts = read_file(within(top, folder / MANIFEST), _object, _AGAIN).get("artifacts", {})
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
    template = read_file(within(top, file), _object, _AGAIN)
    resources = template.get("Resources", {})
    if not isinstance(resources, dict) or not all(isinstance(resource, dict) for resource in resources.values()):
        raise _unusable(file, "its resources are not objects")
    yield name, template, artifact
    for id, resource in resources.items():
        is_stack = resource.get("Type") == "AWS::CloudFormation::Stack"
        nested = (resource.get("Metadata") or {}).get(_ASSET) if is_stack else None
        if isinstance(nested, str) and within(top, file.parent / nested).is_file():
            yield from _templates(top, f"{name}/{id}", file.parent / nested, {})


def _object(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise BatchFileError("it is not a JSON object")
    return data


def _unusable(path: Path, why: str) -> RunnerError:
    return RunnerError(f"{path} cannot be read: {why}", hint=_AGAIN)
