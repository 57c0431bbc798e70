"""Names and paths that both halves compute from project, stage and batch. Pure.

The library gives a resource its name, and the runner looks for it there: neither has to hand the other an address.
"""

import re
from dataclasses import dataclass
from typing import Protocol, Self

SHARED = "shared"
"""In the place of a batch's name: the values that several batches of a stage use."""

TAG_PREFIX = "batchwright:"
"""How the keys begin of the tags that both halves set. A batch's own tags cannot."""
TAG_PROJECT = f"{TAG_PREFIX}project"
TAG_STAGE = f"{TAG_PREFIX}stage"
TAG_BATCH = f"{TAG_PREFIX}batch"
TAG_RUN_ID = f"{TAG_PREFIX}run-id"
TAG_ATTEMPT = f"{TAG_PREFIX}attempt"
TAG_TIMEOUT = f"{TAG_PREFIX}timeout"

AGAIN = re.compile(r"(.+)-again-([1-9][0-9]{0,3})", re.DOTALL)
"""The id of a workflow's run again: that of its first run, and its number."""

RESERVED = frozenset(
    {
        SHARED,
        "alerts",
        "batchwright",
        "last",
        "local",
        "manifests",
        "muted",
        "paused",
        "platform",
        "registry",
        "releases",
        "schedules",
        "watch",
        "workflows",
    }
)
"""Names that a batch cannot have, because paths, stacks and images of the project use them."""

TOGETHER = 57
"""Characters that project, stage and batch may have together.

IAM allows 64 in a role's name (IAM user guide, "IAM and STS quotas", 2026-11); two dashes and ``-task`` take seven.
"""

FILES_CONTAINER = "files"
"""The container of a task that renders the config files before the main one starts."""

STAGE_TAGS = "stage-"
"""How an image's tags begin that stages move. All others are immutable."""

DIRTY_TAGS = "dirty-"
"""How the tags begin of images that were not built from a commit. A protected stage refuses them."""

MUTED_ALL = "_all"
"""In the place of a batch's name: all batches of a stage are muted. No batch can be called so."""

HANDED_TYPE = "Batch run ended"
"""The detail type of an event by which a machine hands over the ARN of its execution, in the field ``execution``."""

RECORDS = "record"
"""The partition of the alerts' table that holds the records of batches, one each."""

_REGISTRY_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")


class InStage(Protocol):
    """What is of a stage: a manifest, a workflow's record, where a stage is."""

    @property
    def project(self) -> str:
        """The project."""

    @property
    def stage(self) -> str:
        """The stage."""


