"""A batch without some of its containers. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.errors import UsageError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.project.batches import DeclaredBatch


def without(batch: DeclaredBatch, names: Collection[str]) -> DeclaredBatch:
    """The batch without containers of those names, for which nothing waits then."""
    remaining = [container for container in batch.containers if container.get("name") not in names]
    containers = [{**container, "dependsOn": _waits(container, names)} for container in remaining]
    return replace(batch, task={**batch.task, "containerDefinitions": containers})


def leave_out(batch: DeclaredBatch, names: Collection[str]) -> DeclaredBatch:
    """The batch without the containers that ``--without`` names."""
    others = [str(container.get("name")) for container in batch.containers if container is not batch.main]
    for name in names:
        if name == batch.manifest.container:
            raise UsageError(f"--without {name} is refused: {name} is the batch itself")
        if name not in others:
            raise UsageError(
                f"--without {name} is refused: {batch.manifest.batch} has no container {name} beside the main one",
                hint=did_you_mean(name, others),
            )
    return without(batch, names)


def _waits(container: Mapping[str, Any], names: Collection[str]) -> list[Mapping[str, Any]]:
    return [need for need in container.get("dependsOn") or () if need.get("containerName") not in names]
