"""`Fargate`: what few batches say of how AWS runs and keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from batchwright.arguments import checked_fields
from batchwright.errors import wrong
from batchwright.task.limits import check_tags
from batchwright_runner.contract.manifest import CapacityShare
from batchwright_runner.contract.names import TAG_PREFIX
from batchwright_runner.contract.sizes import ARCHITECTURES, PLATFORM_VERSIONS, STORAGE, Architecture, PlatformVersion

Capacity = Literal["on-demand", "spot"]

LOG_RETENTION = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400),
    *(545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that CloudWatch Logs can keep a log (API reference, PutRetentionPolicy, 2026-11)."""

_CHOICES: Mapping[str, Sequence[object]] = {
    "architecture": ARCHITECTURES,
    "platform_version": PLATFORM_VERSIONS,
    "capacity": get_args(Capacity),
    "log_retention_days": LOG_RETENTION,
}
"""Platform versions before 1.4.0 lack what the library relies on: disks, Spot on ARM64, fields of secrets."""

OWN_TAGS = 10
"""Tags of a task that are left for the library and the runner, which set some themselves."""


@checked_fields
@dataclass(frozen=True, slots=True, kw_only=True)
class Fargate:
    """How AWS runs the task, and what it keeps of it: ``fargate=Fargate(architecture="ARM64", capacity="spot")``.

    Attributes:
        architecture: CPU architecture: X86_64 or ARM64.
        platform_version: Fargate platform version: LATEST or 1.4.0.
        ephemeral_storage: Disk in GiB, 21 to 200. Default: Fargate's own 20.
        capacity: ``on-demand``, or ``spot``: cheaper, and AWS may end the run after a warning of two minutes.
        log_retention_days: How long the log is kept, in days, as CloudWatch Logs offers them; for the log group that is
            made.
        startable: What a start of the batch's machine may bring along, where the scheduler is ``aws``: ``command``, in
            the place of the declared one. Whoever may start the machine then runs what they like with the batch's role
            and secrets. Default: when it was due, and nothing else.
        tags: Tags of the task definition and of every task, in addition to the library's own and to those of
            ``Tags.of(…)`` and the stack, which reach every task, too; 40 of all these at most. Default: none.
    """

    architecture: Architecture = "X86_64"
    platform_version: PlatformVersion = "LATEST"
    ephemeral_storage: int | None = None
    capacity: Capacity = "on-demand"
    log_retention_days: int = 365
    startable: Literal["command"] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def _check(self, subject: str) -> None:
        """Raises unless AWS offers it.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        for argument, allowed in _CHOICES.items():
            if getattr(self, argument) not in allowed:
                raise wrong(subject, argument, getattr(self, argument), ", ".join(map(str, allowed)))
        storage, start = self.ephemeral_storage, self.startable
        if storage is not None and (type(storage) is not int or storage not in STORAGE):
            raise wrong(subject, "ephemeral_storage", storage, "21 to 200 GiB, or None for Fargate's own 20")
        if start not in (None, "command"):
            raise wrong(subject, "startable", start, 'startable="command", or nothing')
        check_tags(subject, self.tags, TAG_PREFIX, own=OWN_TAGS)

    def _manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about it; no capacity provider for Fargate on demand."""
        shares = [] if self.capacity == "on-demand" else [asdict(CapacityShare(provider="FARGATE_SPOT"))]
        return {
            "architecture": self.architecture,
            "platform_version": self.platform_version,
            "capacity": shares,
        }
