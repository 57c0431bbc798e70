"""What is known of a batch, as JSON. Pure."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from batchwright_runner.host.cost.cost import NOT_IN_IT, Cost
from batchwright_runner.host.fargate.run_entry import entry_of
from batchwright_runner.workbench.page.batch import Known
from batchwright_runner.workbench.page.costs import Costs, costs_of
from batchwright_runner.workbench.page.differences import differences
from batchwright_runner.workbench.page.schedule import next_due
from batchwright_runner.workbench.page.times import advice, times_of, where_time_goes
from batchwright_runner.workbench.page.where import plain_environment
from batchwright_runner.workbench.permissions.edges import edges_of
from batchwright_runner.workbench.permissions.statements import permissions_of


def data_of(known: Known, now: datetime) -> dict[str, Any]:
    """A batch as ``--json`` prints it. ``null`` is what only the declaration, or only a stage, knows.

    Args:
        known: What is known of it.
        now: Now, with a time zone.
    """
    manifest, size = known.manifest, known.size
    phases = where_time_goes(times_of(known.runs))
    return {
        "batch": manifest.batch,
        "stage": manifest.stage,
        "deployed": known.deployed,
        "manifest": manifest.to_dict(),
        "declaration": _declaration(known),
        "next": [one.isoformat() for one in next_due(manifest.schedule, now)],
        "size": None if size is None else asdict(size),
        "environment": plain_environment(known.main),
        "parameters": {name: known.values.get(name) for name in manifest.parameters},
        "secrets": list(manifest.secrets),
        "release": None if known.release is None else asdict(known.release),
        "paused": None if known.pause is None else asdict(known.pause),
        "last": None if known.last is None else asdict(known.last),
        "watch": None if known.watch is None else known.watch.to_dict(),
        "runs": [entry_of(run, now.timestamp()) for run in known.runs] if known.deployed else None,
        "phases": [asdict(one) for one in phases],
        "advice": advice(phases),
        "cost": _cost(known, costs_of(size, known.region, manifest.schedule, known.runs, now)),
        "unknown": [asdict(one) for one in known.unseen],
    }


def _declaration(known: Known) -> dict[str, Any] | None:
    declared = known.declared
    if declared is None:
        return None
    return {
        "at": declared.declared_at,
        "package": declared.package,
        "not_deployed": differences(declared.manifest, known.manifest) if known.deployed else None,
        "permissions": [one.to_dict() for one in permissions_of(declared.access.task.grants)],
        "managed_policies": [{"arn": one.arn, "at": one.at} for one in declared.access.task.managed],
        "edges": [one.to_dict() for one in edges_of(declared)],
    }


def _cost(known: Known, costs: Costs) -> dict[str, Any]:
    def plain(one: Cost | None) -> dict[str, Any] | None:
        return None if one is None else one.to_dict()

    return {
        "currency": "USD",
        "region": known.region,
        "region_from": known.priced.why,
        "hour": plain(costs.hour),
        "run": plain(costs.run),
        "worst": plain(costs.worst),
        "month": plain(costs.month),
        "due_in_30_days": costs.due,
        "source": costs.hour.source,
        "not_in_it": NOT_IN_IT,
    }
