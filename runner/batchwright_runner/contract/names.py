"""Names and paths that both halves compute from project, stage and batch. Pure.

The library gives a resource its name, and the runner looks for it there: neither has to hand the other an address.
"""

import hashlib
import re

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
        "waiting",
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

MUTED_ALL = "_all"
"""In the place of a batch's name: all batches of a stage are muted. No batch can be called so."""

_REGISTRY_HOST = re.compile(r"([0-9]{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")


def stage_path(project: str, stage: str) -> str:
    """``/{project}/{stage}``: how the names of a stage's SSM parameters and log groups begin."""
    return f"/{project}/{stage}"


def values_folder(project: str, stage: str, owner: str) -> str:
    """The SSM path below which the values of a batch are, or those of `SHARED`."""
    return f"{stage_path(project, stage)}/{owner}"


def value_path(project: str, stage: str, owner: str, variable: str) -> str:
    """The SSM parameter that holds a value of a batch, or of `SHARED`."""
    return f"{values_folder(project, stage, owner)}/{variable}"


def manifests_folder(project: str, stage: str) -> str:
    """The SSM path below which a stage's manifests are."""
    return f"{stage_path(project, stage)}/manifests"


def manifest_path(project: str, stage: str, batch: str) -> str:
    """The SSM parameter that holds a batch's manifest."""
    return f"{manifests_folder(project, stage)}/{batch}"


def release_path(project: str, stage: str, image: str) -> str:
    """The SSM parameter that records which image a stage was given, and when. Its history is the way back."""
    return f"{stage_path(project, stage)}/releases/{image}"


def cluster(project: str, stage: str) -> str:
    """The ECS cluster that a stage has unless it was given another."""
    return f"{project}-{stage}"


def schedules_group(project: str, stage: str) -> str:
    """The EventBridge Scheduler group of a stage's own schedules, which start machines."""
    return f"{cluster(project, stage)}-schedules"


def history_log_group(project: str, stage: str) -> str:
    """The log group that keeps the ends of a stage's runs."""
    return f"{stage_path(project, stage)}/platform/runs"


def runs_rule(project: str, stage: str) -> str:
    """The EventBridge rule that keeps the ends of a stage's tasks."""
    return f"{cluster(project, stage)}-runs"


def executions_rule(project: str, stage: str) -> str:
    """The EventBridge rule that keeps the ends of a stage's machines' executions."""
    return f"{cluster(project, stage)}-executions"


def watch_path(project: str, stage: str, name: str) -> str:
    """The SSM parameter of what is watched of a batch or workflow, for verbs that work where no project is at hand."""
    return f"{stage_path(project, stage)}/watch/{name}"


def paused_path(project: str, stage: str, name: str) -> str:
    """The SSM parameter that exists while a batch or workflow is paused."""
    return f"{stage_path(project, stage)}/paused/{name}"


def muted_path(project: str, stage: str, name: str) -> str:
    """The SSM parameter that exists while alerts of a batch, or those of `MUTED_ALL`, are muted."""
    return f"{stage_path(project, stage)}/muted/{name}"


def waiting_folder(project: str, stage: str, batch: str = "") -> str:
    """The SSM path below which the records of a batch's waiting runs are; of a stage's, each batch's below its own."""
    return f"{stage_path(project, stage)}/waiting" + (f"/{batch}" if batch else "")


def waiting_path(project: str, stage: str, batch: str, run: str) -> str:
    """The SSM parameter of a run that waits for its turn: an id has characters that SSM does not take."""
    return f"{waiting_folder(project, stage, batch)}/{hashlib.sha256(run.encode()).hexdigest()[:24]}"


def stage_tags(project: str, stage: str) -> dict[str, str]:
    """The tags of what belongs to a stage."""
    return {TAG_PROJECT: project, TAG_STAGE: stage}


def batch_tags(project: str, stage: str, batch: str) -> dict[str, str]:
    """The tags of what belongs to a batch: its task definition, and each of its tasks."""
    return {**stage_tags(project, stage), TAG_BATCH: batch}


def family(project: str, stage: str, batch: str) -> str:
    """The family of a batch's task definitions."""
    return f"{project}-{stage}-{batch}"


def family_of(task_definition: str) -> str:
    """The family in a task definition's ARN; empty for an empty one."""
    return task_definition.rpartition("/")[2].partition(":")[0]


def image_tag(stage: str) -> str:
    """The tag that a stage's task definitions name."""
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
