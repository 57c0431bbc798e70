"""Whether Fargate offers the CPU, memory and storage that a declaration asks for. Pure."""

from dataclasses import dataclass

from batchwright.errors import DeclarationError, wrong
from batchwright_runner.contract.sizes import MEMORY, nearest


def check_cpu_and_memory(subject: str, cpu: int, memory: int) -> None:
    """Raises unless Fargate has a task of this size.

    `cpu`: CPU units; 1024 is one vCPU.
    `memory`: Memory in MiB.
    """
    for argument, value in {"cpu": cpu, "memory": memory}.items():
        if type(value) is not int:
            raise wrong(subject, argument, value, "a whole number, such as cpu=256 with memory=512")
    if memory in MEMORY.get(cpu, ()):
        return
    offers = " or ".join(f"cpu={c} memory={m}" for c, m in nearest(cpu, memory))
    if cpu in MEMORY:
        problem = f"{memory!r} MiB was given with cpu={cpu}; allowed: {_listed(cpu)}; nearest: {offers}"
        raise DeclarationError(subject, "memory", problem)
    allowed = ", ".join(str(units) for units in MEMORY)
    problem = f"{cpu!r} units were given with memory={memory!r}; allowed: {allowed}; nearest: {offers}"
    raise DeclarationError(subject, "cpu", problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestSize:
    """What a caller may ask for in place of a batch's own size; the arguments of `grant_run` of the same names."""

    # CPU units at most; ``None`` for no limit
    max_cpu: int | None = None
    # MiB at most; ``None`` for no limit
    max_memory: int | None = None

    def check(self, subject: str) -> None:
        """Raises unless Fargate has tasks with this CPU, and with this memory."""
        memories = sorted({memory for several in MEMORY.values() for memory in several})
        for argument, value, sizes in (("max_cpu", self.max_cpu, [*MEMORY]), ("max_memory", self.max_memory, memories)):
            if value is not None and (type(value) is not int or value not in sizes):
                listed = sizes if argument == "max_cpu" else (*sizes[:4], "…", sizes[-1])
                near = sorted(sorted(sizes, key=lambda size: abs(size - value))[:2]) if type(value) is int else ()
                hint = f"; nearest: {' or '.join(map(str, near))}" if near else ""
                raise wrong(subject, argument, value, f"{', '.join(map(str, listed))}, or None for no limit{hint}")

    @property
    def id(self) -> str:
        """What tells statements with this limit from others; empty for no limit."""
        return "" if not self.condition else f"Cpu{self.max_cpu or ''}Memory{self.max_memory or ''}"

    @property
    def condition(self) -> dict[str, dict[str, str]]:
        """What a request must satisfy; one that asks for no size gets the batch's own.

        The keys ``ecs:task-cpu`` and ``ecs:task-memory`` of RunTask (Service Authorization Reference, Amazon ECS,
        2026-09).
        """
        keys = {"ecs:task-cpu": self.max_cpu, "ecs:task-memory": self.max_memory}
        tests = {key: str(most) for key, most in keys.items() if most is not None}
        return {"NumericLessThanEqualsIfExists": tests} if tests else {}


ANY_SIZE = LargestSize()


def _listed(cpu: int) -> str:
    memories = MEMORY[cpu]
    if isinstance(memories, range):
        return f"{memories[0]} to {memories[-1]} in steps of {memories.step}"
    return ", ".join(str(memory) for memory in memories)
