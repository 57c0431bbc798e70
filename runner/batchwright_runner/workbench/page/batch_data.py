"""What is known of a batch, as JSON. Pure."""

from dataclasses import asdict
from typing import Any

from batchwright_runner.host.cost.cost import NOT_IN_IT
from batchwright_runner.host.fargate.run_entry import entry_of
from batchwright_runner.workbench.page.batch import Batch
from batchwright_runner.workbench.page.batch_page import plain_environment
from batchwright_runner.workbench.page.costs import advice, times_of, where_time_goes
from batchwright_runner.workbench.permissions.statements import permissions_of


def data_of(batch: Batch) -> dict[str, Any]:
    """A batch as ``--json`` prints it. ``null`` is what only the declaration, or only a stage, knows."""
    manifest, runs = batch.manifest, batch.runs or ()
    phases = where_time_goes(times_of(runs))
    return {
        "batch": manifest.batch,
        "stage": manifest.stage,
        "deployed": batch.deployed,
        "manifest": manifest.to_dict(),
        "declaration": _declaration(batch),
        "next": [moment.isoformat() for moment in (batch.schedule.next if batch.schedule else ())],
        "size": None if batch.size is None else asdict(batch.size),
        "environment": plain_environment(batch.main),
        "parameters": {name: batch.values.get(name) for name in manifest.parameters},
        "secrets": list(manifest.secrets),
        "release": None if batch.release is None else asdict(batch.release),
        "paused": None if batch.pause is None else asdict(batch.pause),
        "muted": None if batch.mute is None else asdict(batch.mute),
        "last": None if batch.last is None else asdict(batch.last),
        "watch": batch.watch.to_dict() if batch.watch and batch.deployed else None,
        "runs": [entry_of(run, batch.now.timestamp()) for run in runs] if batch.deployed else None,
        "phases": [asdict(phase) for phase in phases],
        "advice": advice(phases),
        "cost": _cost(batch),
        "unknown": [asdict(unseen) for unseen in batch.unseen],
    }


def _declaration(batch: Batch) -> dict[str, Any] | None:
    declared = batch.declared
    if declared is None:
        return None
    return {
        "at": declared.declared_at,
        "package": declared.package,
        "not_deployed": batch.not_deployed,
        "permissions": [permission.to_dict() for permission in permissions_of(declared.access.task.grants)],
        "managed_policies": [{"arn": policy.arn, "at": policy.at} for policy in declared.access.task.managed],
        "execution_permissions": [
            permission.to_dict() for permission in permissions_of(declared.access.execution.grants)
        ],
        "startable": list(declared.startable),
        "task": dict(declared.task),
        "edges": [edge.to_dict() for edge in batch.edges],
    }


def _cost(batch: Batch) -> dict[str, Any]:
    costs = batch.costs
    several = {"hour": costs.hour, "run": costs.run, "worst": costs.worst, "month": costs.month}
    return {
        "currency": "USD",
        "region": batch.region,
        "region_from": batch.priced.why,
        **{name: None if cost is None else cost.to_dict() for name, cost in several.items()},
        "due_in_30_days": costs.due,
        "source": costs.hour.source,
        "not_in_it": NOT_IN_IT,
    }
