"""The CPU, memory and storage that Fargate offers. Pure: raises where a declaration asks for something else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from batchwright.errors import DeclarationError, wrong

Architecture = Literal["X86_64", "ARM64"]
PlatformVersion = Literal["LATEST", "1.4.0"]

GIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What a task runs on; the arguments of `FargateBatch` of the same names."""

    cpu: int
    memory: int
    architecture: Architecture
    platform_version: PlatformVersion
    ephemeral_storage: int | None

    def check(self, subject: str) -> None:
        """Raises unless Fargate offers it.

        Raises:
            DeclarationError: Naming what is wrong, and what is allowed.
        """
        check_size(subject, self.cpu, self.memory)
        check_storage(subject, self.ephemeral_storage)
        check_hardware(subject, self.architecture, self.platform_version)


MEMORY: Mapping[int, Sequence[int]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: range(1 * GIB, 4 * GIB + 1, GIB),
    1024: range(2 * GIB, 8 * GIB + 1, GIB),
    2048: range(4 * GIB, 16 * GIB + 1, GIB),
    4096: range(8 * GIB, 30 * GIB + 1, GIB),
    8192: range(16 * GIB, 60 * GIB + 1, 4 * GIB),
    16384: range(32 * GIB, 120 * GIB + 1, 8 * GIB),
}
"""CPU units (1024 = 1 vCPU) to the MiB of memory that may go with them.

Source: Amazon ECS developer guide, "Task CPU and memory" of the Fargate task definition parameters, read 2026-11.
"""

STORAGE = range(21, 201)
"""GiB of ephemeral storage a task may ask for; without asking it has 20. Same source, "Ephemeral storage"."""


def check_size(subject: str, cpu: int, memory: int) -> None:
    """Raises unless Fargate has a task of this size.

    Args:
        subject: Whose declaration it is, for the message.
        cpu: CPU units; 1024 is one vCPU.
        memory: Memory in MiB.

    Raises:
        DeclarationError: Naming the valid sizes nearest to the one asked for.
    """
    if _is_size(cpu, memory):
        return
    for argument, given in {"cpu": cpu, "memory": memory}.items():
        if type(given) is not int:
            raise wrong(subject, argument, given, "a whole number, such as cpu=256 with memory=512")
    offers = " or ".join(f"cpu={c} memory={m}" for c, m in nearest(cpu, memory))
    if cpu in MEMORY:
        raise DeclarationError(
            subject, "memory", f"{memory!r} MiB was given with cpu={cpu}; allowed: {_listed(cpu)}; nearest: {offers}"
        )
    allowed = ", ".join(str(one) for one in MEMORY)
    raise DeclarationError(
        subject, "cpu", f"{cpu!r} units were given with memory={memory!r}; allowed: {allowed}; nearest: {offers}"
    )


def nearest(cpu: int, memory: int) -> list[tuple[int, int]]:
    """The valid sizes nearest to one that is not valid.

    Returns:
        Pairs of CPU units and MiB, at most three, each once: the smallest that is at least as large in both, the
        nearest of the same CPU, and the largest that is at most as large in both.
    """
    sizes = [(c, m) for c, memories in MEMORY.items() for m in memories]
    above = min(((c, m) for c, m in sizes if c >= cpu and m >= memory), default=sizes[-1])
    below = max(((c, m) for c, m in sizes if c <= cpu and m <= memory), default=sizes[0])
    same = min(((c, m) for c, m in sizes if c == cpu), key=lambda size: abs(size[1] - memory), default=above)
    return sorted({above, below, same})


def check_storage(subject: str, gib: int | None) -> None:
    """Raises unless Fargate offers this much ephemeral storage (GiB); ``None`` asks for nothing.

    Raises:
        DeclarationError: Outside 21 to 200.
    """
    if gib is not None and (type(gib) is not int or gib not in STORAGE):
        raise wrong(subject, "ephemeral_storage", gib, "21 to 200 GiB, or None for Fargate's own 20")


def check_hardware(subject: str, architecture: str, platform_version: str) -> None:
    """Raises unless Fargate runs Linux tasks on this architecture and platform version.

    Raises:
        DeclarationError: The architecture or the platform version is unknown. Platform versions before 1.4.0 lack what
            the library relies on: ephemeral storage, Spot on ARM64, and fields of Secrets Manager secrets.
    """
    if architecture not in get_args(Architecture):
        raise wrong(subject, "architecture", architecture, ", ".join(get_args(Architecture)))
    if platform_version not in get_args(PlatformVersion):
        raise wrong(subject, "platform_version", platform_version, ", ".join(get_args(PlatformVersion)))


def _is_size(cpu: int, memory: int) -> bool:
    return type(cpu) is int and type(memory) is int and memory in MEMORY.get(cpu, ())


def _listed(cpu: int) -> str:
    memories = MEMORY[cpu]
    if isinstance(memories, range):
        return f"{memories[0]} to {memories[-1]} in steps of {memories.step}"
    return ", ".join(str(one) for one in memories)
