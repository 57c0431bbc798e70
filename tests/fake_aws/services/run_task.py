"""ECS's RunTask: what it refuses, what it starts, and its client token."""

import dataclasses
import json
import re
import uuid
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.script import StartFailure
from tests.fake_aws.services.ecs_names import cluster_of, definition_of, task_of, with_tags
from tests.fake_aws.services.starting import check_request, failure, stop_reason
from tests.fake_aws.services.tasks import Task
from tests.fake_aws.world import Family, World

STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
CLIENT_TOKEN = re.compile(r"[!-~]{1,64}")
OVERRIDES_LIMIT = 8192
PROVIDERS = {"FARGATE", "FARGATE_SPOT"}
MOST_TAGS = 50


def run_task(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """RunTask, with its client token. ``_failure`` in the body (never sent by a client) asks for no task."""
    cluster = cluster_of(world, body)
    definition, family = definition_of(world, body["taskDefinition"])
    _check(body, family)
    if world.checks_starts:
        check_request(world, body, family)
        refused = failure(world, body)
        if refused is not None:
            return {"tasks": [], "failures": [refused]}
    token = body.get("clientToken", "")
    request = json.dumps({name: value for name, value in body.items() if name != "_failure"}, sort_keys=True)
    known = world.tokens.get((cluster, token))
    if token and known:
        return _joined(world, known, request)
    if "_failure" in body:
        return {"tasks": [], "failures": [body["_failure"]]}
    tasks = [start(world, cluster, body, definition, family) for _ in range(body.get("count", 1))]
    if token:
        world.tokens[cluster, token] = (request, [task.arn for task in tasks])
    return {"tasks": [with_tags(task, world.clock()) for task in tasks], "failures": []}


def _joined(world: World, known: tuple[str, list[str]], request: str) -> dict[str, Any]:
    before, arns = known
    if before != request:
        text = "The client token was used before with other parameters."
        raise AwsError("ConflictException", text, resourceIds=arns)
    now = world.clock()
    return {"tasks": [with_tags(task_of(world, arn), now) for arn in arns], "failures": []}


def start(
    world: World, cluster: str, body: dict[str, Any], definition: str, family: Family, at: float | None = None
) -> Task:
    """Starts a task, whatever ECS would say of the request: now, or at a moment just before."""
    script = family.next_script()
    reason = stop_reason(world, body, family) if world.checks_starts else ""
    if reason:
        script = dataclasses.replace(script, start_failure=StartFailure(reason=reason))
    task = Task(
        arn=world.arn("ecs", f"task/{cluster}/{uuid.uuid4().hex}"),
        cluster_arn=world.arn("ecs", f"cluster/{cluster}"),
        request=body,
        definition=definition,
        script=script,
        container=family.container,
        created=world.clock() if at is None else at,
        tags=tags_of(body, family),
    )
    world.add_task(task, family)
    return task


def tags_of(body: dict[str, Any], family: Family) -> list[dict[str, str]]:
    """The tags of a task: those of the request, and the task definition's where it asks for them.

    Which of two with one key wins, AWS does not say; here it is the request's.
    """
    requested = {tag["key"]: tag["value"] for tag in body.get("tags", [])}
    propagated = family.tags if body.get("propagateTags") == "TASK_DEFINITION" else {}
    return [{"key": key, "value": value} for key, value in {**propagated, **requested}.items()]


def _check(body: dict[str, Any], family: Family) -> None:
    """What ECS refuses of a RunTask request."""
    overrides = body.get("overrides", {})
    names = {family.container} | {sidecar.name for script in family.scripts for sidecar in script.sidecars}
    overridden = [override.get("name") for override in overrides.get("containerOverrides", [])]
    strange = [name for name in overridden if name not in names]
    providers = {share["capacityProvider"] for share in body.get("capacityProviderStrategy", [])}
    network = body.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    problems = [
        (
            bool(providers) and "launchType" in body,
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        ),
        (not network.get("subnets"), "Network Configuration must be provided when networkMode 'awsvpc' is specified."),
        (
            len(json.dumps(overrides, separators=(",", ":"), ensure_ascii=False)) > OVERRIDES_LIMIT,
            "Container Overrides length must be at most 8192",
        ),
        (bool(strange), f"Override for container named {strange[:1]} is not a container in the TaskDefinition."),
        (
            bool(providers - PROVIDERS),
            f"The specified capacity provider {sorted(providers - PROVIDERS)[:1]} was not found.",
        ),
        (
            "startedBy" in body and not STARTED_BY.fullmatch(body["startedBy"]),
            "startedBy must be 1 to 128 letters, digits, hyphens, slashes and underscores.",
        ),
        (
            "clientToken" in body and not CLIENT_TOKEN.fullmatch(body["clientToken"]),
            "clientToken must be 1 to 64 ASCII characters in the range 33-126.",
        ),
        (not 1 <= body.get("count", 1) <= 10, "Count must be between 1 and 10."),
        (body.get("propagateTags") == "SERVICE", "SERVICE is not a valid value of propagateTags when running a task."),
        (len({tag["key"] for tag in body.get("tags", [])}) < len(body.get("tags", [])), "A tag's key is there twice."),
        (len(tags_of(body, family)) > MOST_TAGS, "The maximum number of tags of a resource is 50."),
    ]
    for wrong, text in problems:
        if wrong:
            raise AwsError("InvalidParameterException", text)
