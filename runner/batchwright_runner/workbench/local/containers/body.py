"""The body of the Docker API's ContainerCreate, made of a container definition of ECS. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.contract.task_size import Size
from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.engine import ImageFacts
from batchwright_runner.workbench.project.batches import DeclaredBatch

CPU_PERIOD = 100_000
MEBIBYTE = 1_048_576


def container_body(
    batch: DeclaredBatch,
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
    linux = definition.get("linuxParameters") or {}
    host: dict[str, Any] = {
        "LogConfig": {"Type": "none"},  # the log goes to this runner, which makes a fast writer wait
        **limits(size.cpu, int(definition.get("memory") or size.memory)),
        "ReadonlyRootfs": bool(definition.get("readonlyRootFilesystem")),
        "Ulimits": _ulimits(definition),
        "Tmpfs": {str(mount["containerPath"]): _tmpfs(mount) for mount in linux.get("tmpfs") or ()},
    }
    if definition.get("memoryReservation"):
        host["MemoryReservation"] = int(definition["memoryReservation"]) * MEBIBYTE
    if definition.get("cpu"):
        host["CpuShares"] = max(2, int(definition["cpu"]))
    if linux.get("initProcessEnabled"):
        host["Init"] = True
    return host


def limits(cpu: int, memory: int) -> dict[str, int]:
    """The limits of CPU units and MiB, as the Docker API has them. Fargate has no swap."""
    size = memory * MEBIBYTE
    return {"Memory": size, "MemorySwap": size, "CpuPeriod": CPU_PERIOD, "CpuQuota": cpu * CPU_PERIOD // 1024}


def _ulimits(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"Name": str(limit["name"]), "Soft": int(limit["softLimit"]), "Hard": int(limit["hardLimit"])}
        for limit in definition.get("ulimits") or ()
    ]


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
    batch: DeclaredBatch, definition: Mapping[str, Any], values: Mapping[str, str], supplied: Collection[str]
) -> dict[str, str]:
    """The variables of a container beside the main one: its own, and its secrets out of the batch's values."""
    variables: dict[str, str] = {}
    for entry in definition.get("environment") or ():
        name, value = str(entry["name"]), entry.get("value", "")
        if unresolved(value):
            if name not in values:
                _refuse(batch, definition, f"its variable {name} is", unresolved(value))
            value = values[name]
        variables[name] = str(value)
    for entry in definition.get("secrets") or ():
        name = str(entry["name"])
        if name in supplied:
            continue
        of = batch.declared_name(entry)
        if of not in values:
            where = f"{batch.manifest.batch} cannot run here: container {definition['name']}"
            raise RunnerError(
                f"{where}: its secret {name} has no value",
                hint="Declare it as a secret or parameter of the batch",
            )
        variables[name] = values[of]
    return variables


def words(batch: DeclaredBatch, definition: Mapping[str, Any], key: str) -> list[str]:
    """A list of a container's definition, such as ``command``; empty where it has none."""
    declared = definition.get(key) or []
    for word in declared:
        if unresolved(word):
            _refuse(batch, definition, f"its {key} holds", unresolved(word))
    return [str(word) for word in declared]


def _refuse(batch: DeclaredBatch, definition: Mapping[str, Any], problem: str, value: str) -> None:
    where = f"{batch.manifest.batch} cannot run here: container {definition['name']}"
    raise RunnerError(f"{where}: {problem} a value that only AWS knows ({value})")
