"""What a machine is made of."""

from dataclasses import dataclass, field

from batchwright_runner.contract.manifest import BatchManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """A batch, and where its tasks run. The strings may be CDK tokens.

    Attributes:
        manifest: The batch, as far as a synthesis knows it.
        cluster: The cluster's ARN.
        task_definition: The task definition's ARN, with its revision.
        family: Its family.
        subnets: Ids of the subnets, comma-joined.
        security_groups: Ids of the security groups, comma-joined; empty for the VPC's default group.
        assign_public_ip: Whether a task gets a public address; a token is ``true`` or ``false``.
        paused: The SSM parameter that is there while the batch is paused.
        tags: The tags of the machine. Those of a task come from its task definition.
        command: Whether the caller may give another command.
        alerts: Whether the stage has alerts, which a failure is handed to.
    """

    manifest: BatchManifest
    cluster: str
    task_definition: str
    family: str
    subnets: str
    security_groups: str = ""
    assign_public_ip: bool | str = False
    paused: str
    tags: dict[str, str] = field(default_factory=dict)
    command: bool = False
    alerts: bool = False
