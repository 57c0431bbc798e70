"""`Fargate`: what few batches say of the machine that they run on."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from batchwright.arguments import checked_fields
from batchwright.errors import wrong
from batchwright.task.sizes import check_hardware, check_storage
from batchwright_runner.contract.manifest import CapacityShare
from batchwright_runner.contract.sizes import Architecture, PlatformVersion

Capacity = Literal["on-demand", "spot"]


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Fargate:
    """What Fargate runs the task on: ``fargate=Fargate(architecture="ARM64", capacity="spot")``.

    Attributes:
        architecture: CPU architecture: X86_64 or ARM64.
        platform_version: Fargate platform version: LATEST or 1.4.0.
        ephemeral_storage: Disk in GiB, 21 to 200. Default: Fargate's own 20.
        capacity: ``on-demand``, or ``spot``: cheaper, and AWS may end the run after a warning of two minutes.
    """

    architecture: Architecture = "X86_64"
    platform_version: PlatformVersion = "LATEST"
    ephemeral_storage: int | None = None
    capacity: Capacity = "on-demand"

    def check(self, subject: str) -> None:
        """Raises unless Fargate offers it.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        check_hardware(subject, self.architecture, self.platform_version)
        check_storage(subject, self.ephemeral_storage)
        if self.capacity not in get_args(Capacity):
            raise wrong(subject, "capacity", self.capacity, ", ".join(get_args(Capacity)))

    def manifest_fields(self) -> dict[str, Any]:
        """What the manifest says of it; no capacity provider for Fargate on demand."""
        shares = [] if self.capacity == "on-demand" else [asdict(CapacityShare(provider="FARGATE_SPOT"))]
        return {
            "architecture": self.architecture,
            "platform_version": self.platform_version,
            "capacity": shares,
        }
