"""The faults that the emulator can carry: each is there while its context lasts, and is mended when that ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.e2e.ground import LICENSE, OWN, STAGE, Ground

INDEX = "application/vnd.oci.image.index.v1+json"
ROLE = f"{STAGE}-nightly-task"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault.

    Attributes:
        check: The check of ``verify`` that finds it.
        planted: Plants it.
    """

    check: str
    planted: Callable[[Ground], AbstractContextManager[None]]


@contextmanager
def no_secret(ground: Ground) -> Iterator[None]:
    """A secret without a value."""
    ground.call("ssm", "delete_parameter", Name=f"{OWN}/TOKEN")
    yield
    ground.mended_by("batchwright", "params", "set", "nightly", "TOKEN", given="a token\n")


@contextmanager
def no_parameter(ground: Ground) -> Iterator[None]:
    """A parameter that was deleted."""
    ground.call("ssm", "delete_parameter", Name=f"{OWN}/RECIPIENT")
    yield
    ground.mended_by("batchwright", "params", "set", "nightly", "RECIPIENT", given="dev@example.com\n")


@contextmanager
def deleted_secret(ground: Ground) -> Iterator[None]:
    """A secret of Secrets Manager that is to be deleted."""
    ground.call("secretsmanager", "delete_secret", SecretId=LICENSE, RecoveryWindowInDays=7)
    yield
    ground.call("secretsmanager", "restore_secret", SecretId=LICENSE)


@contextmanager
def no_image(ground: Ground) -> Iterator[None]:
    """An image that is gone; the emulator deletes all of its tags with one."""
    tag = [{"imageTag": "stage-staging"}]
    ground.call("ecr", "batch_delete_image", repositoryName="faults/nightly", imageIds=tag)
    yield
    ground.us.run("batchwright", "image", "push", "nightly", "batches/nightly")
    ground.mended_by("batchwright", "release", "nightly")


@contextmanager
def other_cpu(ground: Ground) -> Iterator[None]:
    """An image for another CPU under the stage's tag."""
    (image,) = ground.call("ecr", "describe_images", repositoryName="faults/nightly")["imageDetails"]
    part = {"mediaType": image["imageManifestMediaType"], "digest": image["imageDigest"], "size": 1000}
    platforms = [{**part, "platform": {"architecture": "arm64", "os": "linux"}}]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": platforms})
    moved = {"imageManifest": index, "imageManifestMediaType": INDEX, "imageTag": "stage-staging"}
    ground.call("ecr", "put_image", repositoryName="faults/nightly", **moved)
    yield
    ground.mended_by("batchwright", "release", "nightly")


@contextmanager
def no_cluster(ground: Ground) -> Iterator[None]:
    """A cluster that was deleted."""
    ground.call("ecs", "delete_cluster", cluster=STAGE)
    yield
    ground.call("ecs", "create_cluster", clusterName=STAGE, capacityProviders=["FARGATE", "FARGATE_SPOT"])


@contextmanager
def no_provider(ground: Ground) -> Iterator[None]:
    """A cluster without the batch's capacity."""
    given = {"cluster": STAGE, "defaultCapacityProviderStrategy": []}
    ground.call("ecs", "put_cluster_capacity_providers", **given, capacityProviders=["FARGATE"])
    yield
    ground.call("ecs", "put_cluster_capacity_providers", **given, capacityProviders=["FARGATE", "FARGATE_SPOT"])


@contextmanager
def no_log_group(ground: Ground) -> Iterator[None]:
    """A log group that was deleted."""
    ground.call("logs", "delete_log_group", logGroupName=OWN)
    yield
    ground.call("logs", "create_log_group", logGroupName=OWN)
    ground.call("logs", "put_retention_policy", logGroupName=OWN, retentionInDays=30)


@contextmanager
def no_deadlines(ground: Ground) -> Iterator[None]:
    """A group of deadlines that was deleted."""
    ground.call("scheduler", "delete_schedule_group", Name=STAGE)
    yield
    ground.call("scheduler", "create_schedule_group", Name=STAGE)


@contextmanager
def schedule_off(ground: Ground) -> Iterator[None]:
    """A schedule that was switched off."""
    where = {"GroupName": f"{STAGE}-schedules", "Name": "nightly"}
    schedule = ground.call("scheduler", "get_schedule", **where)
    kept = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    given = {**where, **{name: schedule[name] for name in kept}}
    ground.call("scheduler", "update_schedule", **given, State="DISABLED")
    yield
    ground.call("scheduler", "update_schedule", **given, State="ENABLED")


@contextmanager
def rule_off(ground: Ground) -> Iterator[None]:
    """A rule of the history that is off."""
    ground.call("events", "disable_rule", Name=f"{STAGE}-runs")
    yield
    ground.call("events", "enable_rule", Name=f"{STAGE}-runs")


@contextmanager
def no_history(ground: Ground) -> Iterator[None]:
    """The log group of the history that was deleted."""
    name = "/faults/staging/platform/runs"
    ground.call("logs", "delete_log_group", logGroupName=name)
    yield
    ground.call("logs", "create_log_group", logGroupName=name)
    ground.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=90)


@contextmanager
def no_trust(ground: Ground) -> Iterator[None]:
    """A role that ECS cannot take."""
    trust = ground.call("iam", "get_role", RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    other = json.dumps(trust).replace("ecs-tasks.amazonaws.com", "lambda.amazonaws.com")
    ground.call("iam", "update_assume_role_policy", RoleName=ROLE, PolicyDocument=other)
    yield
    ground.call("iam", "update_assume_role_policy", RoleName=ROLE, PolicyDocument=json.dumps(trust))


@contextmanager
def dying_key(ground: Ground) -> Iterator[None]:
    """A key that is to be deleted."""
    key = ground.call("kms", "describe_key", KeyId=f"alias/{STAGE}")["KeyMetadata"]["KeyId"]
    ground.call("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=7)
    yield
    ground.call("kms", "cancel_key_deletion", KeyId=key)
    ground.call("kms", "enable_key", KeyId=key)


@contextmanager
def small_quota(ground: Ground) -> Iterator[None]:
    """A quota that is smaller than the batch."""
    before = dict(ground.quotas.world.quotas)
    ground.quotas.world.quotas["L-36FBB829"] = 0.1
    yield
    ground.quotas.world.quotas.update(before)


MET_BY_A_RUN = (
    Fault("values", no_secret),
    Fault("values", no_parameter),
    Fault("values", deleted_secret),
    Fault("image", no_image),
    Fault("cluster", no_cluster),
    Fault("cluster", no_provider),
    Fault("log group", no_log_group),
)
"""Those that the emulator meets when it starts a task, as AWS does."""

SEEN_ONLY = (
    (
        Fault("schedule", schedule_off),
        Fault("history rule", rule_off),
        Fault("task role", no_trust),
        Fault("key", dying_key),
        Fault("quota", small_quota),
    ),
    (Fault("image", other_cpu), Fault("history", no_history)),
)
"""Those of which no run knows anything, or that the emulator starts a task with all the same: some at a time."""
