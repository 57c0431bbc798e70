"""Every name the library gives, computed from project, stage and batch: no stack needs another's outputs.

Names are checked where they are declared, so that AWS's limits cannot be met for the first time during a deployment.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from batchwright.errors import DeclarationError, wrong
from batchwright_runner.contract.alerting.names import (
    alerts_function,
    alerts_table,
    alerts_test_function,
    events_dead_letters,
    events_queue,
)
from batchwright_runner.contract.checks import NAME, NAME_LENGTHS, PROJECT, STAGE, VARIABLE
from batchwright_runner.contract.names import (
    RESERVED,
    SHARED,
    TAG_PREFIX,
    TOGETHER,
    cluster,
    executions_rule,
    family,
    history_log_group,
    image_tag,
    manifest_path,
    paused_path,
    release_path,
    runs_rule,
    stage_path,
    stage_tags,
    value_path,
    waiting_folder,
    watch_path,
)
from batchwright_runner.contract.workflows.names import workflow_path

TAG_OWNER = f"{TAG_PREFIX}owner"
"""The key of the tag by which costs are known by team; the runner does not read it."""

LOCAL = "local"
"""The stage of runs on an engineer's machine. It is never deployed."""


@dataclass(frozen=True, slots=True)
class StageNames:
    """The names of one stage of one project."""

    project: str
    stage: str

    @property
    def prefix(self) -> str:
        """``{project}-{stage}``: the cluster's name, and the beginning of every other."""
        return f"{self.project}-{self.stage}"

    @property
    def path(self) -> str:
        """``/{project}/{stage}``: the beginning of every SSM parameter and log group."""
        return stage_path(self.project, self.stage)

    @property
    def role_path(self) -> str:
        """The IAM path of the stage's roles."""
        return f"{self.path}/"

    @property
    def cluster(self) -> str:
        """The ECS cluster."""
        return cluster(self.project, self.stage)

    @property
    def platform_stack(self) -> str:
        """The stack of what the stage's batches share."""
        return f"{self.prefix}-platform"

    @property
    def key_alias(self) -> str:
        """The alias of the KMS key."""
        return f"alias/{self.prefix}"

    @property
    def image_tag(self) -> str:
        """The tag that the stage's task definitions name."""
        return image_tag(self.stage)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what belongs to the stage."""
        return stage_tags(self.project, self.stage)

    @property
    def history_log_group(self) -> str:
        """The log group that keeps the runs' ends."""
        return history_log_group(self.project, self.stage)

    @property
    def runs_rule(self) -> str:
        """The EventBridge rule that keeps the ends of tasks."""
        return runs_rule(self.project, self.stage)

    @property
    def executions_rule(self) -> str:
        """The EventBridge rule that keeps the ends of machines' executions."""
        return executions_rule(self.project, self.stage)

    @property
    def deadline_group(self) -> str:
        """The EventBridge Scheduler group of the runs' deadlines."""
        return self.prefix

    @property
    def schedules(self) -> str:
        """The Scheduler group of the stage's own schedules, their role, the queue of failed starts, and their alarm."""
        return f"{self.prefix}-schedules"

    @property
    def alerts(self) -> str:
        """The stack of the stage's alerts; its function is called the same."""
        return alerts_function(self.project, self.stage)

    @property
    def alerts_role(self) -> str:
        """The role of the alerts function."""
        return f"{self.alerts}-function"

    @property
    def alerts_test(self) -> str:
        """The function that sends a test message, and its role."""
        return alerts_test_function(self.project, self.stage)

    @property
    def alerts_table(self) -> str:
        """The DynamoDB table of last ends, and of messages that are still to be sent."""
        return alerts_table(self.project, self.stage)

    def workflow(self, workflow: str) -> str:
        """The SSM parameter of a workflow's record."""
        return workflow_path(self.project, self.stage, workflow)

    @property
    def events_queue(self) -> str:
        """The queue that the alerts function takes from."""
        return events_queue(self.project, self.stage)

    @property
    def events_dead_letters(self) -> str:
        """The queue of events that could not be treated."""
        return events_dead_letters(self.project, self.stage)

    @property
    def messages_topic(self) -> str:
        """The topic of messages to people."""
        return f"{self.prefix}-messages"

    @property
    def alarms_topic(self) -> str:
        """The topic of the alarms on the alerts themselves."""
        return f"{self.prefix}-alarms"

    def events_rule(self, kind: str) -> str:
        """The EventBridge rule that sends events of a kind to the queue: `tasks`, `executions`, `handed` or `clock`."""
        return f"{self.events_queue}-{kind}"

    def alerts_alarm(self, kind: str) -> str:
        """The alarm on the alerts themselves: `dead-letters`, `age`, `errors` or `clock`."""
        return f"{self.alerts}-{kind}"

    def fact(self, name: str) -> str:
        """The SSM parameter that publishes one of the platform's facts."""
        return f"{self.path}/platform/{name}"

    def shared(self, variable: str) -> str:
        """The SSM parameter of a value that the stage's batches share."""
        return value_path(self.project, self.stage, SHARED, variable)

    def release(self, image: str) -> str:
        """The SSM parameter that records which image is released."""
        return release_path(self.project, self.stage, image)

    def stack(self, batch: str) -> str:
        """A batch's stack; its task definition family and its machine are called the same."""
        return family(self.project, self.stage, batch)

    def parameter(self, batch: str, variable: str) -> str:
        """The SSM parameter of a batch's own value."""
        return value_path(self.project, self.stage, batch, variable)

    def manifest(self, batch: str) -> str:
        """The SSM parameter of a batch's manifest."""
        return manifest_path(self.project, self.stage, batch)

    def paused(self, batch: str) -> str:
        """The SSM parameter that exists while a batch is paused."""
        return paused_path(self.project, self.stage, batch)

    def waiting(self, batch: str) -> str:
        """The SSM path below which the records of a batch's waiting runs are."""
        return waiting_folder(self.project, self.stage, batch)

    def watch(self, batch: str) -> str:
        """The SSM parameter of what is watched of a batch."""
        return watch_path(self.project, self.stage, batch)

    def log_group(self, batch: str) -> str:
        """A batch's log group."""
        return f"{self.path}/{batch}"

    def task_role(self, batch: str) -> str:
        """The role a batch's containers act with."""
        return f"{self.prefix}-{batch}-task"

    def machine_role(self, batch: str) -> str:
        """The role of a batch's machine."""
        return f"{self.prefix}-{batch}-flow"

    def execution_role(self, batch: str) -> str:
        """The role ECS starts a batch's containers with."""
        return f"{self.prefix}-{batch}-exec"

    def deadline_role(self, batch: str) -> str:
        """The role that a deadline stops a batch's task with."""
        return f"{self.prefix}-{batch}-stop"


