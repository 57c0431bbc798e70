"""What a task stands on: its volumes, and its network; and what is left of a run that was killed."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from batchwright_runner.workbench.local.config_files import folder_entry, tar_of
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan, shares_network
from batchwright_runner.workbench.local.run_lock import RunLock, is_dead

RUN = "batchwright.run"
PROJECT = "batchwright.project"
STAGE = "batchwright.stage"
BATCH = "batchwright.batch"
LOCK = "batchwright.lock"
"""The labels on all that a run makes; the last is the name of its lock."""


PROVEN_WITHIN = 10.0
"""Seconds that the recorder's own datagram has from inside."""
_NO_LOG = {"LogConfig": {"Type": "none"}}


class Ground:
    """What is made before the first container. Whatever was made is known at once, so that it can be removed.

    `made`: what removes each part, and its name, in the order in which they can be removed.
    """

    def __init__(self, engine: Engine, plan: TaskPlan, remarks: list[str]) -> None:
        self._engine = engine
        self._plan = plan
        self._joins: Mapping[str, Any] = {"HostConfig": plan.network}
        self.remarks = remarks
        self.made: list[tuple[Callable[[str], None], str]] = []

    def body_on(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a container that stands on this: in its network."""
        return {**body, **self._joins, "HostConfig": {**body["HostConfig"], **self._joins.get("HostConfig", {})}}

    def create(self, name: str, body: Mapping[str, Any], sign: str = "-") -> str:
        """Makes a container with the task's labels; gives its id. The sign of one that is not of the task is a dot."""
        return self._engine.create(f"{self._plan.prefix}{sign}{name}", {**body, "Labels": dict(self._plan.labels)})

    def check_init(self, image: str) -> None:
        """Makes a container with an init process and removes it: Podman has none where a program is missing."""
        if self._engine.kind == "podman":
            body = {"Image": image, "Cmd": ["true"], "HostConfig": {"Init": True}}  # an image may have no command
            self._engine.remove(self.create("init", body, "."))

    def prepare(self) -> None:
        """Makes the volumes with what they hold, and the holder of the network; proves the way to the recorder."""
        plan = self._plan
        for name, volume in plan.volumes.items():
            empty, in_memory = name in plan.empty, plan.in_memory and name in plan.files
            self._engine.create_volume(volume, plan.labels, empty=empty, in_memory=in_memory)
            self.made.append((self._engine.remove_volume, volume))
        if plan.files or plan.open:
            self._fill()
        if shares_network(len(plan.containers), plan.network):
            self._hold_network()
        if len(plan.containers) > 1:
            size = f"size {plan.size.cpu} CPU units, {plan.size.memory} MiB"
            self.remarks.append(f"{size}: held for each container, and not for their sum as on Fargate")
        any(self._has_sent(command) for command in plan.proofs)

    def _fill(self) -> None:
        """Unpacks what volumes hold from the beginning. What is in memory lasts for as long as a container holds it."""
        plan, kept = self._plan, self._plan.in_memory and bool(self._plan.files)
        folders = {name: f"/{name}" for name in (*plan.files, *plan.open)}
        binds = [f"{plan.volumes[name]}:{folder}:nocopy" for name, folder in folders.items()]
        image = {"Image": plan.pause} if kept else {"Image": plan.image, "Cmd": ["true"]}  # it is not started
        filler = self.create("files", {**image, "HostConfig": {**_NO_LOG, "NetworkMode": "none", "Binds": binds}}, ".")
        try:
            if kept:
                self.made.insert(0, (self._engine.remove, filler))
                self._engine.start(filler)
            for name, archive in plan.files.items():
                self._engine.put(filler, folders[name], archive)
            for name in plan.open:
                # Docker takes the mode of a volume from an archive for the folder above it, Podman from its own.
                self._engine.put(filler, "/", tar_of([folder_entry(name, 0o1777)]))
                self._engine.put(filler, folders[name], tar_of([folder_entry("./", 0o1777)]))
        finally:
            if not kept:
                self._engine.remove(filler)

    def _hold_network(self) -> None:
        """A pod in Podman, in Docker a container that waits: the first of the task to start may end at once."""
        plan = self._plan
        if self._engine.kind == "podman":
            self.made.insert(0, (self._engine.remove_pod, plan.prefix))
            self._engine.create_pod(plan.prefix, str(plan.network.get("NetworkMode", "")), plan.labels)
            self._joins = {"Pod": plan.prefix}
        else:
            holder = self.create("network", {"Image": plan.pause, "HostConfig": {**_NO_LOG, **plan.network}}, ".")
            self.made.insert(0, (self._engine.remove, holder))
            self._engine.start(holder)
            self._joins = {"HostConfig": {"NetworkMode": f"container:{holder}"}}

    def _has_sent(self, command: Sequence[str]) -> bool:
        """Sends the recorder a datagram from inside, by a program of the batch's image; whether it has it."""
        with suppress(EngineError):
            body = {"Image": self._plan.image, "Entrypoint": list(command), "HostConfig": _NO_LOG}
            sender = self.create("proof", self.body_on(body), ".")
            try:
                self._engine.start(sender)
                until = time.monotonic() + PROVEN_WITHIN
                while (state := self._engine.inspect(sender)["State"]).get("Running") and time.monotonic() < until:
                    time.sleep(0.05)
                return bool(state.get("ExitCode") == 0)
            finally:
                self._engine.remove(sender)
        return False


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