@dataclass(frozen=True, slots=True)
class StageNames:
    """The names of one stage of one project. A batch and a workflow are named alike."""

    project: str
    stage: str

    @classmethod
    def of(cls, it: InStage) -> Self:
        """The names of the stage that something is of."""
        return cls(it.project, it.stage)

    @property
    def prefix(self) -> str:
        """``{project}-{stage}``: how all other names begin that are no paths."""
        return f"{self.project}-{self.stage}"

    @property
    def cluster(self) -> str:
        """The ECS cluster that the stage has unless it was given another."""
        return self.prefix

    @property
    def deadline_group(self) -> str:
        """The EventBridge Scheduler group of the runs' deadlines."""
        return self.prefix

    @property
    def path(self) -> str:
        """``/{project}/{stage}``: how the names of SSM parameters and log groups begin."""
        return f"/{self.project}/{self.stage}"

    @property
    def role_path(self) -> str:
        """The IAM path of the stage's roles."""
        return f"{self.path}/"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what belongs to the stage."""
        return {TAG_PROJECT: self.project, TAG_STAGE: self.stage}

    @property
    def platform_stack(self) -> str:
        """The stack of what the stage's batches share."""
        return f"{self.prefix}-platform"

    @property
    def key_alias(self) -> str:
        """The alias of the KMS key."""
        return f"alias/{self.prefix}"

    @property
    def schedules(self) -> str:
        """The Scheduler group of the stage's own schedules, their role, the queue of failed starts, and their alarm."""
        return f"{self.prefix}-schedules"

    @property
    def history_log_group(self) -> str:
        """The log group that keeps the runs' ends."""
        return f"{self.path}/platform/runs"

    @property
    def runs_rule(self) -> str:
        """The EventBridge rule that keeps the ends of tasks."""
        return f"{self.prefix}-runs"

    @property
    def executions_rule(self) -> str:
        """The EventBridge rule that keeps the ends of machines' executions."""
        return f"{self.prefix}-executions"

    @property
    def alerts(self) -> str:
        """The stack of the stage's alerts; its function is called the same."""
        return f"{self.prefix}-alerts"

    @property
    def alerts_table(self) -> str:
        """The DynamoDB table of last ends, and of messages that are still to be sent."""
        return self.alerts

    @property
    def alerts_role(self) -> str:
        """The role of the alerts function."""
        return f"{self.alerts}-function"

    @property
    def alerts_test(self) -> str:
        """The function that sends a test message to each channel and can do nothing else, and its role."""
        return f"{self.alerts}-test"

    @property
    def events_queue(self) -> str:
        """The SQS queue of what has happened in the stage, which the alerts function takes from."""
        return f"{self.prefix}-events"

    @property
    def events_dead_letters(self) -> str:
        """The SQS queue of what could not be treated, with why."""
        return f"{self.events_queue}-dead-letters"

    @property
    def handed_source(self) -> str:
        """The source of the events by which a machine says that an execution of its own has ended."""
        return f"batchwright.{self.project}.{self.stage}"

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

    def values_folder(self, owner: str) -> str:
        """The SSM path below which the values of a batch are, or those of `SHARED`."""
        return f"{self.path}/{owner}"

    def log_group(self, batch: str) -> str:
        """A batch's log group."""
        return f"{self.path}/{batch}"

    def value(self, owner: str, variable: str) -> str:
        """The SSM parameter of a batch's own value; with ``shared`` for a batch, of one that they share."""
        return f"{self.values_folder(owner)}/{variable}"

    @property
    def manifests(self) -> str:
        """The SSM path below which the manifests are."""
        return f"{self.path}/manifests"

    def manifest(self, batch: str) -> str:
        """The SSM parameter of a batch's manifest."""
        return f"{self.manifests}/{batch}"

    @property
    def workflows(self) -> str:
        """The SSM path below which the records of workflows are."""
        return f"{self.path}/workflows"

    def workflow(self, workflow: str) -> str:
        """The SSM parameter of a workflow's record."""
        return f"{self.workflows}/{workflow}"

    def release(self, image: str) -> str:
        """The SSM parameter that records which image is released, and when. Its history is the way back."""
        return f"{self.path}/releases/{image}"

    def watch(self, batch: str) -> str:
        """The SSM parameter of what is watched of a batch."""
        return f"{self.path}/watch/{batch}"

    def paused(self, batch: str) -> str:
        """The SSM parameter that exists while a batch is paused."""
        return f"{self.path}/paused/{batch}"

    def muted(self, batch: str) -> str:
        """The SSM parameter that exists while alerts of a batch, or those of ``_all``, are muted."""
        return f"{self.path}/muted/{batch}"

    def family(self, batch: str) -> str:
        """The family of a batch's task definitions; its stack and its machine are called the same."""
        return f"{self.prefix}-{batch}"

    def batch_tags(self, batch: str) -> dict[str, str]:
        """The tags of what belongs to a batch: its task definition, and each of its tasks."""
        return {**self.tags, TAG_BATCH: batch}

    def task_role(self, batch: str) -> str:
        """The role a batch's containers act with."""
        return f"{self.family(batch)}-task"

    def machine_role(self, batch: str) -> str:
        """The role of a batch's machine."""
        return f"{self.family(batch)}-flow"

    def execution_role(self, batch: str) -> str:
        """The role ECS starts a batch's containers with."""
        return f"{self.family(batch)}-exec"

    def deadline_role(self, batch: str) -> str:
        """The role that a deadline stops a batch's task with."""
        return f"{self.family(batch)}-stop"


def family_of(task_definition: str) -> str:
    """The family in a task definition's ARN; empty for an empty one."""
    return task_definition.rpartition("/")[2].partition(":")[0]


def image_tag(stage: str) -> str:
    """The tag that the stage's task definitions name."""
    return f"{STAGE_TAGS}{stage}"


def previous_image_tag(stage: str) -> str:
    """The tag that keeps what a stage's tag pointed at before."""
    return f"{image_tag(stage)}-previous"


def repository(project: str, image: str) -> str:
    """The ECR repository of an image."""
    return f"{project}/{image}"


def endpoints_domain(region: str) -> str:
    """The domain of a region's endpoints (AWS General Reference, "Service endpoints", 2026-11)."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def registry_host(account: str, region: str, domain: str = "") -> str:
    """The host name of an account's ECR registry (Amazon ECR user guide, "Private registry", 2026-11)."""
    return f"{account}.dkr.ecr.{region}.{domain or endpoints_domain(region)}"


def registry_place(host: str) -> tuple[str, str] | None:
    """Account and region of an ECR registry's host name, also a FIPS or dual-stack one; none for any other host."""
    match = _REGISTRY_HOST.fullmatch(host)
    return (match[1], match[2]) if match else None
