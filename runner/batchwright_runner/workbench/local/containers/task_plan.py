"""Which containers are made for a batch, in which order they may wait for each other, and what they stand on. Pure.

The rules of the order are those of the ECS agent's dependency graph (aws/amazon-ecs-agent,
``dependencygraph/graph.go``, and ECS API reference, ContainerDependency, 2026-11).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from batchwright_runner.contract.batch_file import BatchFile, unresolved
from batchwright_runner.contract.task_size import Size
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.local.containers.health import PlannedHealthCheck, read_check
from batchwright_runner.workbench.project.batches import declared_name

CPU_PERIOD = 100_000
MEBIBYTE = 1_048_576
STOP_TIMEOUT = 30
"""Seconds from SIGTERM to SIGKILL where a container names none (ECS API reference, ContainerDefinition, 2026-11)."""
ONLY_AWS = "a value that only AWS knows"
CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A condition that a container waits for."""

    container: str
    condition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerPlan:
    """A container to make."""

    name: str
    essential: bool = True
    needs: tuple[Dependency, ...] = ()
    # Seconds others wait for it to fulfill their conditions; 0 for no limit, which is ECS's default
    start_timeout: float = 0
    # The body of ContainerCreate, without labels and network
    body: Mapping[str, Any] = field(default_factory=dict)
    stop_signal: str = "SIGTERM"
    stop_timeout: float = 0
    check: PlannedHealthCheck | None = None
    digest: str = ""


def read_needs(definition: Mapping[str, Any]) -> tuple[Dependency, ...]:
    """What a container waits for, by its definition."""
    return tuple(
        Dependency(str(dependency.get("containerName")), str(dependency.get("condition")))
        for dependency in definition.get("dependsOn") or ()
    )


def check_order(containers: Sequence[ContainerPlan]) -> None:
    """Refuses an order that ECS would not register."""
    by_name = {container.name: container for container in containers}
    for container in containers:
        for need in container.needs:
            problem = f"{container.name} cannot be started: it waits for {need.container}"
            if need.container not in by_name:
                raise RunnerError(f"{problem}, which the task does not have")
            if need.condition not in CONDITIONS:
                is_none = f"{need.condition} is not one of {', '.join(CONDITIONS)}"
                raise RunnerError(f"{container.name} cannot be started: {is_none}")
            if need.condition == "HEALTHY" and by_name[need.container].check is None:
                raise RunnerError(f"{problem} to be healthy, which has no check")
    waiting = dict(by_name)
    while waiting:
        free = [name for name in waiting if not any(need.container in waiting for need in waiting[name].needs)]
        if not free:
            raise RunnerError(f"the containers cannot be put in order: {', '.join(waiting)} wait for each other")
        for name in free:
            del waiting[name]


def container_body(
    batch: BatchFile,
    definition: Mapping[str, Any],
    image: ImageFacts,
    variables: Mapping[str, str],
    command: Sequence[str],
    size: Size,
) -> dict[str, Any]:
    """The body of ContainerCreate, without labels, volumes and network.

    `command`: its command; empty for its image's own.
    """
    body: dict[str, Any] = {
        "Image": image.reference,
        "Env": [f"{name}={value}" for name, value in variables.items()],
        # The image's own check does not count for ECS; declared ones are run by this runner.
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _host(definition, size),
    }
    optional = {
        "Cmd": list(command),
        "Entrypoint": words(batch, definition, "entryPoint"),
        "User": str(definition.get("user") or ""),
        "WorkingDir": str(definition.get("workingDirectory") or ""),
    }
    return body | {name: value for name, value in optional.items() if value}


