"""What will be started on this machine as a plain process. Pure but for a look whether folders exist."""

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchwright_runner.contract.batch_file import SOURCE, BatchFile, unresolved
from batchwright_runner.errors import RunnerError, UsageError
from batchwright_runner.host.settings.project import Project
from batchwright_runner.workbench.local.config_files import files_of
from batchwright_runner.workbench.project.batches import main_container

# What a plain process cannot be given: ECS's name of it, and the declaration's.
_NOT_HONOURED = {
    "dependsOn": "depends_on",
    "healthCheck": "health_check",
    "mountPoints": "volumes",
    "readonlyRootFilesystem": "read_only_root",
    "ulimits": "ulimits",
    "user": "user",
    "workingDirectory": "working_directory",
}
_INTERPRETER = re.compile(r"(?<![\w./-])(?:python|ruby|node|perl|php|java)[\d.]*(?![\w./-])")


@dataclass(frozen=True, slots=True)
class ProcessPlan:
    """A process to start."""

    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    # Seconds it may take to end after SIGTERM
    stop_timeout: int
    # What the batch declares and a plain process does not honor
    ignored: tuple[str, ...]
    sidecars: tuple[str, ...]
    # ``python is .venv/bin/python``, of the first interpreter that its command names; empty for none
    program: str = ""


def plan_process(
    batch: BatchFile, project: Project, values: Mapping[str, str], command: Sequence[str], path: str
) -> ProcessPlan:
    """Decides what to start.

    `command`: what replaces the declared command; empty for the declared one.
    """
    if files_of(batch) is not None:
        raise UsageError(
            f"{batch.manifest.batch} cannot run as a plain process: its config files are for containers only",
            hint="Run it in Docker or Podman",
        )
    main = main_container(batch)
    # At the end, so that `python` exists everywhere and is the machine's own where there is one.
    path = os.pathsep.join((path or os.defpath, str(Path(sys.executable).parent)))
    parts, searched = _command(batch, command), {"PATH": path, **values}
    named = _INTERPRETER.search(" ".join(parts))
    found = shutil.which(named[0], path=searched["PATH"]) if named else None
    tmpfs = (main.get("linuxParameters") or {}).get("tmpfs")
    return ProcessPlan(
        command=parts,
        folder=_folder(batch, project),
        environment=searched,
        stop_timeout=batch.manifest.stop_timeout_seconds,
        ignored=(*(name for key, name in _NOT_HONOURED.items() if main.get(key)), *["writable_paths"] * bool(tmpfs)),
        sidecars=tuple(str(container.get("name")) for container in batch.containers if container is not main),
        program=f"{named[0]} is {project.shown(Path(found))}" if named and found else "",
    )


def _command(batch: BatchFile, replacement: Sequence[str]) -> tuple[str, ...]:
    name = batch.manifest.batch
    declared = main_container(batch).get("command") or []
    parts = [*(main_container(batch).get("entryPoint") or []), *(replacement or declared)]
    if not parts:
        raise RunnerError(
            f"{name} cannot run as a process: it declares no command, and its image's own is known to containers only",
            hint=f"Declare command= in its batch.py, or write one: batchwright run {name} --local -- COMMAND",
        )
    for part in parts:
        if unresolved(part):
            raise RunnerError(
                f"{name} cannot run here: its command holds a value that only AWS knows ({unresolved(part)})",
                hint=f"Write a command of your own: batchwright run {name} --local -- COMMAND",
            )
    return tuple(str(part) for part in parts)


def _folder(batch: BatchFile, project: Project) -> Path:
    name = batch.manifest.batch
    if batch.source is None:
        own = f"{batch.package or 'batches/' + name.replace('-', '_')}/{SOURCE}"
        image = batch.manifest.image.name or batch.manifest.image.repository
        raise RunnerError(
            f"{name} cannot run as a process: the source of its image, {image}, is not in this project",
            hint=f"Expected it in {own}",
        )
    folder = project.root / batch.source
    if not folder.is_dir():
        raise RunnerError(f"{name} cannot run as a process: the folder of its source, {batch.source}, does not exist")
    return folder
