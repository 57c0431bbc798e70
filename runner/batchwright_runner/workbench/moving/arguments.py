"""A task definition as the arguments of a declaration, for one stage. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.contract.sizes import MEMORY, STORAGE
from batchwright_runner.workbench.moving.containers import container_arguments, sidecars, volumes_of
from batchwright_runner.workbench.moving.jobs import Definition, Todo
from batchwright_runner.workbench.moving.sources import as_text, rest
from batchwright_runner.workbench.moving.values import StagePlace, plain_values, secrets, variables
from batchwright_runner.workbench.moving.words import in_container
from batchwright_runner.workbench.scaffold.python import Raw, StageText, Value, call

_READ = frozenset(
    {"family", "containerDefinitions", "cpu", "memory", "taskRoleArn", "executionRoleArn", "runtimePlatform", "volumes"}
    | {"ephemeralStorage", "tags", "networkMode", "requiresCompatibilities", "logRetention"}
)
_OF_ECS = frozenset(
    {"taskDefinitionArn", "revision", "status", "requiresAttributes", "compatibilities", "registeredAt", "registeredBy"}
    | {"deregisteredAt", "enableFaultInjection"}
)
"""What ECS itself adds to a task definition (ECS API reference, TaskDefinition, 2026-11)."""

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
_BLOCKING = ("mode", "blocking")
_LOG_OPTIONS = frozenset({"awslogs-group", "awslogs-region", "awslogs-stream-prefix", "awslogs-create-group"})


def of_definition(
    definition: Definition, main: Mapping[str, Any], place: StagePlace, todos: list[Todo]
) -> dict[str, Value]:
    """The arguments that a task definition gives a batch, with those of `Fargate` and `Existing` among them."""
    arguments: dict[str, Value] = {"image": image(str(main.get("image", "")))}
    todos += _size(definition, main, arguments)
    if main.get("command"):
        arguments["command"] = in_container([str(word) for word in main["command"]])
    if entries := variables(plain_values(main), todos):
        arguments["environment"] = entries
    volumes = volumes_of(definition, todos)
    stored = secrets([*(main.get("secrets") or ())], place, todos)
    others = sidecars(definition, main, place, todos, stored, volumes=volumes)
    if stored:
        arguments["secrets"] = [*stored.values()]
    if others:
        arguments["sidecars"] = others
    if group := container_arguments(main, volumes, todos):
        arguments["container"] = call("Container", **group)
    arguments |= _fargate(definition, todos)
    if tags := {key: tag for key, tag in definition.tags.items() if not key.startswith(("aws:", "batchwright:"))}:
        arguments["tags"] = tags
    _existing(definition, main, place, arguments, todos)
    todos += rest(definition.data, _READ | _OF_ECS)
    return arguments


def image(uri: str) -> Value:
    """An image by its URI, with the tag that ECS takes."""
    last = uri.rpartition("/")[2]
    return call("BatchImage.from_uri", uri if ":" in last or "@" in last else f"{uri}:latest")


def _size(definition: Definition, main: Mapping[str, Any], arguments: dict[str, Value]) -> Iterator[Todo]:
    """CPU and memory: those of the task, else of its container; the next larger where Fargate has no such size."""
    task, reserved = definition.data, number(main.get("memoryReservation"))
    asked_cpu = number(task.get("cpu")) or number(main.get("cpu")) or 256
    asked_memory = number(task.get("memory")) or number(main.get("memory")) or reserved or 512
    cpu, memory = fitting(asked_cpu, asked_memory)
    arguments |= {"cpu": cpu, "memory": memory}
    if (cpu, memory) != (asked_cpu, asked_memory):
        size = f"cpu {asked_cpu}, memory {asked_memory}"
        yield Todo("cpu, memory", size, "Fargate has no such size; this is the next larger one")


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
    group: dict[str, Value] = {}
    platform = definition.data.get("runtimePlatform") or {}
    if platform.get("cpuArchitecture") == "ARM64":
        group["architecture"] = "ARM64"
    if platform.get("operatingSystemFamily") not in (None, "LINUX"):
        todos.append(Todo("runtimePlatform", str(platform["operatingSystemFamily"]), "batches run on Linux"))
    launched, network = definition.data.get("requiresCompatibilities"), definition.data.get("networkMode")
    if launched and "FARGATE" not in launched:
        todos.append(Todo("requiresCompatibilities", as_text(launched), "a batch runs on Fargate"))
    if network not in (None, "awsvpc"):
        todos.append(Todo("networkMode", str(network), "a batch has an address of its own, as with awsvpc"))
    storage = number((definition.data.get("ephemeralStorage") or {}).get("sizeInGiB"))
    if storage and storage in STORAGE:
        group["ephemeral_storage"] = storage
    return group


def _existing(
    definition: Definition, main: Mapping[str, Any], place: StagePlace, arguments: dict[str, Value], todos: list[Todo]
) -> None:
    for key, argument in (("taskRoleArn", "task_role"), ("executionRoleArn", "execution_role")):
        arn = str(definition.data.get(key) or "")
        if _ROLE.fullmatch(arn):
            arguments[argument] = StageText(arn)
        elif arn:
            todos.append(Todo(key, arn, "write its ARN: existing=Existing(…)"))
    logs = main.get("logConfiguration") or {}
    options = {name: str(value) for name, value in (logs.get("options") or {}).items()}
    region, group = options.get("awslogs-region", ""), options.get("awslogs-group", "")
    if logs.get("logDriver") not in (None, "awslogs"):
        advice = "logs go to CloudWatch, in a group of the batch's own"
        todos.append(Todo("logConfiguration", as_text(logs), advice))
        return
    if region not in (place.region, "") and place.region:
        todos.append(Todo("logConfiguration.awslogs-region", region, "logs stay in the region"))
    elif group:
        arguments["log_group"] = StageText(group)
    unread = (name for name, value in options.items() if name not in _LOG_OPTIONS and (name, value) != _BLOCKING)
    todos += [Todo(f"logConfiguration.{option}", options[option]) for option in unread]


def number(value: object) -> int | None:
    """A number, as ECS writes it: ``256``, ``"256"``, ``".25 vCPU"``, ``"1 GB"``."""
    text = str(value or "").strip().lower().replace(" ", "")
    if text.isdecimal():
        return int(text)
    match = re.fullmatch(r"([0-9.]+)(vcpu|gb)", text)
    return int(float(match[1]) * 1024) if match else None
