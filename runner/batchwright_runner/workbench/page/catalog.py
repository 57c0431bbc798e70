"""The batches and workflows of a stage: whose they are, what they share; and all of it as JSON. Pure.

The JSON is published, as docs/reference/catalog.schema.json describes it. A reader ignores fields that it does not
know; `FORMAT` is raised when a field changes its meaning or goes away.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from batchwright_runner._version import __version__
from batchwright_runner.contract.batch_file import DECLARATION
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.workbench.page.batch import Batch, known_text
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.permissions.actions import service_name
from batchwright_runner.workbench.permissions.statements import permissions_of

FORMAT = 1
"""The format of the JSON."""

NOT_ASKED, SEEN, NOT_SEEN, NOT_DEPLOYED = "not asked", "seen", "not seen", "not deployed"
"""What is known of past runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Something that batches read or write."""

    # What it is called here: ``s3:sales``
    id: str
    # What it is: ``S3``
    kind: str
    name: str
    readers: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The batches and workflows of a stage of a project."""

    project: str
    # Name of the stage; ``local`` for the declaration for runs on one machine
    stage: str
    # When the catalog is made. With a time zone.
    now: datetime
    zone: str
    batches: Sequence[Batch]
    # The workflows, by name. Default: there are none.
    workflows: Sequence[KnownWorkflow] = ()
    # What is known of past runs: ``seen``, ``not seen``, or the stage is ``not deployed``. Default: AWS was ``not
    # asked``.
    results: str = NOT_ASKED
    version: str = __version__

    @property
    def made(self) -> str:
        """When it is made, in ISO 8601, UTC."""
        return self.now.astimezone(UTC).isoformat(timespec="seconds")

    @cached_property
    def owners(self) -> Mapping[str, Sequence[str]]:
        """Owner to names of its batches; to none where it has workflows alone."""
        owned = _groups((batch.owner, batch.name) for batch in self.batches)
        return {owner: owned.get(owner, ()) for owner in sorted({*owned, *(flow.owner for flow in self.workflows)})}

    @cached_property
    def images(self) -> Mapping[str, Sequence[str]]:
        """Image to names of the batches that run it."""
        return _groups((batch.image, batch.name) for batch in self.batches if batch.image)

    @cached_property
    def resources(self) -> Sequence[Resource]:
        """What they read and write, by id."""
        return [
            Resource(
                id=id,
                kind=service_name(id.partition(":")[0]),
                name=id.partition(":")[2],
                readers=tuple(batch.name for batch in self.batches if id in batch.reads),
                writers=tuple(batch.name for batch in self.batches if id in batch.writes),
            )
            for id in sorted({id for batch in self.batches for id in (*batch.reads, *batch.writes)})
        ]

    def workflows_of(self, batch: str) -> list[str]:
        """The workflows of which a batch is a step."""
        return [workflow.name for workflow in self.workflows if any(step.name == batch for step in workflow.batches)]


def to_json(catalog: Catalog) -> str:
    """The catalog as JSON, with a newline at the end."""
    data = {
        "format": FORMAT,
        "project": catalog.project,
        "stage": catalog.stage,
        "made": catalog.made,
        "version": catalog.version,
        "zone": catalog.zone,
        "results": catalog.results,
        "batches": [_entry(batch) for batch in catalog.batches],
        "workflows": [_flow(workflow) for workflow in catalog.workflows],
        "owners": [{"name": name, "batches": batches} for name, batches in catalog.owners.items()],
        "images": [{"name": name, "batches": batches} for name, batches in catalog.images.items()],
        "resources": [asdict(resource) for resource in catalog.resources],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _groups(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    batches: dict[str, list[str]] = {}
    for name, batch in sorted(pairs):
        batches.setdefault(name, []).append(batch)
    return batches


def _entry(batch: Batch) -> dict[str, Any]:
    manifest, declared, size, dollars = batch.manifest, batch.declared, batch.size, batch.costs.hour.dollars
    certain = {edge.resource for edge in batch.edges if edge.declared}
    return {
        "name": batch.name,
        "description": batch.description,
        "owner": batch.owner,
        "runbook": manifest.runbook,
        "declared_in": f"{declared.package}/{DECLARATION}" if declared and declared.package else "",
        "image": batch.image,
        "command": [part if isinstance(part, str) else "<known at deployment>" for part in batch.command],
        "schedule": batch.schedule and batch.schedule.to_dict(),
        "scheduler": manifest.scheduler,
        "cpu": size.cpu if size else 0,
        "memory": size.memory if size else 0,
        "architecture": manifest.architecture,
        "dollars_an_hour": None if dollars is None else round(dollars, 6),
        "timeout_seconds": manifest.timeout_seconds,
        "retries": manifest.retries,
        "retry_on": list(manifest.retry_on),
        "overlap": manifest.overlap,
        "parameters": [{"name": name, "value": batch.values.get(name)} for name in manifest.parameters],
        "secrets": list(manifest.secrets),
        "environment": [
            {"name": str(variable.get("name")), "value": known_text(variable.get("value"))}
            for variable in batch.main.get("environment") or ()
        ],
        "options": _options(manifest.options),
        "sidecars": batch.sidecars,
        "reads": batch.reads,
        "writes": batch.writes,
        "may": sorted({*batch.reads, *batch.writes} - certain),
        "permissions": [
            permission.to_dict() for permission in permissions_of(declared.access.task.grants if declared else ())
        ],
        "log_group": manifest.log_group,
        "expected_seconds": batch.expected_seconds,
        "results": batch.results,
    }


def _flow(workflow: KnownWorkflow) -> dict[str, Any]:
    record = workflow.record
    written = record.to_dict()
    return {
        "name": workflow.name,
        "description": " ".join(record.description.split()),
        "owner": workflow.owner,
        "runbook": record.runbook,
        "declared_in": f"{workflow.package}/{workflow_file.DECLARATION}" if workflow.package else "",
        "schedule": workflow.schedule and workflow.schedule.to_dict(),
        "scheduler": record.scheduler,
        "overlap": record.overlap,
        "expected_seconds": workflow.expected_seconds,
        "options": _options(record.options),
        "steps": written["steps"],
        "always": written.get("always", []),
    }


def _options(options: Iterable[RunOption]) -> list[dict[str, Any]]:
    fields = ("name", "description", "pattern", "values")
    return [{field: getattr(option, field) for field in fields} for option in options]
