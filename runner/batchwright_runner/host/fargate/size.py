"""Whether Fargate has the size that is given for one run. Pure."""

from batchwright_runner.contract.sizes import MEMORY
from batchwright_runner.errors import UsageError


def check_size(cpu: int, memory: int) -> None:
    """Refuses a size that Fargate does not have.

    Args:
        cpu: CPU units that replace the declared ones; 0 for those.
        memory: MiB that replace the declared ones; 0 for those.

    Raises:
        UsageError: It does not exist, or only one is given.
    """
    if bool(cpu) != bool(memory):
        raise UsageError("--cpu and --memory go together: only one is given", hint="Give both, or neither")
    if cpu and cpu not in MEMORY:
        raise UsageError(f"--cpu {cpu} is refused: Fargate has {', '.join(map(str, MEMORY))}")
    if cpu and memory not in MEMORY[cpu]:
        allowed = ", ".join(map(str, MEMORY[cpu]))
        raise UsageError(f"--memory {memory} is refused: with --cpu {cpu} Fargate has {allowed}")
