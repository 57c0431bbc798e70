"""Removes what runs have left behind whose runner was killed with SIGKILL. A live run's things are left alone."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from batchwright_runner.local.containers.engine import EngineError
from batchwright_runner.local.run_lock import Owner, is_dead

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
    left: list[tuple[Callable[[str], None], str, str]]
    left = [(shelf.remove, one, labels[OWNER]) for one, labels in containers if labels.get(OWNER) in dead]
    left += [(shelf.remove_volume, one, labels[OWNER]) for one, labels in volumes if labels.get(OWNER) in dead]
    before = len(left) + 1
    while 0 < len(left) < before:  # what others depend on, such as the network's holder, goes when they are gone
        before = len(left)
        left = [(remove, one, owner) for remove, one, owner in left if not _gone(remove, one)]
    for owner in dead - {owner for _, _, owner in left}:
        Owner(locks, owner).forget()
    return sorted({labels.get(RUN, "") for _, labels in (*containers, *volumes) if labels.get(OWNER) in dead})


def _gone(remove: Callable[[str], None], one: str) -> bool:
    with suppress(EngineError):
        remove(one)
        return True
    return False
