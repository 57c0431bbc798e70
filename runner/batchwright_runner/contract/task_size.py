"""What of a task is paid for. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from batchwright_runner.contract.sizes import ARCHITECTURES, DEFAULT_ARCHITECTURE, Architecture

INCLUDED_STORAGE = 20
"""GB of ephemeral storage that a task has for nothing (Fargate's pricing page, 2026-11)."""
SPOT = "FARGATE_SPOT"

_UNITS_A_VCPU = 1024
_MIB_A_GB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The size of a task."""

    # CPU units; 1024 is one vCPU
    cpu: int
    # Memory in MiB
    memory: int
    # Ephemeral storage in GiB. Default: 20, which is included.
    storage: int = INCLUDED_STORAGE
    # CPU architecture. Default: ``X86_64``.
    architecture: Architecture = DEFAULT_ARCHITECTURE
    # It runs, or may run, on Fargate Spot. Default: it does not.
    spot: bool = False

    @classmethod
    def of(cls, task: Mapping[str, Any], *, architecture: str = "", spot: bool = False) -> Self | None:
        """The size of a task definition, of a task as ECS describes it, or of the task in a batch file.

        `task`: It; ``cpu`` and ``memory`` as texts or numbers, as ECS has either.
        Returns the size; ``None`` where the task does not say its CPU and memory.
        """
        cpu, memory = _whole(task.get("cpu")), _whole(task.get("memory"))
        if not cpu or not memory:
            return None
        platform = task.get("runtimePlatform")
        named = str(platform.get("cpuArchitecture", "")) if isinstance(platform, Mapping) else ""
        storage = task.get("ephemeralStorage")
        size = _whole(storage.get("sizeInGiB")) if isinstance(storage, Mapping) else 0
        provider = str(task.get("capacityProviderName", ""))
        kind = named or architecture
        return cls(
            cpu=cpu,
            memory=memory,
            storage=size or INCLUDED_STORAGE,
            architecture=kind if kind in ARCHITECTURES else DEFAULT_ARCHITECTURE,
            spot=provider == SPOT if provider else spot,
        )

    @property
    def vcpus(self) -> float:
        """CPU in vCPUs."""
        return self.cpu / _UNITS_A_VCPU

    @property
    def gigabytes(self) -> float:
        """Memory in GB, as Fargate counts them."""
        return self.memory / _MIB_A_GB

    @property
    def paid_storage(self) -> int:
        """GB of storage beyond what is included."""
        return max(0, self.storage - INCLUDED_STORAGE)

    @property
    def words(self) -> str:
        """``0.5 vCPU, 1 GB``, and what is not usual."""
        parts = [f"{self.vcpus:g} vCPU", f"{self.gigabytes:g} GB"]
        parts += [f"{self.storage} GB storage"] if self.paid_storage else []
        parts += ["Arm"] if self.architecture == "ARM64" else []
        return ", ".join([*parts, "Spot"] if self.spot else parts)


def _whole(value: object) -> int:
    """A number that ECS may give as a text; 0 for anything else, such as a value that only a deployment knows."""
    try:
        return int(str(value))
    except ValueError:
        return 0
