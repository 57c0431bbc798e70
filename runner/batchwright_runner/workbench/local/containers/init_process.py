"""Whether Podman has the program that it puts into a container as its init process. Docker brings its own."""

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from batchwright_runner.errors import StartError
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.relay.program import ImageLoader, image
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan

PROGRAM = "catatonit"
_FOLDERS = ("/usr/local/libexec/podman", "/usr/local/lib/podman", "/usr/libexec/podman", "/usr/lib/podman")
"""Where Podman looks before PATH (containers.conf(5), ``helper_binaries_dir``, Podman 5.4, 2026-11)."""


class Creating(ImageLoader, Protocol):
    """What is needed of an engine."""

    kind: str
    name: str

    def create(self, name: str, body: Mapping[str, Any]) -> str:
        """Makes a container."""

    def remove(self, container: str) -> None:
        """Removes a container."""


def check_init(
    plan: TaskPlan, engine: Creating, environment: Mapping[str, str], folders: Sequence[str] = _FOLDERS
) -> None:
    """Raises where a task needs an init process and Podman has none. Nothing is started for that.

    Podman itself is asked, by making a container, where the program is not in its place or the settings are changed.

    Args:
        plan: The task.
        engine: The engine.
        environment: This process's variables.
        folders: Where the program is looked for, before PATH.

    Raises:
        StartError: It is missing.
    """
    needed = any(container.body["HostConfig"].get("Init") for container in plan.containers)
    if engine.kind != "podman" or not needed or _in_its_place(environment, folders):
        return
    body = {"Image": image(engine), "Labels": dict(plan.labels), "HostConfig": {"Init": True}}
    try:
        made = engine.create(f"{plan.prefix}-init", body)
    except EngineError as error:
        raise StartError(
            f"the containers cannot be started in {engine.name}: they declare an init process, "
            f"for which it needs {PROGRAM}: {error}",
            hint=f"Install it (Debian: apt-get install {PROGRAM}), or choose another --backend",
        ) from error
    engine.remove(made)


def _in_its_place(environment: Mapping[str, str], folders: Sequence[str]) -> bool:
    if any(name.startswith("CONTAINERS_CONF") for name in environment):
        return False
    path = environment.get("PATH", os.defpath)
    return shutil.which(PROGRAM, path=os.pathsep.join((*folders, path))) is not None
