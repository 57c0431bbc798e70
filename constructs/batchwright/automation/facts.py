"""What a machine is made of."""

from dataclasses import dataclass, field

from batchwright_runner.contract.manifest import BatchManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A batch, and where its tasks run. The strings may be CDK tokens."""

    manifest: BatchManifest
    cluster: str
    task_definition: str
    family: str
    subnets: str
    # Ids of the security groups, comma-joined; empty for the VPC's default group
    security_groups: str = ""
    # Whether a task gets a public address; a token is ``true`` or ``false``
    assign_public_ip: bool | str = False
    # The SSM parameter that is there while the batch is paused
    paused: str
    tags: dict[str, str] = field(default_factory=dict)
    command: bool = False
    # Whether the stage has alerts, which a failure is handed to
    alerts: bool = False
