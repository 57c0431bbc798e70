"""ECS: tasks are shown, listed and stopped."""

from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.ecs_names import cluster_of, definition_of, not_found, task_of, with_tags
from tests.fake_aws.world import World, page_of

TASKS_PER_CALL = 100


def describe_tasks(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeTasks. ``_missing`` in the body (never sent by a client) asks for an answer that knows no task."""
    cluster, now = cluster_of(world, body), world.clock()
    if not 1 <= len(body["tasks"]) <= TASKS_PER_CALL:
        raise AwsError("InvalidParameterException", "Tasks cannot be empty, nor more than 100.")
    shown, failures = [], []
    for name in body["tasks"]:
        task = world.tasks.get(name.rpartition("/")[2])
        hidden = "_missing" in body or task is None or now < task.created + task.script.missing
        if task is None or hidden or not task.cluster_arn.endswith(f"/{cluster}"):
            arn = name if name.startswith("arn:") else world.arn("ecs", f"task/{cluster}/{name}")
            failures.append({"arn": arn, "reason": "MISSING"})
        else:
            shown.append(with_tags(task, now) if "TAGS" in body.get("include", []) else task.describe(now))
    return {"tasks": shown, "failures": failures}


def list_tasks(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """ListTasks: tasks whose desired status is RUNNING, unless STOPPED is asked for."""
    cluster, now = cluster_of(world, body), world.clock()
    others = {"family", "serviceName", "containerInstance", "launchType"} & body.keys()
    if "startedBy" in body and others:
        text = f"startedBy must be the only filter, and {min(others)} was given too."
        raise AwsError("InvalidParameterException", text)
    wanted = body.get("desiredStatus", "RUNNING")
    arns = [
        task.arn
        for task in world.tasks.values()
        if task.cluster_arn.endswith(f"/{cluster}")
        and now >= task.created + task.script.unlisted
        and task.times.desired_status(now) == wanted
        and body.get("family", task.family) == task.family
        and body.get("startedBy", task.request.get("startedBy")) == task.request.get("startedBy")
    ]
    page, more = page_of(arns, body, body.get("maxResults", TASKS_PER_CALL))
    return {"taskArns": page, **more}


def stop_task(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """StopTask. It takes the task's tags away. A task that is not known yet is not found."""
    cluster_of(world, body)
    task, now = task_of(world, body["task"]), world.clock()
    if now < task.created + task.script.missing:
        raise not_found()
    if world.tags_guard_stop and not task.tags_at(now):
        text = (
            f"User: arn:aws:sts::{world.account}:assumed-role/batches-runner/test is not authorized to perform: "
            f"ecs:StopTask on resource: {task.arn} because no identity-based policy allows the ecs:StopTask action"
        )
        raise AwsError("AccessDeniedException", text)
    task.stop(now, body.get("reason", "Task stopped by user"), by=world.caller)
    return {"task": with_tags(task, now)}


def describe_task_definition(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeTaskDefinition: what is known of one here."""
    arn, family = definition_of(world, body["taskDefinition"], inactive=True)
    name, _, revision = arn.rpartition("/")[2].partition(":")
    options = {
        "awslogs-group": family.log_group,
        "awslogs-region": world.region,
        "awslogs-stream-prefix": family.prefix,
    }
    containers = {**{container: {} for container in (family.container, *family.images)}, **family.secrets}
    definition = {
        "taskDefinitionArn": arn,
        "family": name,
        "revision": int(revision),
        "status": world.revisions[arn],
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        **family.roles,
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": [
            {
                "name": container,
                "image": family.images.get(container) or family.image or f"{name}:stage-staging",
                "essential": container == family.container,
                "logConfiguration": {"logDriver": "awslogs", "options": options},
                "secrets": [{"name": variable, "valueFrom": source} for variable, source in secrets.items()],
            }
            for container, secrets in containers.items()
        ],
    }
    tags = [{"key": key, "value": value} for key, value in family.tags.items()]
    return {"taskDefinition": definition, "tags": tags if "TAGS" in body.get("include", []) else []}


def describe_clusters(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DescribeClusters."""
    names = [cluster.rpartition("/")[2] for cluster in body["clusters"]]
    clusters = [
        {"clusterName": name, "status": "ACTIVE", "capacityProviders": world.capacity_providers}
        for name in names
        if name in world.clusters
    ]
    failures = [
        {"arn": world.arn("ecs", f"cluster/{name}"), "reason": "MISSING"}
        for name in names
        if name not in world.clusters
    ]
    return {"clusters": clusters, "failures": failures}