def _host(definition: Mapping[str, Any], size: Size) -> dict[str, Any]:
    linux, memory = definition.get("linuxParameters") or {}, int(definition.get("memory") or size.memory) * MEBIBYTE
    host: dict[str, Any] = {
        "LogConfig": {"Type": "none"},  # the log goes to this runner, which makes a fast writer wait
        "Memory": memory,
        "MemorySwap": memory,  # Fargate has no swap
        "CpuPeriod": CPU_PERIOD,
        "CpuQuota": size.cpu * CPU_PERIOD // 1024,
        "ReadonlyRootfs": bool(definition.get("readonlyRootFilesystem")),
        "Ulimits": [
            {"Name": str(limit["name"]), "Soft": int(limit["softLimit"]), "Hard": int(limit["hardLimit"])}
            for limit in definition.get("ulimits") or ()
        ],
        "Tmpfs": {str(mount["containerPath"]): _tmpfs(mount) for mount in linux.get("tmpfs") or ()},
    }
    if definition.get("memoryReservation"):
        host["MemoryReservation"] = int(definition["memoryReservation"]) * MEBIBYTE
    if definition.get("cpu"):
        host["CpuShares"] = max(2, int(definition["cpu"]))
    if linux.get("initProcessEnabled"):
        host["Init"] = True
    return host


def _tmpfs(mount: Mapping[str, Any]) -> str:
    return ",".join([f"size={int(mount['size'])}m", *(str(option) for option in mount.get("mountOptions") or ())])


def binds(
    definition: Mapping[str, Any], volumes: Mapping[str, str], image: ImageFacts, elsewhere: Collection[str]
) -> list[str]:
    """What mounts a container's volumes, as ``Binds`` of a HostConfig.

    Fargate fills a volume only from a path that the image declares as one; Docker would do so from any.
    """
    entries = []
    for mount in definition.get("mountPoints") or ():
        path, volume = str(mount["containerPath"]), str(mount["sourceVolume"])
        options = [] if path.rstrip("/") in image.volumes and volume not in elsewhere else ["nocopy"]
        options += ["ro"] if mount.get("readOnly") else []
        entries.append(":".join([volumes[volume], path, *([",".join(options)] if options else [])]))
    return entries


def sidecar_variables(
    batch: BatchFile, definition: Mapping[str, Any], values: Mapping[str, str], supplied: Collection[str]
) -> dict[str, str]:
    """The variables of a container beside the main one: its own, and its secrets out of the batch's values."""
    variables: dict[str, str] = {}
    for entry in definition.get("environment") or ():
        name, value = str(entry["name"]), entry.get("value", "")
        if unresolved(value):
            if name not in values:
                _refuse(batch, definition, f"its variable {name} is {ONLY_AWS} ({unresolved(value)})")
            value = values[name]
        variables[name] = str(value)
    for entry in definition.get("secrets") or ():
        name = str(entry["name"])
        if name in supplied:
            continue
        of = declared_name(batch, entry)
        if of not in values:
            hint = "Declare it as a secret or parameter of the batch"
            _refuse(batch, definition, f"its secret {name} has no value", hint)
        variables[name] = values[of]
    return variables


def words(batch: BatchFile, definition: Mapping[str, Any], key: str) -> list[str]:
    """A list of a container's definition, such as ``command``; empty where it has none."""
    declared = definition.get(key) or []
    for word in declared:
        if unresolved(word):
            _refuse(batch, definition, f"its {key} holds {ONLY_AWS} ({unresolved(word)})")
    return [str(word) for word in declared]


def _refuse(batch: BatchFile, definition: Mapping[str, Any], problem: str, hint: str = "") -> NoReturn:
    raise RunnerError(f"{batch.manifest.batch} cannot run here: container {definition['name']}: {problem}", hint=hint)


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


def shares_network(containers: int, network: Mapping[str, Any]) -> bool:
    """Whether so many containers have a network of their own together."""
    return containers > 1 and network.get("NetworkMode") != "host"


def plan_task(
    batch: BatchFile,
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


def file_systems(batch: BatchFile) -> list[str]:
    """The task's volumes that are file systems of elsewhere, by their names in the task: empty ones here."""
    volumes = batch.task.get("volumes")
    found = [volume for volume in volumes if isinstance(volume, dict)] if isinstance(volumes, list) else []
    return [str(volume.get("name")) for volume in found if volume.get("efsVolumeConfiguration")]
