"""Removes what runs have left behind whose runner was killed with SIGKILL. A live run's things are left alone."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead

RUN = "batchwright.run"
PROJECT = "batchwright.project"
STAGE = "batchwright.stage"
BATCH = "batchwright.batch"
LOCK = "batchwright.lock"
"""The labels on all that a run makes; the last is the name of its lock."""


def sweep(engine: Engine, locks: Path) -> list[str]:
    """Removes what belongs to runs whose lock no process holds any more.

    Returns a line for each of these runs, which names all of it.
    """
    labeled = engine.labeled(LOCK)
    locks_named = {labels.get(LOCK, "") for _, _, labels in labeled}
    dead = {lock for lock in locks_named if lock and is_dead(locks, lock)}
    theirs = [(remove, name, labels) for remove, name, labels in labeled if labels.get(LOCK) in dead]
    remaining, before = theirs, len(theirs) + 1
    while 0 < len(remaining) < before:  # what others depend on, such as the network's holder, goes when they are gone
        before = len(remaining)
        remaining = [(remove, name, labels) for remove, name, labels in remaining if not _gone(remove, name)]
    for lock in dead - {labels[LOCK] for _, _, labels in remaining}:
        RunLock(locks, lock).forget()
    left: dict[str, list[str]] = {}
    for _, name, labels in theirs:
        left.setdefault(labels.get(RUN, ""), []).append(name)
    return [
        f"removed what run {run} had left: {', '.join(names)}: its runner was killed"
        for run, names in sorted(left.items())
    ]


def _gone(remove: Callable[[str], None], name: str) -> bool:
    with suppress(EngineError):
        remove(name)
        return True
    return False
