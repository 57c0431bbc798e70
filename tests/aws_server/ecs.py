"""ECS: tasks are started, shown, listed and stopped."""

import json
import re
import uuid
from typing import Any

from tests.aws_server.errors import AwsError
from tests.aws_server.tasks import Task
from tests.aws_server.world import Family, World

STARTED_BY = re.compile(r"[A-Za-z0-9/_-]{1,128}")
CLIENT_TOKEN = re.compile(r"[!-~]{1,64}")
OVERRIDES_LIMIT = 8192
TASKS_PER_CALL = 100
PROVIDERS = {"FARGATE", "FARGATE_SPOT"}


def run_task(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """RunTask, with its client token. ``_failure`` in the body (never sent by a client) asks for no task."""
    cluster = _cluster(world, body)
    definition, family = _definition(world, body["taskDefinition"])
    _check(body, family)
    token = body.get("clientToken", "")
    request = json.dumps({name: value for name, value in body.items() if name != "_failure"}, sort_keys=True)
    known = world.tokens.get((cluster, token))
    if token and known:
        return _joined(world, known, request)
    if "_failure" in body:
        return {"tasks": [], "failures": [body["_failure"]]}
    tasks = [_start(world, cluster, body, definition, family) for _ in range(body.get("count", 1))]
    if token:
        world.tokens[cluster, token] = (request, [task.arn for task in tasks])
    return {"tasks": [_with_tags(task, world.clock()) for task in tasks], "failures": []}


def _joined(world: World, known: tuple[str, list[str]], request: str) -> dict[str, Any]:
    before, arns = known
    if before != request:
        text = "The client token was used before with other parameters."
        raise AwsError("ConflictException", text, resourceIds=arns)
    now = world.clock()
    return {"tasks": [_with_tags(_task(world, arn), now) for arn in arns], "failures": []}


def _start(world: World, cluster: str, body: dict[str, Any], definition: str, family: Family) -> Task:
    task = Task(
        arn=world.arn("ecs", f"task/{cluster}/{uuid.uuid4().hex}"),
        cluster_arn=world.arn("ecs", f"cluster/{cluster}"),
        request=body,
        definition=definition,
        script=family.next_script().scaled(1 / world.speed),
        container=family.container,
        created=world.clock(),
        tags=list(body.get("tags", [])),
    )
    world.add_task(task, family)
    return task


def describe_tasks(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeTasks. ``_missing`` in the body (never sent by a client) asks for an answer that knows no task."""
    cluster, now = _cluster(world, body), world.clock()
    if not 1 <= len(body["tasks"]) <= TASKS_PER_CALL:
        raise AwsError("InvalidParameterException", "Tasks cannot be empty, nor more than 100.")
    shown, failures = [], []
    for given in body["tasks"]:
        task = world.tasks.get(given.rpartition("/")[2])
        hidden = "_missing" in body or task is None or now < task.created + task.script.missing
        if task is None or hidden or not task.cluster_arn.endswith(f"/{cluster}"):
            arn = given if given.startswith("arn:") else world.arn("ecs", f"task/{cluster}/{given}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(_with_tags(task, now) if "TAGS" in body.get("include", []) else task.describe(now))
    return {"tasks": shown, "failures": failures}


def list_tasks(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListTasks: tasks whose desired status is RUNNING, unless STOPPED is asked for."""
    cluster, now = _cluster(world, body), world.clock()
    others = {"family", "serviceName", "containerInstance", "launchType"} & body.keys()
    if "startedBy" in body and others:
        text = f"startedBy must be the only filter, and {min(others)} was given too."
        raise AwsError("InvalidParameterException", text)
    wanted = body.get("desiredStatus", "RUNNING")
    found = [
        task.arn
        for task in world.tasks.values()
        if task.cluster_arn.endswith(f"/{cluster}")
        and now >= task.created + task.script.unlisted
        and task.times.desired_status(now) == wanted
        and body.get("family", task.family) == task.family
        and body.get("startedBy", task.request.get("startedBy")) == task.request.get("startedBy")
    ]
    start, most = int(body.get("nextToken", "0")), body.get("maxResults", TASKS_PER_CALL)
    answer: dict[str, Any] = {"taskArns": found[start : start + most]}
    if start + most < len(found):
        answer["nextToken"] = str(start + most)
    return answer


def stop_task(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StopTask. It takes the task's tags away."""
    _cluster(world, body)
    task, now = _task(world, body["task"]), world.clock()
    if world.tags_guard_stop and not task.tags_at(now):
        text = (
            f"User: arn:aws:sts::{world.account}:assumed-role/batches-runner/test is not authorized to perform: "
            f"ecs:StopTask on resource: {task.arn} because no identity-based policy allows the ecs:StopTask action"
        )
        raise AwsError("AccessDeniedException", text)
    task.stop(now, body.get("reason", "Task stopped by user"))
    return {"task": _with_tags(task, now)}


def describe_task_definition(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeTaskDefinition: what is known of one here."""
    arn, family = _definition(world, body["taskDefinition"], inactive=True)
    name, _, revision = arn.rpartition("/")[2].partition(":")
    options = {
        "awslogs-group": family.log_group,
        "awslogs-region": world.region,
        "awslogs-stream-prefix": family.prefix,
    }
    definition = {
        "taskDefinitionArn": arn,
        "family": name,
        "revision": int(revision),
        "status": world.revisions[arn],
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {
                "name": family.container,
                "image": f"{name}:stage-staging",
                "essential": True,
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    }
    return {"taskDefinition": definition, "tags": []}


def _cluster(world: World, body: dict[str, Any]) -> str:
    name = str(body.get("cluster", "default")).rpartition("/")[2]
    if name not in world.clusters:
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return name


def _task(world: World, given: str) -> Task:
    task = world.tasks.get(given.rpartition("/")[2])
    if task is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    return task


def _with_tags(task: Task, now: float) -> dict[str, Any]:
    return {**task.describe(now), "tags": task.tags_at(now)}


def _definition(world: World, given: str, *, inactive: bool = False) -> tuple[str, Family]:
    """The ARN with its revision, and the family, of a task definition named in any of the allowed ways."""
    name = given.rpartition("/")[2]
    family, _, revision = name.partition(":")
    known = [arn for arn in world.revisions if arn.rpartition("/")[2].partition(":")[0] == family]
    if revision:
        found = [arn for arn in known if arn.endswith(f":{revision}")]
    else:
        found = [arn for arn in known if world.revisions[arn] == "ACTIVE"][-1:]
    if not found or family not in world.families:
        raise AwsError("ClientException", "TaskDefinition not found.")
    if world.revisions[found[0]] != "ACTIVE" and not inactive:
        raise AwsError("ClientException", "TaskDefinition is inactive")
    return found[0], world.families[family]


def _check(body: dict[str, Any], family: Family) -> None:
    """What ECS refuses of a RunTask request."""
    overrides = body.get("overrides", {})
    names = {family.container} | {sidecar.name for script in family.scripts for sidecar in script.sidecars}
    strange = [one["name"] for one in overrides.get("containerOverrides", []) if one.get("name") not in names]
    providers = {share["capacityProvider"] for share in body.get("capacityProviderStrategy", [])}
    network = body.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    problems = [
        (
            bool(providers) and "launchType" in body,
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        ),
        (
            not network.get("subnets"),
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            len(json.dumps(overrides, separators=(",", ":"))) > OVERRIDES_LIMIT,
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
    ]
    for wrong, text in problems:
        if wrong:
            raise AwsError("InvalidParameterException", text)
