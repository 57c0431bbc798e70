"""Removes what runs have left behind whose runner was killed with SIGKILL. A live run's things are left alone."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead

RUN = "batchwright.run"
PROJECT = "batchwright.project"
STAGE = "batchwright.stage"
BATCH = "batchwright.batch"
LOCK = "batchwright.lock"
"""The labels on all that a run makes; the last is the name of its lock."""


class Labeled(Protocol):
    """What the sweep needs of an engine."""

    def labelled_containers(self, label: str) -> list[tuple[str, Mapping[str, str]]]:
        """Id and labels of all containers that have a label."""

    def labelled_volumes(self, label: str) -> list[tuple[str, Mapping[str, str]]]:
        """Name and labels of all volumes that have a label."""

    def remove(self, container: str) -> None:
        """Kills and removes a container."""

    def remove_volume(self, name: str) -> None:
        """Removes a volume."""


def sweep(engine: Labeled, locks: Path) -> list[str]:
    """Removes what belongs to runs whose lock nobody holds any more.

    Returns:
        The runs whose things were removed.

    Raises:
        EngineError: The engine does not answer.
    """
    containers = engine.labelled_containers(LOCK)
    volumes = engine.labelled_volumes(LOCK)
    locks_named = {labels.get(LOCK, "") for _, labels in (*containers, *volumes)}
    dead = {lock for lock in locks_named if lock and is_dead(locks, lock)}
    left: list[tuple[Callable[[str], None], str, str]]
    left = [(engine.remove, container, labels[LOCK]) for container, labels in containers if labels.get(LOCK) in dead]
    left += [(engine.remove_volume, volume, labels[LOCK]) for volume, labels in volumes if labels.get(LOCK) in dead]
    before = len(left) + 1
    while 0 < len(left) < before:  # what others depend on, such as the network's holder, goes when they are gone
        before = len(left)
        left = [(remove, name, lock) for remove, name, lock in left if not _gone(remove, name)]
    for lock in dead - {lock for _, _, lock in left}:
        RunLock(locks, lock).forget()
    return sorted({labels.get(RUN, "") for _, labels in (*containers, *volumes) if labels.get(LOCK) in dead})


def _gone(remove: Callable[[str], None], name: str) -> bool:
    with suppress(EngineError):
        remove(name)
        return True
    return False
