"""What Fargate offers, and the choices of a declaration that both halves know. Pure."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

Overlap = Literal["allow", "forbid", "wait"]
Architecture = Literal["X86_64", "ARM64"]
PlatformVersion = Literal["LATEST", "1.4.0"]

AWS = "aws"
"""The scheduler that is AWS itself: a state machine, and a schedule of EventBridge Scheduler."""
SCHEDULERS = (AWS, "rundeck", "cron")
"""The schedulers that start a batch by what is deployed or exported; any other word is shown and watched."""
NOBODY = "nobody"
"""How people write that no scheduler starts a batch."""
KNOWN_SCHEDULERS = (*SCHEDULERS, NOBODY)

OVERLAPS: tuple[Overlap, ...] = get_args(Overlap)
ARCHITECTURES: tuple[Architecture, ...] = get_args(Architecture)
"""CPU architectures of Linux tasks (ECS API reference, RuntimePlatform.cpuArchitecture, 2026-11)."""
PLATFORM_VERSIONS: tuple[PlatformVersion, ...] = get_args(PlatformVersion)
"""Versions of Fargate for Linux that have all that is used here (ECS developer guide, "Fargate platform versions",
2026-11)."""

DEFAULT_ARCHITECTURE: Architecture = "X86_64"

IMAGE_ARCHITECTURES: Mapping[str, Architecture] = {"amd64": "X86_64", "arm64": "ARM64"}
"""A CPU architecture as an image names it (OCI image specification, ``architecture``) to ECS's name (2026-11)."""

GIB = 1024
"""MiB."""

MEMORY: Mapping[int, Sequence[int]] = {
    256: (512, 1 * GIB, 2 * GIB),
    512: range(1 * GIB, 4 * GIB + 1, GIB),
    1024: range(2 * GIB, 8 * GIB + 1, GIB),
    2048: range(4 * GIB, 16 * GIB + 1, GIB),
    4096: range(8 * GIB, 30 * GIB + 1, GIB),
    8192: range(16 * GIB, 60 * GIB + 1, 4 * GIB),
    16384: range(32 * GIB, 120 * GIB + 1, 8 * GIB),
    32768: (60 * GIB, 120 * GIB, 244 * GIB),
}
"""CPU units (1024 = 1 vCPU) to the MiB of memory that may go with them, on Linux; Windows has fewer.

Amazon ECS developer guide, "Task CPU and memory" of the Fargate task definition parameters, 2026-11.
"""

STORAGE = range(21, 201)
"""GiB of ephemeral storage that a task may ask for; without asking it has 20.

Amazon ECS developer guide, "Ephemeral storage" of the same page, 2026-11.
"""


def nearest(cpu: int, memory: int) -> list[tuple[int, int]]:
    """The sizes nearest to one that Fargate does not have.

    `memory`: Memory in MiB.
    Returns pairs of CPU units and MiB, at most three, each once: the smallest that is at least as large in both, the
    nearest of the same CPU, and the largest that is at most as large in both.
    """
    sizes = [(c, m) for c, memories in MEMORY.items() for m in memories]
    above = min(((c, m) for c, m in sizes if c >= cpu and m >= memory), default=sizes[-1])
    below = max(((c, m) for c, m in sizes if c <= cpu and m <= memory), default=sizes[0])
    same = min(((c, m) for c, m in sizes if c == cpu), key=lambda size: abs(size[1] - memory), default=above)
    return sorted({above, below, same})
