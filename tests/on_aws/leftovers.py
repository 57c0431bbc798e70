"""Removes what a trial has made, and names what it cannot remove.

Nothing is removed that the trial's own record in the account does not list, by a name that was free when the trial
began. What a crash has left is found as well as what a trial has made to its end. Keys have no name: their tag has the
record's stamp.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain, product
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.on_aws.account import ECS_ROLE, NAMED, RECORD, TAG, TOOLKIT, Named, recorded
from tests.on_aws.acts import machine_arn
from tests.on_aws.trial import Trial, has_expired, why

BELOW = ("trial-probe-platform", "trial-registry", TOOLKIT)
"""The stacks that others stand on; CDK's own, with the role that deletes all others, is removed last."""
PATIENCE = 600.0
"""Seconds for a connection, or new credentials, to come back."""
STACK = 900.0
"""Seconds that the deletion of a stack may take."""
PASSES = 2
"""A second look finds what was made during the first, such as the log group of a function that writes a last line."""
TRIES = 3
"""How often it is tried."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that a trial has made.

    Attributes:
        name: Its kind and name.
        remove: Removes it.
    """

    name: str
    remove: Callable[[], Any]


def clean(trial: Trial, patience: float = PATIENCE) -> list[str]:
    """Removes everything.

    Args:
        trial: The trial.
        patience: Seconds for a connection, or new credentials, to come back.

    Returns:
        What could not be removed, and why.
    """
    until = time.monotonic() + patience
    while True:
        try:
            trial.fresh()
            record = recorded(trial)
            return _clean(trial, record) if record else []
        except (BotoCoreError, ClientError) as error:
            gone = has_expired(error) or isinstance(error, BotoCoreError)
            if not gone or time.monotonic() > until:
                return [f"everything that is tagged {TAG}: {why(error)}"]
            trial.say(f"cannot clean up yet: {why(error)}. Renew the credentials, or the connection: it is tried again")
            trial.sleep(10)


def _clean(trial: Trial, record: Any) -> list[str]:  # noqa: ANN401 - JSON
    stays: list[str] = []
    for _ in range(PASSES):
        stays = []
        with ThreadPoolExecutor(8) as pool:
            try:
                for kind in KINDS:
                    stays += chain.from_iterable(pool.map(partial(_removed, trial), list(kind(trial, record))))
            except KeyboardInterrupt:
                trial.end("Ctrl-C")
                raise
    if not stays:
        trial.client("ssm").delete_parameter(Name=RECORD)
    return stays


def _removed(trial: Trial, left: Left) -> list[str]:
    """Removes it; nothing, or why it stays."""
    trial.say(f"removes {left.name}")
    try:
        left.remove()
    except ClientError as error:
        if has_expired(error):
            raise
        return [] if _is_gone(error) else [f"{left.name}: {error.response['Error'].get('Message') or why(error)}"]
    except TimeoutError as error:
        return [f"{left.name}: {error}"]
    return []


def _is_gone(error: ClientError) -> bool:
    said = f"{error.response['Error']['Code']} {error.response['Error'].get('Message', '')}"
    return any(word in said for word in ("NotFound", "DoesNotExist", "NoSuchEntity", "does not exist", "not running"))


def _pages(trial: Trial, service: str, operation: str, where: str, **given: Any) -> list[Any]:  # noqa: ANN401
    """All that is listed; nothing where what it would lie in is gone."""
    try:
        return trial.all(service, operation, where, **given)
    except ClientError as error:
        if _is_gone(error):
            return []
        raise


