"""A batch or a workflow of two assemblies, by its files. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Generic, TypeVar

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.record import WorkflowRecord

Raw = Mapping[str, Any]
Side = TypeVar("Side", "BatchSide", "WorkflowSide")
_MANIFEST = tuple(field.name for field in fields(BatchManifest))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSide:
    """A batch as one assembly has it."""

    raw: Raw
    manifest: BatchManifest

    @classmethod
    def of(cls, raw: Raw) -> "BatchSide":
        """Reads its file, which has been checked."""
        return cls(raw=raw, manifest=BatchManifest.from_dict(raw["manifest"]))

    @property
    def values(self) -> dict[str, Any]:
        """Manifest field to value: those that this runner knows as it reads them, others as they are."""
        known = {name: getattr(self.manifest, name) for name in _MANIFEST}
        return {**{key: value for key, value in self.raw["manifest"].items() if key not in known}, **known}

    @property
    def task(self) -> Raw:
        """Its task definition."""
        task = self.raw["task"]
        return task if isinstance(task, Mapping) else {}

    @property
    def containers(self) -> dict[str, Raw]:
        """Name to definition of its containers."""
        return {str(container.get("name")): container for container in self.task.get("containerDefinitions") or ()}

    @property
    def main(self) -> Raw:
        """The main container's definition."""
        return self.containers.get(self.manifest.container, {})

    @property
    def family(self) -> str:
        """The family of its task definitions, by which its resources are found in a template."""
        return StageNames.of(self.manifest).family(self.manifest.batch)

    @property
    def own_values(self) -> str:
        """The path below which its own values are."""
        return StageNames.of(self.manifest).values_folder(self.manifest.batch)

    def value_sources(self) -> dict[str, str]:
        """Variable of the main container to where its value comes from."""
        return sources(self.main)

    @property
    def sources(self) -> dict[str, None]:
        """Where values of all its containers come from."""
        return dict.fromkeys(source for container in self.containers.values() for source in sources(container).values())

    @property
    def secret_sources(self) -> frozenset[str]:
        """Those of them that are not of its parameters, which are deleted with their values."""
        own = self.value_sources()
        return frozenset({*self.sources} - {own[name] for name in self.manifest.parameters if name in own})


def sources(container: Raw) -> dict[str, str]:
    """Variable to where its value comes from, of a container."""
    return {str(secret.get("name")): str(secret.get("valueFrom")) for secret in container.get("secrets") or ()}


@dataclass(frozen=True, slots=True)
class WorkflowSide:
    """A workflow as one assembly has it."""

    raw: Raw
    # Its record, which has much in common with a batch's manifest
    manifest: WorkflowRecord

    @classmethod
    def of(cls, raw: Raw) -> "WorkflowSide":
        """Reads its file, which has been checked."""
        return cls(raw, WorkflowFile.from_dict(raw).workflow)


@dataclass(frozen=True, kw_only=True)
class Pair(Generic[Side]):
    """A batch or a workflow that both assemblies have, or one of them."""

    before: Side
    after: Side
    # The time from which on next due times count. With a time zone.
    now: datetime
    # Where secrets come from that the base's batches of this stage take already
    known: frozenset[str] = frozenset()

    @property
    def stage(self) -> str:
        """Its stage."""
        return self.after.manifest.stage


BatchPair = Pair[BatchSide]
WorkflowPair = Pair[WorkflowSide]
DeclaredPair = BatchPair | WorkflowPair
