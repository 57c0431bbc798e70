"""A batch without some of its containers. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.project.batches import DeclaredBatch


def without(batch: DeclaredBatch, names: Collection[str]) -> DeclaredBatch:
    """The batch without containers of those names, for which nothing waits then."""
    containers = [_not_waiting(one, names) for one in batch.containers if one.get("name") not in names]
    return replace(batch, task={**batch.task, "containerDefinitions": containers})


def leave_out(batch: DeclaredBatch, names: Collection[str]) -> DeclaredBatch:
    """The batch without the containers that ``--without`` names.

    Raises:
        UsageError: One is the main container, or none of the batch's.
    """
    others = [name for name in (str(one.get("name")) for one in batch.containers) if name != batch.manifest.container]
    for name in names:
        if name == batch.manifest.container:
            raise UsageError(f"--without {name} is refused: {name} is the batch itself")
        if name not in others:
            raise UsageError(
                f"--without {name} is refused: {batch.manifest.batch} has no container {name} beside the main one",
                hint=did_you_mean(name, others),
            )
    return without(batch, names)


def _not_waiting(container: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    waits = [one for one in container.get("dependsOn") or () if one.get("containerName") not in names]
    return {**container, "dependsOn": waits}