def _named(kind: Named) -> Callable[[Trial, Any], Iterator[Left]]:
    """What the record names, and no stack removes: all but the record, which goes last."""

    def found(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
        service, _, _, key = kind.lists
        remove = getattr(trial.client(service), kind.removes)
        for name in {*kind.names(trial)} & {*record["made"][kind.kind]} - {RECORD}:
            yield Left(f"{kind.kind} {name}", partial(remove, **{key: name}, **kind.more))

    return found


def _role(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    """ECS's own role, where there was none before."""
    if not record["had_role"]:
        remove = partial(trial.client("iam").delete_service_linked_role, RoleName=ECS_ROLE)
        yield Left(f"role {ECS_ROLE}", remove)


def _starters(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    """What would start more, while the rest is removed."""
    client = trial.client("scheduler")
    for group in record["made"]["schedule group"]:
        for schedule in _pages(trial, "scheduler", "list_schedules", "Schedules", GroupName=group):
            name = schedule["Name"]
            yield Left(f"schedule {name}", partial(client.delete_schedule, Name=name, GroupName=group))


def _executions(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    client = trial.client("stepfunctions")
    for name in record["made"]["state machine"]:
        running = {"stateMachineArn": machine_arn(trial, name), "statusFilter": "RUNNING"}
        for execution in _pages(trial, "stepfunctions", "list_executions", "executions", **running):
            stop = partial(client.stop_execution, executionArn=execution["executionArn"])
            yield Left(f"execution {execution['name']}", stop)


def _tasks(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    client = trial.client("ecs")
    for cluster in record["made"]["cluster"]:
        for arn in _pages(trial, "ecs", "list_tasks", "taskArns", cluster=cluster):
            yield Left(f"task {arn.rpartition('/')[2]}", partial(client.stop_task, cluster=cluster, task=arn))


def _stacks(last: str = "") -> Callable[[Trial, Any], Iterator[Left]]:
    """One of the stacks that others stand on, or all that stand on those."""

    def found(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
        for stack in _pages(trial, "cloudformation", "describe_stacks", "Stacks"):
            name, own = stack["StackName"], {"Key": TAG, "Value": record["stamp"]} in stack.get("Tags", ())
            if own and name in record["made"]["stack"] and last == (name if name in BELOW else ""):
                yield Left(f"stack {name}", partial(_delete_stack, trial, name))

    return found


def _delete_stack(trial: Trial, name: str) -> None:
    client = trial.client("cloudformation")
    until, tries = time.monotonic() + STACK, 0
    while time.monotonic() < until:
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        status = stack["StackStatus"]
        if status == "DELETE_COMPLETE":
            return
        if not status.endswith("_IN_PROGRESS"):
            if tries == TRIES:
                raise TimeoutError(stack.get("StackStatusReason") or status)
            tries += 1
            client.delete_stack(StackName=name)
        trial.sleep(2)
    raise TimeoutError(f"its deletion takes longer than {STACK:g} s")


def _kept(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    """What stacks leave behind: the bucket of CDK's, and keys by the tag with the record's stamp."""
    s3, kms = trial.client("s3"), trial.client("kms")
    listed = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for bucket in listed.intersection(record["made"]["bucket"]):
        yield Left(f"bucket {bucket}", partial(_delete_bucket, s3, bucket))
    own = {"TagFilters": [{"Key": TAG, "Values": [record["stamp"]]}], "ResourceTypeFilters": ["kms:key"]}
    tagged = _pages(trial, "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", **own)
    for arn in sorted(resource["ResourceARN"] for resource in tagged):
        if kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            week = {"KeyId": arn, "PendingWindowInDays": 7}
            yield Left(f"key {arn.rpartition('/')[2]}, in seven days", partial(kms.schedule_key_deletion, **week))


def _delete_bucket(s3: Any, name: str) -> None:  # noqa: ANN401
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=name).build_full_result()
    for version in [*pages.get("Versions", ()), *pages.get("DeleteMarkers", ())]:
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=name)


def _revisions(trial: Trial, record: Any) -> Iterator[Left]:  # noqa: ANN401 - JSON
    """Revisions of the record's families, which were free: a stack only deregisters them, or keeps them."""
    ecs, families = trial.client("ecs"), record["made"]["family"]
    for family, status in product(families, ("ACTIVE", "INACTIVE")):
        given = {"familyPrefix": family, "status": status}
        for arn in _pages(trial, "ecs", "list_task_definitions", "taskDefinitionArns", **given):
            name = arn.rpartition("/")[2]
            if name.partition(":")[0] == family:
                yield Left(f"revision {name}", partial(_delete_revision, ecs, arn, status))


def _delete_revision(ecs: Any, arn: str, status: str) -> None:  # noqa: ANN401
    if status == "ACTIVE":
        ecs.deregister_task_definition(taskDefinition=arn)
    ecs.delete_task_definitions(taskDefinitions=[arn])


KINDS = (
    _starters,
    _executions,
    _tasks,
    _stacks(),
    *map(_stacks, BELOW),
    _kept,
    _revisions,
    *(_named(kind) for kind in NAMED if kind.removes),
    _role,
)
"""What is removed, one kind after the other."""
