"""A batch's declaration in one stage, checked: all that the making of its resources needs to know. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from batchwright.stage.facts import StageFacts
from batchwright.task.configuration import Configuration
from batchwright.task.container_checks import check_main, check_shares, check_sidecars
from batchwright.task.containers import (
    MAIN,
    STREAM_PREFIX,
    Container,
    LogTarget,
    MainContainer,
    Sidecar,
    main_container,
    sidecar_container,
)
from batchwright.task.files import check_names, check_size, files_container
from batchwright.task.images import BatchImage, ResolvedImage
from batchwright.task.sizes import Hardware
from batchwright.terms import Terms
from batchwright_runner.contract.files_plan import FilesPlan
from batchwright_runner.contract.manifest import SCHEMA
from batchwright_runner.contract.names import TAG_BATCH


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
        sidecars: The others, as declared.
        files: The config files; ``None`` without any.
        runner_image: The image that renders them.
    """

    name: str
    facts: StageFacts
    hardware: Hardware
    terms: Terms
    image: ResolvedImage
    configuration: Configuration
    main: MainContainer
    sidecars: tuple[Sidecar, ...]
    files: FilesPlan | None
    runner_image: ResolvedImage

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
        return {**self.facts.names.tags, TAG_BATCH: self.name, **self.terms.tags}

    @property
    def others(self) -> tuple[Sidecar, ...]:
        """The containers beside the main one: the sidecars, and the one that renders the config files."""
        if self.files is None:
            return self.sidecars
        variables = (*self.configuration.parameter_paths, *self.configuration.secrets)
        rendering = files_container(self.files, self.runner_image.uri, self.configuration.environment, variables)
        return (*self.sidecars, rendering)

    @property
    def repositories(self) -> list[str]:
        """ARNs of the ECR repositories that the task's images come from."""
        arns = [self.image.repository_arn, *(BatchImage.from_uri(one.image).repository_arn for one in self.sidecars)]
        if self.files is not None:
            arns.append(self.runner_image.repository_arn)
        return sorted({arn for arn in arns if arn})

    def check(self) -> None:
        """Raises unless Fargate and ECS take what was declared.

        Raises:
            DeclarationError: Naming the argument, what was given and what is allowed.
        """
        self.hardware.check(self.subject)
        check_main(self.subject, self.main)
        if self.files is not None:
            check_names(self.subject, self.files, self.main, self.sidecars)
        variables = [*self.configuration.parameter_paths, *self.configuration.secrets]
        check_sidecars(self.subject, self.main, self.others, variables)
        check_shares(self.subject, self.sidecars, self.hardware.cpu, self.hardware.memory)

    def containers(self, log_group: str) -> list[Container]:
        """The container definitions, which write into ``log_group``."""
        log = LogTarget(group=log_group, region=self.facts.place.region)
        secrets = self.configuration.container_secrets(self.facts.place)
        declared = replace(
            self.main,
            depends_on=self.main.waiting_for(self.others),
            files=self.files.folders if self.files is not None else {},
        )
        main = main_container(declared, log, self.configuration.environment, secrets)
        return [main, *(sidecar_container(one, log, secrets) for one in self.others)]

    def check_task(self, task: Mapping[str, Any]) -> None:
        """Raises if the templates make the task definition too large.

        Raises:
            DeclarationError: Naming the largest templates.
        """
        if self.files is not None:
            check_size(self.subject, self.files, len(json.dumps(task, ensure_ascii=False).encode()))

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
            "files_image": self.runner_image.reference.name if self.files is not None else "",
            "files_variables": list(self.files.variables) if self.files is not None else [],
            "deadline": {"group": names.deadline_group, "role": facts.deadline_role} if facts.deadlines else None,
            "tags": self.tags,
        }
