"""What is known of a batch, of a workflow and of a stage, as JSON: one name for one fact. Pure.

The JSON is published, as docs/reference/catalog.schema.json describes it. A reader ignores fields that it does not
know; `FORMAT` is raised when a field changes its meaning or goes away.
"""

from dataclasses import asdict
from typing import Any

from batchwright_runner.contract.access import RoleAccess
from batchwright_runner.contract.batch_file import DECLARATION
from batchwright_runner.contract.run_entry import entry_of
from batchwright_runner.contract.workflows import file as workflow_file
from batchwright_runner.host.cost.cost import NOT_IN_IT
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.batch_page import plain_environment
from batchwright_runner.workbench.page.catalog import Catalog
from batchwright_runner.workbench.page.past import advice
from batchwright_runner.workbench.page.workflow import KnownWorkflow
from batchwright_runner.workbench.permissions.statements import permissions_of, text_of

FORMAT = 1
"""The format of the JSON."""
_RECORD = ("stage", "runbook", "machine", "scheduler", "schedule", "timezone", "overlap", "unfinished", "protected")


def data_of(batch: Batch, *, declared: bool | None = None) -> dict[str, Any]:
    """A batch; ``null`` is what was not looked at.

    `declared`: whether the project here declares it; none where that is not known.
    """
    manifest, file = batch.manifest, batch.declared
    access = file.access if file else None
    return {
        **asdict(manifest),
        "description": batch.description,
        "owner": batch.owner,
        "deployed": batch.deployed,
        "declared": True if file else declared,
        "declared_at": file.declared_at if file else None,
        "declared_in": _declared_in(file.package, DECLARATION) if file else None,
        "not_deployed": batch.not_deployed,
        "due": due_data(batch),
        "expected_seconds": batch.expected_seconds,
        "window_seconds": batch.watch.window_seconds if batch.watch else 0,
        "alerts": dict(batch.watch.alerts) if batch.watch else None,
        "size": batch.size and asdict(batch.size),
        "command": [text_of(part) for part in batch.command],
        "environment": plain_environment(batch.main),
        "parameters": {name: batch.values.get(name) for name in manifest.parameters},
        "sidecars": [str(container.get("name")) for container in batch.sidecars],
        "edges": [edge.to_dict() for edge in batch.edges] if file else None,
        "task_role": access and role_data(access.task),
        "execution_role": access and role_data(access.execution),
        "startable": [*file.startable] if file else None,
        "task": dict(batch.definition),
        "release": batch.release and asdict(batch.release),
        "paused": batch.pause and asdict(batch.pause),
        "last": batch.last and asdict(batch.last),
        "runs": None if batch.runs is None else [entry_of(run, batch.now.timestamp()) for run in batch.runs],
        "results": batch.past and batch.past.to_dict(),
        "phases": [asdict(phase) for phase in batch.phases],
        "advice": advice(batch.phases),
        "cost": _cost(batch),
        "unknown": [asdict(unseen) for unseen in batch.unseen],
    }


def role_data(role: RoleAccess) -> dict[str, Any]:
    """What a role may do."""
    return {
        "arn": text_of(role.arn),
        "adopted": role.adopted,
        "permissions": [permission.to_dict() for permission in permissions_of(role.grants)],
        "managed_policies": [{"arn": text_of(policy.arn), "at": policy.at} for policy in role.managed],
    }


def due_data(entry: Batch | KnownWorkflow) -> dict[str, Any] | None:
    """When it is due; none without a schedule."""
    if (due := entry.due) is None:
        return None
    times = [moment.isoformat(timespec="minutes") for moment in entry.next]
    return {"words": due.words, "zone": due.zone, "next": times, "problem": due.problem}


def workflow_data(workflow: KnownWorkflow) -> dict[str, Any]:
    """A workflow; ``null`` is what was not looked at."""
    record, at, written = workflow.record, workflow.now.timestamp(), workflow.record.to_dict()
    return {
        "workflow": workflow.name,
        "description": " ".join(record.description.split()),
        "owner": workflow.owner,
        **{name: getattr(record, name) for name in _RECORD},
        "declared_in": _declared_in(workflow.package, workflow_file.DECLARATION),
        "due": due_data(workflow),
        "expected_seconds": workflow.expected_seconds,
        "options": [asdict(option) for option in record.options],
        "steps": written["steps"],
        "always": written.get("always", []),
        "paused": workflow.pause and asdict(workflow.pause),
        "runs": None if workflow.runs is None else [entry_of(run, at) for run in workflow.runs],
    }


def catalog_data(catalog: Catalog) -> dict[str, Any]:
    """All of a stage."""
    return {
        "format": FORMAT,
        **{name: getattr(catalog, name) for name in ("project", "stage", "made", "version", "zone", "results")},
        "batches": [data_of(batch) for batch in catalog.batches],
        "workflows": [workflow_data(workflow) for workflow in catalog.workflows],
        "owners": [{"name": name, "batches": batches} for name, batches in catalog.owners.items()],
        "images": [{"name": name, "batches": batches} for name, batches in catalog.images.items()],
        "resources": [asdict(resource) for resource in catalog.resources],
    }


def _declared_in(package: str | None, name: str) -> str:
    """The file that declares it, relative to the project; empty where that is not known."""
    return f"{package}/{name}" if package else ""


_KINDS = ("hour", "run", "worst", "month", "machine")


def _cost(batch: Batch) -> dict[str, Any]:
    costs = batch.costs
    return {
        "currency": "USD",
        "region": batch.region,
        "region_from": batch.priced.why,
        **{
            name: (cost := getattr(costs, name)) and cost.to_dict()
            for name in ("hour", "run", "worst", "month", "machine")
        },
        "times_in_30_days": costs.times,
        "source": costs.hour.source,
        "not_in_it": NOT_IN_IT,
    }
