"""Which containers are made for a batch, and what they stand on. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.task_size import Size
from batchwright_runner.workbench.local.containers.body import binds, container_body, sidecar_variables, words
from batchwright_runner.workbench.local.containers.container_plan import ContainerPlan, check_order, read_needs
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.health import read_check
from batchwright_runner.workbench.project.batches import DeclaredBatch

STOP_TIMEOUT = 30
"""Seconds from SIGTERM to SIGKILL where a container names none (ECS API reference, ContainerDefinition, 2026-11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """A task to run."""

    main: str
    containers: tuple[ContainerPlan, ...]
    # What the names of all that is made begin with
    prefix: str
    size: Size
    labels: Mapping[str, str] = field(default_factory=dict)
    # Name of a shared volume in the task to its name in the engine
    volumes: Mapping[str, str] = field(default_factory=dict)
    # The volumes that no image fills, which belong to root
    empty: tuple[str, ...] = ()
    # Volume to the tar file of what is in it from the beginning
    files: Mapping[str, bytes] = field(default_factory=dict)
    open: tuple[str, ...] = ()
    # What joins the task to its network, as a part of a HostConfig
    network: Mapping[str, Any] = field(default_factory=dict)
    # Whether the volumes of ``files`` lie in memory, and on no disk
    in_memory: bool = False
    # The image of the main container, and that of one that only waits
    image: str = ""
    pause: str = ""
    # Commands, one of which may send the recorder a datagram; none where nothing is recorded
    proofs: tuple[tuple[str, ...], ...] = ()

    @property
    def shares_network(self) -> bool:
        """Whether its containers have a network of their own together."""
        return shares_network(len(self.containers), self.network)


def shares_network(containers: int, network: Mapping[str, Any]) -> bool:
    """Whether so many containers have a network of their own together."""
    return containers > 1 and network.get("NetworkMode") != "host"


def plan_task(
    batch: DeclaredBatch,
    values: Mapping[str, str],
    images: Mapping[str, ImageFacts],
    *,
    command: Sequence[str] = (),
    size: Size | None = None,
    prefix: str = "batchwright",
    files: Mapping[str, bytes] | None = None,
    added: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> TaskPlan:
    """Decides what to make. The caller adds labels, network, pause, proofs and `in_memory`.

    `command`: what replaces the main container's command; empty for the declared one.
    """
    size = size or Size.of(batch.task) or Size(cpu=256, memory=512)
    mounts = [(definition, mount) for definition in batch.containers for mount in definition.get("mountPoints") or ()]
    filled = {
        str(mount["sourceVolume"])
        for definition, mount in mounts
        if str(mount["containerPath"]).rstrip("/") in images[str(definition["name"])].volumes
    }
    volumes = {str(mount["sourceVolume"]): f"{prefix}-{mount['sourceVolume']}" for _, mount in mounts}
    elsewhere = file_systems(batch)
    plans = []
    for definition in batch.containers:
        name = str(definition["name"])
        is_main, image, more = name == batch.manifest.container, images[name], added(name)
        variables = {**(values if is_main else sidecar_variables(batch, definition, values, more)), **more}
        argv = list(command) if is_main and command else words(batch, definition, "command")
        body = container_body(batch, definition, image, variables, argv, size)
        body["HostConfig"]["Binds"] = binds(definition, volumes, image, elsewhere)
        default = batch.manifest.stop_timeout_seconds if is_main else STOP_TIMEOUT
        plans.append(
            ContainerPlan(
                name=name,
                essential=bool(definition.get("essential", True)),
                needs=read_needs(definition),
                start_timeout=float(definition.get("startTimeout") or 0),
                body=body,
                stop_signal=image.stop_signal or "SIGTERM",
                stop_timeout=float(definition.get("stopTimeout") or default),
                check=read_check(definition),
                digest=image.digest,
            )
        )
    check_order(plans)
    return TaskPlan(
        main=batch.manifest.container,
        image=images[batch.manifest.container].reference,
        containers=tuple(plans),
        prefix=prefix,
        size=size,
        volumes=volumes,
        empty=tuple(name for name in volumes if name not in filled or name in (files or {}) or name in elsewhere),
        files=dict(files or {}),
        open=tuple(name for name in volumes if name in elsewhere),
    )


def file_systems(batch: DeclaredBatch) -> list[str]:
    """The task's volumes that are file systems of elsewhere, by their names in the task: empty ones here."""
    volumes = batch.task.get("volumes")
    found = [volume for volume in volumes if isinstance(volume, dict)] if isinstance(volumes, list) else []
    return [str(volume.get("name")) for volume in found if volume.get("efsVolumeConfiguration")]
