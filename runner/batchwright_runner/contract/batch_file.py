"""The file of a declared batch, ``batches/{stage}/{batch}.json`` in the assembly.

The library writes it, the runner reads it. It holds the manifest, the task definition with computed names filled in,
the declared values of the parameters, and what its roles may do and which line says so. A value that only a deployment
knows is marked: ``{"unresolved": "Ref SalesBucket"}``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from batchwright_runner.contract.access import Access
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.watch import Watch, WatchError

FORMAT = 1
"""The newest format of the file that this version writes and reads."""

FOLDER = "batches"
"""The folder of all such files in an assembly."""

SOURCE = "app"
"""The folder of an image's source, beside the declaration."""

DECLARATION = "batch.py"
"""The file that declares a batch."""

VALUES_FILE = "local.env"
"""The file of a batch's values and secrets for runs on one machine, beside the declaration. It goes into no image."""

UNKNOWN_SUBNET = "subnet-0123456789abcdef0"
UNKNOWN_GROUP = "sg-0123456789abcdef0"
"""The ids in its manifest that stand for subnets and security groups which only a deployment knows."""

MARK = "unresolved"
"""The key of a marked value; what it is follows."""


class BatchFileError(ValueError):
    """A batch's file cannot be used. The message says what is wrong with it."""


class NewerFormatError(BatchFileError):
    """The file was written by a newer library."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """A batch as it was synthesized."""

    manifest: BatchManifest
    # Its task definition, in the form ECS registers it
    task: Mapping[str, Any]
    # Environment variable to path and value of its parameter
    parameters: Mapping[str, Mapping[str, Any]]
    # The statements of its task role, as they are deployed
    permissions: Sequence[Any] = ()
    # What its roles may do and who may run it, with the line that granted each
    access: Access = field(default_factory=Access)
    # The folder of its declaration, relative to the project; none where it is outside or not known
    package: str | None
    # The folder of its image's source, relative to the project; none where the project does not hold it
    source: str | None
    # The UUID of the job in Rundeck that stands for it already; empty for none
    rundeck_uuid: str = ""
    # What is watched of it: when it is due, who starts it, how long it usually takes at most
    watch: Watch = field(default_factory=Watch)
    # The line that declares it, ``batches/report/batch.py:14``; empty where that is not known
    declared_at: str = ""
    # What it reads, as it declares: ``mysql:shop.orders``
    reads: Sequence[str] = ()
    writes: Sequence[str] = ()
    # What a start of its machine may bring along, in the place of what is declared: ``command``
    startable: Sequence[str] = ()

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        """All containers' definitions."""
        containers = self.task.get("containerDefinitions")
        return containers if isinstance(containers, list) else []

    def to_dict(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format": FORMAT,
            "manifest": self.manifest.to_dict(),
            "task": dict(self.task),
            "parameters": dict(self.parameters),
            "permissions": list(self.permissions),
            "access": asdict(self.access),
            "package": self.package,
            "source": self.source,
            **({"rundeck_uuid": self.rundeck_uuid} if self.rundeck_uuid else {}),
            **({"watch": self.watch.to_dict()} if self.watch.says_something else {}),
            **({"declared_at": self.declared_at} if self.declared_at else {}),
            **({"reads": list(self.reads)} if self.reads else {}),
            **({"writes": list(self.writes)} if self.writes else {}),
            **({"startable": list(self.startable)} if self.startable else {}),
        }

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Reads the file's content."""
        content = checked(data, "manifest", "task")
        return cls(
            **about(content),
            manifest=BatchManifest.from_dict(content["manifest"]),
            task=content["task"],
            parameters=content.get("parameters", {}),
            permissions=content.get("permissions", ()),
            access=Access.from_dict(content.get("access", {})),
            source=content.get("source"),
            reads=tuple(content.get("reads", ())),
            writes=tuple(content.get("writes", ())),
            startable=tuple(content.get("startable", ())),
        )


def checked(data: object, *needed: str) -> Mapping[str, Any]:
    """The content of a file, of a batch or of a workflow."""
    if not isinstance(data, Mapping):
        raise BatchFileError("it is not a JSON object")
    written = data.get("format", FORMAT)
    if not isinstance(written, int):
        raise BatchFileError(f"its format is {written!r}, not a number")
    if written > FORMAT:
        raise NewerFormatError(f"it has format {written} and this runner reads up to {FORMAT}")
    missing = [name for name in ("format", *needed) if name not in data]
    if missing:
        raise BatchFileError(f"it lacks {', '.join(missing)}")
    return data


def about(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the files of batches and of workflows say alike of a declaration."""
    try:
        watch = Watch.from_dict(data.get("watch", {}))
    except WatchError as error:
        raise BatchFileError(f"its watch cannot be used: {error}") from error
    texts = {"rundeck_uuid": data.get("rundeck_uuid", ""), "declared_at": data.get("declared_at", "")}
    return {"package": data.get("package"), "watch": watch, **texts}


def parameter_values(paths: Mapping[str, str], declared: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The parameters as the file lists them: path and value of each."""
    unset = mark("a parameter that this batch does not declare")
    return {name: {"path": path, "value": declared.get(name, unset)} for name, path in paths.items()}


def folder(assembly: Path, stage: str) -> Path:
    """The folder of a stage's files in an assembly."""
    return assembly / FOLDER / stage


def stages(assembly: Path) -> list[str]:
    """The stages that an assembly has files of, sorted."""
    return sorted(path.name for path in (assembly / FOLDER).glob("*") if path.is_dir())


def paths(assembly: Path, stage: str) -> dict[str, Path]:
    """Batch to file, of a stage's batches, in the order of their names."""
    return {path.stem: path for path in sorted(folder(assembly, stage).glob("*.json"))}


def write(assembly: Path, content: BatchFile) -> Path:
    """Writes the file into an assembly and returns its path."""
    return keep(folder(assembly, content.manifest.stage) / f"{content.manifest.batch}.json", content.to_dict())


def keep(path: Path, content: Mapping[str, Any]) -> Path:
    """Writes a file of an assembly, with its folders, and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def mark(what: str) -> dict[str, str]:
    """What stands in the place of a value that only a deployment knows."""
    return {MARK: what}


PLUS = " + "
"""Between the two in a mark of what only a deployment knows, and a text that follows it: ``Bucket.Arn + /*``."""


def is_marked(value: object) -> bool:
    """Whether the value is one that only a deployment knows."""
    return isinstance(value, Mapping) and value.keys() == {MARK}


def unresolved(value: object) -> str:
    """What a marked value is; empty for a value that is not marked."""
    return str(value[MARK]) if isinstance(value, Mapping) and is_marked(value) else ""
