"""Whether Fargate offers the CPU, memory and storage that a declaration asks for. Pure."""

from dataclasses import dataclass

from batchwright.errors import DeclarationError, wrong
from batchwright_runner.contract.sizes import (
    ARCHITECTURES,
    MEMORY,
    PLATFORM_VERSIONS,
    STORAGE,
    nearest,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredSize:
    """CPU and memory of a task; the arguments of `FargateBatch` of the same names.

    Attributes:
        cpu: CPU units; 1024 is one vCPU.
        memory: Memory in MiB.
    """

    cpu: int
    memory: int

    def check(self, subject: str) -> None:
        """Raises unless Fargate has a task of this size.

        Raises:
            DeclarationError: Naming the valid sizes nearest to the one asked for.
        """
        cpu, memory = self.cpu, self.memory
        for argument, given in {"cpu": cpu, "memory": memory}.items():
            if type(given) is not int:
                raise wrong(subject, argument, given, "a whole number, such as cpu=256 with memory=512")
        if memory in MEMORY.get(cpu, ()):
            return
        offers = " or ".join(f"cpu={c} memory={m}" for c, m in nearest(cpu, memory))
        if cpu in MEMORY:
            problem = f"{memory!r} MiB was given with cpu={cpu}; allowed: {_listed(cpu)}; nearest: {offers}"
            raise DeclarationError(subject, "memory", problem)
        allowed = ", ".join(str(units) for units in MEMORY)
        problem = f"{cpu!r} units were given with memory={memory!r}; allowed: {allowed}; nearest: {offers}"
        raise DeclarationError(subject, "cpu", problem)


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
    if architecture not in ARCHITECTURES:
        raise wrong(subject, "architecture", architecture, ", ".join(ARCHITECTURES))
    if platform_version not in PLATFORM_VERSIONS:
        raise wrong(subject, "platform_version", platform_version, ", ".join(PLATFORM_VERSIONS))


def _listed(cpu: int) -> str:
    memories = MEMORY[cpu]
    if isinstance(memories, range):
        return f"{memories[0]} to {memories[-1]} in steps of {memories.step}"
    return ", ".join(str(memory) for memory in memories)
