"""Names and paths that both halves compute from project, stage and batch. Pure.

The library gives a resource its name, and the runner looks for it there: neither has to hand the other an address.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self

SHARED = "shared"
"""In the place of a batch's name: the values that several batches of a stage use."""

TAG_PREFIX = "batchwright:"
"""How the keys begin of the tags that both halves set. A batch's own tags cannot."""
TAG_PROJECT = f"{TAG_PREFIX}project"
TAG_STAGE = f"{TAG_PREFIX}stage"
TAG_BATCH = f"{TAG_PREFIX}batch"
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
        "machines",
        "manifests",
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

HANDED_TYPE = "Batch run ended"
"""The detail type of an event by which a machine hands over the ARN of its execution, in the field ``execution``."""

RECORDS = "record"
"""The partition of the alerts' table that holds the records of batches, one each."""

_REGISTRY_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")


class InStage(Protocol):
    """What is of a stage: a manifest, where a stage is."""

    @property
    def project(self) -> str:
        """The project."""

    @property
    def stage(self) -> str:
        """The stage."""


@dataclass(frozen=True, slots=True)
class _StageName:
    """A name of a stage: a text with places for project and stage."""

    form: str

    def __get__(self, names: InStage, _kind: object = None) -> str:
        return self.form.format(project=names.project, stage=names.stage)


@dataclass(frozen=True, slots=True)
class _StageNameOf:
    """The names of a kind in a stage: a text with a further place for the batch, or for what else one is of."""

    form: str

    def __get__(self, names: InStage, _kind: object = None) -> Callable[[str], str]:
        return partial(self.form.format, project=names.project, stage=names.stage)


@dataclass(frozen=True, slots=True)
class StageNames:
    """The names of one stage of one project. A batch and a workflow are named alike."""

    project: str
    stage: str

    prefix = _StageName("{project}-{stage}")
    """``{project}-{stage}``: how all other names begin that are no paths."""
    cluster = _StageName("{project}-{stage}")
    """The ECS cluster that the stage has unless it was given another."""
    deadline_group = _StageName("{project}-{stage}")
    """The EventBridge Scheduler group of the runs' deadlines."""
    path = _StageName("/{project}/{stage}")
    """``/{project}/{stage}``: how the names of SSM parameters and log groups begin."""
    role_path = _StageName("/{project}/{stage}/")
    """The IAM path of the stage's roles."""
    platform_stack = _StageName("{project}-{stage}-platform")
    """The stack of what the stage's batches share."""
    key_alias = _StageName("alias/{project}-{stage}")
    """The alias of the KMS key."""
    schedules = _StageName("{project}-{stage}-schedules")
    """The Scheduler group of the stage's own schedules, their role, the queue of failed starts, and their alarm."""
    machines = _StageName("{project}-{stage}-machines")
    """The function that the stage's machines ask; its stack, its role and its alarm are called the same."""
    history_log_group = _StageName("/{project}/{stage}/platform/runs")
    """The log group that keeps the runs' ends."""
    runs_rule = _StageName("{project}-{stage}-runs")
    """The EventBridge rule that keeps the ends of tasks."""
    executions_rule = _StageName("{project}-{stage}-executions")
    """The EventBridge rule that keeps the ends of machines' executions."""
    alerts = _StageName("{project}-{stage}-alerts")
    """The stack of the stage's alerts; its function is called the same."""
    alerts_table = _StageName("{project}-{stage}-alerts")
    """The DynamoDB table of last ends, and of what is decided again later."""
    alerts_role = _StageName("{project}-{stage}-alerts-function")
    """The role of the alerts function."""
    alerts_test = _StageName("{project}-{stage}-alerts-test")
    """The function that sends a test message to each channel and can do nothing else, and its role."""
    events_queue = _StageName("{project}-{stage}-events")
    """The SQS queue of what has happened in the stage, which the alerts function takes from."""
    events_dead_letters = _StageName("{project}-{stage}-events-dead-letters")
    """The SQS queue of what could not be treated, with why."""
    slack = _StageName("{project}-{stage}-slack")
    """The function that tells Slack what the topic was told, its role, and the queue that it takes from."""
    slack_dead_letters = _StageName("{project}-{stage}-slack-dead-letters")
    """The SQS queue of what Slack could not be told."""
    handed_source = _StageName("batchwright.{project}.{stage}")
    """The source of the events by which a machine says that an execution of its own has ended."""
    messages_topic = _StageName("{project}-{stage}-messages")
    """The topic of messages to people."""
    alarms_topic = _StageName("{project}-{stage}-alarms")
    """The topic of the alarms on the alerts themselves."""
    events_rule = _StageNameOf("{project}-{stage}-events-{}")
    """The EventBridge rule that sends events of a kind to the queue: `tasks`, `executions`, `handed` or `clock`."""
    alerts_alarm = _StageNameOf("{project}-{stage}-alerts-{}")
    """The alarm on the alerts themselves: `dead-letters`, `age`, `errors`, `clock` or `slack`."""
    fact = _StageNameOf("/{project}/{stage}/platform/{}")
    """The SSM parameter that publishes one of the platform's facts."""
    values_folder = _StageNameOf("/{project}/{stage}/{}")
    """The SSM path below which the values of a batch are, or those of `SHARED`."""
    log_group = _StageNameOf("/{project}/{stage}/{}")
    """A batch's log group."""
    manifests = _StageName("/{project}/{stage}/manifests")
    """The SSM path below which the manifests are."""
    manifest = _StageNameOf("/{project}/{stage}/manifests/{}")
    """The SSM parameter of the manifest of a batch, or of a workflow."""
    release = _StageNameOf("/{project}/{stage}/releases/{}")
    """The SSM parameter that records which image is released, and when. Its history is the way back."""
    watch = _StageNameOf("/{project}/{stage}/watch/{}")
    """The SSM parameter of what is watched of a batch."""
    paused = _StageNameOf("/{project}/{stage}/paused/{}")
    """The SSM parameter that exists while a batch is paused."""
    family = _StageNameOf("{project}-{stage}-{}")
    """The family of a batch's task definitions; its stack and its machine are called the same."""
    task_role = _StageNameOf("{project}-{stage}-{}-task")
    """The role a batch's containers act with."""
    machine_role = _StageNameOf("{project}-{stage}-{}-flow")
    """The role of a batch's machine."""
    execution_role = _StageNameOf("{project}-{stage}-{}-exec")
    """The role ECS starts a batch's containers with."""
    deadline_role = _StageNameOf("{project}-{stage}-{}-stop")
    """The role that a deadline stops a batch's task with."""

    @classmethod
    def of(cls, it: InStage) -> Self:
        """The names of the stage that something is of."""
        return cls(it.project, it.stage)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what belongs to the stage."""
        return {TAG_PROJECT: self.project, TAG_STAGE: self.stage}

    def value(self, owner: str, variable: str) -> str:
        """The SSM parameter of a batch's own value; with ``shared`` for a batch, of one that they share."""
        return f"{self.values_folder(owner)}/{variable}"

    def batch_tags(self, batch: str) -> dict[str, str]:
        """The tags of what belongs to a batch: its task definition, and each of its tasks."""
        return {**self.tags, TAG_BATCH: batch}


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
