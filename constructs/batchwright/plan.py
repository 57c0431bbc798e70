"""A batch's declaration in one stage, checked: all that the making of its resources needs to know. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright.names import LOCAL, TAG_OWNER
from batchwright.options import options_fields
from batchwright.registry.publishers import check_pushed_by
from batchwright.stage.facts import StageFacts
from batchwright.task.checks import check_in_plain_sight, check_words, seconds
from batchwright.task.configuration import Configuration
from batchwright.task.container import Container
from batchwright.task.container_checks import check_shares, check_sidecars
from batchwright.task.containers import (
    MAIN,
    STREAM_PREFIX,
    Definition,
    Sidecar,
    log_configuration,
    main_container,
    main_waits_for,
    sidecar_container,
)
from batchwright.task.existing import Existing
from batchwright.task.fargate import OWN_TAGS, Fargate
from batchwright.task.files import check_names, check_task, files_container
from batchwright.task.images import ResolvedImage, as_image, check_known, check_length
from batchwright.task.limits import check_containers, check_size, check_tags, tag_text
from batchwright.task.outside import check_home
from batchwright.task.sizes import check_cpu_and_memory
from batchwright.task.volumes import Volume, efs_configuration, names_of
from batchwright.terms import Terms
from batchwright.timing import Timing
from batchwright_runner.contract.alerting.ask import Ask
from batchwright_runner.contract.files_plan import FilesPlan
from batchwright_runner.contract.manifest import SCHEMA
from batchwright_runner.contract.names import TAG_PREFIX, StageNames
from batchwright_runner.contract.options import RunOption
from batchwright_runner.contract.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """What will be made of a declaration."""

    name: str
    facts: StageFacts
    cpu: int
    # Memory in MiB
    memory: int
    fargate: Fargate
    # Owner, timeout, retries, and the like
    terms: Terms
    timing: Timing
    options: tuple[RunOption, ...] = ()
    # Which messages its stage's alerts send about it
    alerts: Ask = field(default_factory=Ask)
    # Whether the stage has workflows, which start every batch by its machine
    in_workflows: bool = False
    image: ResolvedImage
    # The branch whose CI may push that; ``None`` for none
    pushed_by: str | None
    configuration: Configuration
    # The main container's command; ``None`` for the image's
    command: Sequence[str] | None
    container: Container
    sidecars: tuple[Sidecar, ...]
    # The config files; ``None`` without any
    files: FilesPlan | None
    # What is used of other people's resources
    existing: Existing = field(default_factory=Existing)

    @property
    def subject(self) -> str:
        """Whose declaration it is, for messages."""
        return f"batch {self.name}"

    @property
    def family(self) -> str:
        """The task definition's family."""
        return self.facts.names.family(self.name)

    @property
    def machine(self) -> str:
        """The ARN of its state machine; empty where neither AWS nor a workflow starts it."""
        has_machine = (self.timing.by_aws or self.in_workflows) and self.facts.names.stage != LOCAL
        return self.facts.place._machine(self.family) if has_machine else ""

    @property
    def takes_command(self) -> bool:
        """Whether a start of its machine may bring a command."""
        return bool(self.machine and self.fargate.startable)

    @property
    def watch(self) -> Watch:
        """What is watched of it."""
        return Watch(
            schedule=str(self.timing.schedule or ""),
            scheduler=self.timing.scheduler,
            expected_seconds=self.terms.expected_seconds,
            window_seconds=self.timing.window_seconds,
            alerts=self.alerts.to_dict(),
        )

    @property
    def tags(self) -> dict[str, str]:
        """The tags of the task definition, which every task gets with its start, and of the machine."""
        names, owner = self.facts.names, {TAG_OWNER: tag_text(self.terms.owner)}
        return {**StageNames.of(names).batch_tags(self.name), **owner, **self.fargate.tags}

    def check_tags(self, tags: Mapping[str, str]) -> None:
        """Raises unless ECS takes all tags that the task definition has come to, and what was added is not our own."""
        others = {key: value for key, value in tags.items() if key in self.fargate.tags or self.tags.get(key) != value}
        check_tags(self.subject, others, TAG_PREFIX, own=OWN_TAGS)

    @property
    def others(self) -> tuple[Sidecar, ...]:
        """The containers beside the main one: the sidecars, and the one that renders the config files."""
        if self.files is None:
            return self.sidecars
        image, variables = self.facts.files_image.uri, self.configuration
        return (*self.sidecars, files_container(self.files, image, variables.environment, self._stored))

    @property
    def _stored(self) -> list[str]:
        """The variables whose values are stored elsewhere."""
        return [*self.configuration.parameter_paths, *self.configuration.secrets]

    @property
    def file_systems(self) -> dict[Volume, str]:
        """The file systems from elsewhere that its containers mount, and their names in the task."""
        return names_of([self.container.volumes, *(sidecar.volumes for sidecar in self.sidecars)])

    @property
    def repositories(self) -> list[str]:
        """ARNs of the ECR repositories that the task's images come from."""
        arns = [self.image.repository_arn, *(as_image(sidecar.image).repository_arn for sidecar in self.sidecars)]
        if self.files is not None:
            arns.append(self.facts.files_image.repository_arn)
        return sorted({arn for arn in arns if arn})

    def check(self, *, registry_elsewhere: bool) -> None:
        """Raises unless Fargate and ECS take what was declared. The groups of arguments were checked when given."""
        self.terms.check(self.subject)
        check_cpu_and_memory(self.subject, self.cpu, self.memory)
        check_words(self.subject, "command", self.command)
        if self.files is not None:
            check_names(self.subject, self.files, self.container, self.sidecars)
        check_sidecars(self.subject, self.others, self._stored)
        check_containers(self.subject, [container.name for container in self.others])
        check_length(self.subject, "image", self.image)
        for sidecar in self.sidecars:
            check_length(self.subject, f"sidecar {sidecar.name}: image", as_image(sidecar.image))
            check_known(self.subject, f"sidecar {sidecar.name}: image", as_image(sidecar.image), self.facts.names.stage)
        check_shares(self.subject, self.sidecars, self.cpu, self.memory)
        if self.facts.names.stage != LOCAL:
            self._check_home()
        in_registry = bool(self.image.reference.name)
        check_pushed_by(self.subject, self.pushed_by, in_registry=in_registry, elsewhere=registry_elsewhere)

    def _check_home(self) -> None:
        self.existing._check_home(self.subject, self.facts.place)
        self.configuration.check_home(self.subject, self.facts.place)
        for volume in self.file_systems:
            check_home(self.subject, "volumes", volume.file_system_arn, self.facts.place, "a file system")

    def task(
        self, *, task_role: str, execution_role: str, log_group: str, volumes: Mapping[str, Volume]
    ) -> dict[str, Any]:
        """The task definition as the ECS API's ``RegisterTaskDefinition`` takes it."""
        containers = self._containers(log_group)
        names = {mount["sourceVolume"] for container in containers for mount in container.get("mountPoints", ())}
        task: dict[str, Any] = {
            "family": self.family,
            "cpu": str(self.cpu),
            "memory": str(self.memory),
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": {"cpuArchitecture": self.fargate.architecture, "operatingSystemFamily": "LINUX"},
            "taskRoleArn": task_role,
            "executionRoleArn": execution_role,
            "containerDefinitions": containers,
        }
        if self.fargate.ephemeral_storage:
            task["ephemeralStorage"] = {"sizeInGiB": self.fargate.ephemeral_storage}
        if names:
            systems = {name: efs_configuration(volume) for name, volume in volumes.items()}
            task["volumes"] = [{"name": name, **systems.get(name, {})} for name in sorted(names)]
        if self.files is not None:
            check_task(self.subject, self.files, task)
        check_in_plain_sight(self.subject, "task definition", containers)
        check_size(self.subject, task)
        return task

    def _containers(self, log_group: str) -> list[Definition]:
        log = log_configuration(log_group, self.facts.place.region)
        secrets = self.configuration.container_secrets(self.facts.place)
        main = main_container(
            self.image.uri,
            self.command,
            self.container,
            log,
            self.configuration.environment,
            secrets,
            waits_for=main_waits_for(self.others),
            files=self.files.folders if self.files else None,
            file_systems=self.file_systems,
        )
        return [main, *(sidecar_container(container, log, secrets, self.file_systems) for container in self.others)]

    def file_fields(self) -> dict[str, Any]:
        """The batch file's fields beside its manifest and its task."""
        return {
            "watch": self.watch,
            "reads": tuple(self.terms.reads),
            "writes": tuple(self.terms.writes),
            "startable": ("command",) if self.takes_command else (),
        }

    def manifest_fields(
        self, *, subnets: str, security_groups: str, log_group: str, deadline_role: str
    ) -> dict[str, Any]:
        """The manifest's fields but the task definition, as `BatchManifest.from_dict` takes them.

        Each part gives its own; those of what is made for a batch, or of several parts, are here.
        """
        names = self.facts.names
        fields: dict[str, Any] = {
            "schema": SCHEMA,
            "batch": self.name,
            "container": MAIN,
            "log_stream_prefix": STREAM_PREFIX,
            "stop_timeout_seconds": seconds(self.container.stop_timeout),
            "essential": ",".join(sidecar.name for sidecar in self.sidecars if sidecar.essential),
            "subnets": subnets,
            "security_groups": security_groups,
            "log_group": log_group,
            **options_fields(self.options),
            "deadline": {"group": names.deadline_group, "role": deadline_role} if self.facts.deadlines else None,
            "machine": self.machine,
        }
        fields |= {**self.facts.manifest_fields(), **self.terms.manifest_fields(), **self.timing.manifest_fields()}
        fields |= {**self.image.manifest_fields(), **self.fargate._manifest_fields()}
        fields |= self.configuration.manifest_fields()
        if self.files is not None:
            fields["files_image"] = self.facts.files_image.reference.name
            fields["files_variables"] = list(self.files.variables)
        return fields
