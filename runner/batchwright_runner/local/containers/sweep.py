"""Removes what runs have left behind whose runner was killed with SIGKILL. A live run's things are left alone."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from batchwright_runner.local.containers.engine_client import EngineError
from batchwright_runner.local.containers.owner import Owner, is_dead

RUN = "batchwright.run"
PROJECT = "batchwright.project"
STAGE = "batchwright.stage"
BATCH = "batchwright.batch"
OWNER = "batchwright.owner"
"""The labels on all that a run makes; the last is the name of its lock."""


class Shelf(Protocol):
    """What the sweep needs of an engine."""

    def labelled_containers(self, label: str) -> list[tuple[str, Mapping[str, str]]]:
        """Id and labels of all containers that have a label."""

    def labelled_volumes(self, label: str) -> list[tuple[str, Mapping[str, str]]]:
        """Name and labels of all volumes that have a label."""

    def remove(self, container: str) -> None:
        """Kills and removes a container."""

    def remove_volume(self, name: str) -> None:
        """Removes a volume."""


def sweep(shelf: Shelf, locks: Path) -> list[str]:
    """Removes what has no living owner any more.

    Returns:
        The runs whose things were removed.

    Raises:
        EngineError: The engine does not answer.
    """
    containers = shelf.labelled_containers(OWNER)
    volumes = shelf.labelled_volumes(OWNER)
    owners = {labels.get(OWNER, "") for _, labels in (*containers, *volumes)}
    dead = {owner for owner in owners if owner and is_dead(locks, owner)}
    failed: set[str] = set()
    for remove, found in ((shelf.remove, containers), (shelf.remove_volume, volumes)):
        for one, labels in found:
            if labels.get(OWNER) in dead and not _gone(remove, one):
                failed.add(labels[OWNER])
    for owner in dead - failed:
        Owner(locks, owner).forget()
    return sorted({labels.get(RUN, "") for _, labels in (*containers, *volumes) if labels.get(OWNER) in dead})


class _Remove(Protocol):
    def __call__(self, one: str, /) -> None: ...


def _gone(remove: _Remove, one: str) -> bool:
    with suppress(EngineError):
        remove(one)
        return True
    return False
