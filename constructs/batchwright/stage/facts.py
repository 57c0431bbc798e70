"""What a batch must know of the stage it is declared in, whoever made that stage's resources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from aws_cdk import Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from batchwright.arns import Place
from batchwright.iam import run_policies
from batchwright.iam.policies import Statement
from batchwright.iam.run_policies import RunScope
from batchwright.task.images import BatchImage, ResolvedImage, locate, resolve_image
from batchwright.task.outside import parameter_of
from batchwright_runner.contract.files_plan import IMAGE
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.schedules.zones import UTC

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFacts:
    """The facts of one stage. Strings may be CDK tokens where the stage was deployed elsewhere."""

    names: StageNames
    place: Place
    # Account and region of the project's images
    registry: Place
    # Name of the ECS cluster, or of the SSM parameter that holds it; see `read_in`
    cluster: str
    # Ids, or names of SSM parameters that hold them comma-joined
    subnets: tuple[str, ...]
    # Ids, or names of SSM parameters, of the groups every batch is in; empty for a group of its own
    security_groups: tuple[str, ...] = ()
    # The id of the VPC, or the name of the SSM parameter that holds it; empty when unknown
    vpc_id: str = ""
    assign_public_ip: bool | str = False
    # Alias or ARN of the KMS key of the stage's secrets, or the name of the SSM parameter that holds the ARN; empty for
    # the AWS-managed key
    key: str = ""
    history: bool = True
    deadlines: bool = True
    # The zone of schedules that give none; empty for UTC, ``None`` where only the stage's own app knows it
    timezone: str | None = ""
    # Who starts the batches that name no scheduler; empty for none
    scheduler: str = ""
    runner_image: BatchImage | None = None
    # Whether what changes the stage by hand asks first
    protected: bool | str = False
    alerts: bool = False
    # Whether these give CloudWatch metrics of each run
    metrics: bool = False
    # Image to repository, of those that are not ``{project}/{image}``: a name, or a URI from elsewhere
    repositories: Mapping[str, str] = field(default_factory=dict)
    # Names of the parameters that its batches share, ``None`` where only the stage's own app knows them
    shared: Collection[str] | None = None

    @property
    def files_image(self) -> ResolvedImage:
        """The image that renders config files."""
        return self.resolve_image(f"platform {self.names.stage}", self.runner_image or IMAGE)

    @property
    def repository_arns(self) -> list[str]:
        """ARNs of all repositories of the project's images, as policies name them."""
        named = [
            locate(image, self.names.project, self.registry, self.repositories) for image in sorted(self.repositories)
        ]
        return [
            self.registry._repository(f"{self.names.project}/*"),
            *sorted({place._repository(name) for place, name in named}),
        ]

    def read_in(self, scope: Construct) -> "StageFacts":
        """The same with the cluster and the key that SSM parameters hold, as ``scope``'s stack reads them.

        Each stack reads them itself: of a value that another one has read, CDK would make an export.
        """
        if not parameter_of(self.cluster) and not parameter_of(self.key):
            return self
        cluster, key = deployed_values(scope, (self.cluster, self.key))
        return replace(self, cluster=cluster, key=key)

    def resolve_image(self, subject: str, image: str | BatchImage) -> ResolvedImage:
        """The image that a declaration means in this stage."""
        return resolve_image(subject, image, self.names, self.registry, self.repositories)

    def manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about the stage."""
        return {
            "project": self.names.project,
            "stage": self.names.stage,
            "cluster": self.cluster,
            "assign_public_ip": self.assign_public_ip,
            "history_log_group": self.names.history_log_group if self.history else "",
            "key": self.key,
            "protected": self.protected,
            "timezone": None if self.timezone is None else self.timezone or UTC,
        }

    def run_statements(self, runs: RunScope) -> list[Statement]:
        """What lets a role or user start, follow and stop batches, and read how runs of the stage ended."""
        statements = run_policies.run(self.place, self.names, runs, cluster=self.cluster, deadlines=self.deadlines)
        statements += run_policies.machine_runs(runs)
        if runs.listed:  # the less a policy has of each batch, the more batches it has room for
            statements += run_policies.read_records(self.place, self.names)
        return [*statements, *([run_policies.read_history(self.place, self.names)] if self.history else [])]


def deployed_values(scope: Construct, ids: Sequence[str]) -> tuple[str, ...]:
    """Ids as they are; for the name of an SSM parameter, its value when ``scope``'s stack is deployed."""
    names = [(id, parameter_of(id)) for id in ids]
    return tuple(ssm.StringParameter.value_for_string_parameter(scope, name) if name else id for id, name in names)


def beside(grantee: "iam.IGrantable", scope: Construct) -> Construct:
    """Where a value is read for a grantee's policy: in the grantee's stack, or in ``scope`` where it has none."""
    return Stack.of(cast("IConstruct", grantee)) if hasattr(grantee, "node") else scope
