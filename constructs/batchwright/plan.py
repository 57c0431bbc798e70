"""A batch's declaration in one stage, checked: all that the making of its resources needs to know. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from batchwright.configuration import Configuration
from batchwright.container_checks import check_main, check_shares, check_sidecars
from batchwright.containers import (
    MAIN,
    STREAM_PREFIX,
    Container,
    LogTarget,
    MainContainer,
    Sidecar,
    main_container,
    sidecar_container,
)
from batchwright.declaration import Terms
from batchwright.images import BatchImage, ResolvedImage
from batchwright.shared_resources import stage_tags
from batchwright.sizes import Hardware
from batchwright.stage import StageFacts
from batchwright_runner.manifest import SCHEMA


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """What will be made of a declaration.

    Attributes:
        name: The batch's name.
        facts: The stage.
        hardware: Size, architecture, disk.
        terms: Owner, timeout, retries, and the like.
        image: What the main container runs.
        configuration: Environment, parameters, secrets.
        main: The main container.
        sidecars: The others.
    """

    name: str
    facts: StageFacts
    hardware: Hardware
    terms: Terms
    image: ResolvedImage
    configuration: Configuration
    main: MainContainer
    sidecars: tuple[Sidecar, ...]

    @property
    def subject(self) -> str:
        """Whose declaration it is, for messages."""
        return f"batch {self.name}"

    @property
    def family(self) -> str:
        """The task definition's family."""
        return self.facts.names.stack(self.name)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the task definition and of every task."""
        return {**stage_tags(self.facts.names), "batchwright:batch": self.name, **self.terms.tags}

    @property
    def repositories(self) -> list[str]:
        """ARNs of the ECR repositories that the task's images come from."""
        others = (BatchImage.from_uri(one.image).repository_arn for one in self.sidecars)
        return sorted({arn for arn in (self.image.repository_arn, *others) if arn})

    def check(self) -> None:
        """Raises unless Fargate and ECS take what was declared.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        self.hardware.check(self.subject)
        check_main(self.subject, self.main)
        variables = [*self.configuration.parameter_paths, *self.configuration.secrets]
        check_sidecars(self.subject, self.main, self.sidecars, variables)
        check_shares(self.subject, self.sidecars, self.hardware.cpu, self.hardware.memory)

    def containers(self, log_group: str) -> list[Container]:
        """The container definitions, which write into ``log_group``."""
        log = LogTarget(group=log_group, region=self.facts.place.region)
        secrets = self.configuration.container_secrets(self.facts.place)
        main = main_container(self.main, log, self.configuration.environment, secrets)
        return [main, *(sidecar_container(one, log, secrets) for one in self.sidecars)]

    def manifest_fields(self, *, subnets: str, security_groups: str, log_group: str) -> dict[str, Any]:
        """The manifest's fields but the task definition, as `BatchManifest.from_dict` takes them."""
        facts, terms, hardware = self.facts, self.terms, self.hardware
        names = facts.names
        return {
            "schema": SCHEMA,
            "project": names.project,
            "stage": names.stage,
            "account": facts.place.account,
            "region": facts.place.region,
            "batch": self.name,
            "description": terms.description,
            "owner": terms.owner,
            "runbook": terms.runbook,
            "cluster": facts.cluster,
            "container": MAIN,
            "essential": [one.name for one in self.sidecars if one.essential],
            "subnets": subnets,
            "security_groups": security_groups,
            "assign_public_ip": facts.assign_public_ip,
            "capacity": terms.shares(),
            "platform_version": hardware.platform_version,
            "log_group": log_group,
            "log_stream_prefix": STREAM_PREFIX,
            "history_log_group": names.history_log_group if facts.history else "",
            "image": asdict(self.image.reference),
            "architecture": hardware.architecture,
            "parameters": {name: asdict(one) for name, one in self.configuration.references().items()},
            "secrets": {name: one.reference for name, one in self.configuration.secrets.items()},
            "key": facts.key,
            "timeout_seconds": terms.timeout_seconds,
            "stop_timeout_seconds": self.main.stop_timeout,
            "retries": terms.retries,
            "retry_on": list(terms.retry_on),
            "overlap": terms.overlap,
            "deadline": {"group": names.deadline_group, "role": facts.deadline_role} if facts.deadlines else None,
            "tags": self.tags,
        }
