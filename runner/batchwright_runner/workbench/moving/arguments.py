"""A task definition as the arguments of a declaration, for one stage. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.sizes import MEMORY, STORAGE
from batchwright_runner.workbench.moving.containers import (
    container_arguments,
    log_group,
    plain_values,
    secrets,
    sidecars,
    variables,
    volumes_of,
)
from batchwright_runner.workbench.moving.jobs import Definition, StagePlace, Todo, collect_todos
from batchwright_runner.workbench.moving.sources import as_text, number, rest
from batchwright_runner.workbench.moving.words import in_container
from batchwright_runner.workbench.scaffold.python import Raw, StageText, Value, call

_READ = frozenset(
    {"family", "containerDefinitions", "cpu", "memory", "taskRoleArn", "executionRoleArn", "runtimePlatform", "volumes"}
    | {"ephemeralStorage", "tags", "networkMode", "requiresCompatibilities", "logRetention"}
    | {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt"}
    | {"registeredBy", "deregisteredAt", "enableFaultInjection"}
)
"""What is read, and what ECS itself adds to a task definition (ECS API reference, TaskDefinition, 2026-11)."""

FARGATE: Mapping[str, Value] = {
    "architecture": "X86_64",
    "ephemeral_storage": Raw("None"),
    "capacity": "on-demand",
    "log_retention_days": 365,
    "tags": {},
}
"""The arguments of `Fargate`, with their defaults."""

EXISTING = frozenset({"task_role", "execution_role", "log_group", "security_groups", "rundeck_uuid"})
"""The arguments of `Existing`: the resources that a batch adopts, and its jobs in Rundeck."""

_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")


def of_definition(
    definition: Definition, main: Mapping[str, Any], place: StagePlace, todos: list[Todo]
) -> dict[str, Value]:
    """The arguments that a task definition gives a batch, with those of `Fargate` and `Existing` among them."""
    arguments: dict[str, Value] = {"image": _image(str(main.get("image", ""))), **_size(definition, main, todos)}
    if main.get("command"):
        arguments["command"] = in_container([str(word) for word in main["command"]])
    volumes = volumes_of(definition, todos)
    stored = secrets(main, place, todos)
    tags = {key: tag for key, tag in definition.tags.items() if not key.startswith(("aws:", "batchwright:"))}
    container = container_arguments(main, volumes, todos)
    of_containers: dict[str, Value] = {
        "environment": variables(plain_values(main), todos),
        "sidecars": sidecars(definition, main, place, todos, stored),
        "secrets": [*stored.values()],
        "container": call("Container", **container) if container else "",
        "tags": tags,
    }
    arguments |= {key: value for key, value in of_containers.items() if value}
    todos += rest(definition.data, _READ)
    return arguments | _fargate(definition, todos) | _existing(definition, main, place, todos)


def _image(uri: str) -> Value:
    """An image by its URI, with the tag that ECS takes."""
    last = uri.rpartition("/")[2]
    return call("BatchImage.from_uri", uri if ":" in last or "@" in last else f"{uri}:latest")


def _size(definition: Definition, main: Mapping[str, Any], todos: list[Todo]) -> dict[str, Value]:
    """CPU and memory: those of the task, else of its container; the next larger where Fargate has no such size."""
    task, reserved = definition.data, number(main.get("memoryReservation"))
    asked = (
        number(task.get("cpu")) or number(main.get("cpu")) or 256,
        number(task.get("memory")) or number(main.get("memory")) or reserved or 512,
    )
    cpu, memory = fitting(*asked)
    size, advice = f"cpu {asked[0]}, memory {asked[1]}", "Fargate has no such size; this is the next larger one"
    todos += collect_todos(((cpu, memory) != asked, "cpu, memory", size, advice))
    return {"cpu": cpu, "memory": memory}


def fitting(cpu: int, memory: int) -> tuple[int, int]:
    """The smallest size of Fargate that is at least as large."""
    sizes = [(cpu_units, size) for cpu_units, memories in MEMORY.items() for size in memories]
    return min((size for size in sizes if size[0] >= cpu and size[1] >= memory), default=max(sizes))


def grouped(arguments: Mapping[str, Value]) -> dict[str, Value]:
    """Arguments with those of `Fargate` in their group."""
    fargate = {key: arguments[key] for key in FARGATE if key in arguments}
    others = {key: value for key, value in arguments.items() if key not in FARGATE}
    return {**others, "fargate": call("Fargate", **fargate)} if fargate else others


def _fargate(definition: Definition, todos: list[Todo]) -> dict[str, Value]:
    platform, task = definition.data.get("runtimePlatform") or {}, definition.data
    system, launched = platform.get("operatingSystemFamily"), task.get("requiresCompatibilities")
    network, storage = task.get("networkMode"), number((task.get("ephemeralStorage") or {}).get("sizeInGiB"))
    on_ec2, own_address = launched and "FARGATE" not in launched, "a batch has an address of its own, as with awsvpc"
    todos += collect_todos(
        (system not in (None, "LINUX"), "runtimePlatform", str(system), "batches run on Linux"),
        (on_ec2, "requiresCompatibilities", as_text(launched), "a batch runs on Fargate"),
        (network not in (None, "awsvpc"), "networkMode", str(network), own_address),
    )
    arm: dict[str, Value] = {"architecture": "ARM64"} if platform.get("cpuArchitecture") == "ARM64" else {}
    return arm | ({"ephemeral_storage": storage} if storage and storage in STORAGE else {})


def _existing(
    definition: Definition, main: Mapping[str, Any], place: StagePlace, todos: list[Todo]
) -> dict[str, Value]:
    roles = {"taskRoleArn": "task_role", "executionRoleArn": "execution_role"}
    arns = {key: str(definition.data.get(key) or "") for key in roles}
    adopted: dict[str, Value] = {roles[key]: StageText(arn) for key, arn in arns.items() if _ROLE.fullmatch(arn)}
    if group := log_group(main, place, todos):
        adopted["log_group"] = StageText(group)
    unknown = {key: arn for key, arn in arns.items() if arn and roles[key] not in adopted}
    todos += [Todo(key, arn, "write its ARN: existing=Existing(…)") for key, arn in unknown.items()]
    return adopted