def registry_stack(project: str) -> str:
    """The stack of the project's ECR repositories."""
    return f"{project}-registry"


def check_project(project: str) -> None:
    """Raises unless ``project`` can begin the names of everything else."""
    if not PROJECT.fullmatch(project):
        raise wrong("project", "name", project, "2 to 20 of a-z and 0-9, a letter first, not beginning with aws or ssm")


def check_stage(stage: str) -> None:
    """Raises unless ``stage`` can name a stage."""
    if not STAGE.fullmatch(stage):
        raise wrong("stage", "name", stage, "2 to 12 of a-z and 0-9, a letter first")


def check_batch(batch: str, project: str, stages: Collection[str], kind: str = "batch") -> None:
    """Raises unless ``batch`` can name a batch or a workflow of the project, in each of its stages."""
    subject = f"{kind} {batch}"
    if not isinstance(batch, str) or not NAME.fullmatch(batch) or len(batch) not in NAME_LENGTHS:
        raise wrong(subject, "name", batch, "2 to 40 of a-z, 0-9 and single dashes between them, a letter first")
    if batch in RESERVED:
        raise DeclarationError(
            subject, "name", f"{batch!r} is reserved; so are {', '.join(sorted(RESERVED - {batch}))}"
        )
    for stage in stages:
        length = len(project) + len(stage) + len(batch)
        if length > TOGETHER:
            raise DeclarationError(
                subject,
                "name",
                f"project {project!r}, stage {stage!r} and {kind} {batch!r} have {length} characters together; "
                f"allowed: {TOGETHER}, so that the names of the IAM roles fit into 64",
            )


def check_image(subject: str, image: str) -> None:
    """Raises unless ``image`` can name an image of the registry."""
    if not isinstance(image, str) or not NAME.fullmatch(image) or len(image) not in NAME_LENGTHS:
        allowed = (
            "2 to 40 of a-z, 0-9 and single dashes between them, a letter first; BatchImage.from_uri for any other"
        )
        raise wrong(subject, "image", image, allowed)


def check_variables(subject: str, argument: str, variables: Iterable[str]) -> None:
    """Raises unless all of ``variables`` can name environment variables."""
    for variable in variables:
        if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
            raise wrong(subject, argument, variable, "names of letters, digits and underscores, no digit first")
