"""The shape of what ECS takes as JSON, task definitions and overrides, checked before anything is read. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TEXT = "a text"
NUMBER = "a whole number"

_VARIABLES = [{"name!": TEXT, "value": TEXT}]
_CONTAINER: Mapping[str, Any] = {
    **dict.fromkeys(("name", "image"), TEXT),
    "command": [TEXT],
    "entryPoint": [TEXT],
    **dict.fromkeys(("cpu", "memory", "stopTimeout"), NUMBER),
    "environment": _VARIABLES,
    "secrets": [{"name!": TEXT, "valueFrom!": TEXT}],
    "mountPoints": [{"sourceVolume": TEXT, "containerPath": TEXT}],
    "dependsOn": [{"containerName": TEXT, "condition": TEXT}],
    "logConfiguration": {"logDriver": TEXT, "options": {}},
    "linuxParameters": {"tmpfs": [{"containerPath!": TEXT, "size!": NUMBER}]},
    "ulimits": [{"name!": TEXT, "softLimit!": NUMBER, "hardLimit!": NUMBER}],
    "healthCheck": {"command": [TEXT], **dict.fromkeys(("interval", "timeout", "retries", "startPeriod"), NUMBER)},
}
DEFINITION: Mapping[str, Any] = {
    "family": TEXT,
    "revision": NUMBER,
    "containerDefinitions": [_CONTAINER],
    "requiresCompatibilities": [TEXT],
    "volumes": [{"efsVolumeConfiguration": {"authorizationConfig": {}}}],
    "tags": [{}],
    "runtimePlatform": {},
    "ephemeralStorage": {},
}
"""What is read of a task definition (ECS API reference, RegisterTaskDefinition, 2026-11). A key with ``!`` must be."""

OVERRIDES: Mapping[str, Any] = {
    "containerOverrides": [{"name": TEXT, "command": [TEXT], "environment": [{"name!": TEXT, "value!": TEXT}]}],
    "cpu": TEXT,
    "memory": TEXT,
}
"""Overrides of a run (ECS API reference, TaskOverride, 2026-11)."""

NETWORK: Mapping[str, Any] = {
    "awsvpcConfiguration": {"subnets": [TEXT], "securityGroups": [TEXT], "assignPublicIp": TEXT}
}
"""The network of a run (ECS API reference, NetworkConfiguration, 2026-11)."""


def problem(value: object, shape: object) -> str:
    """What is wrong with a value, and where: ``a[0].command is 'a', not a list``; empty for nothing."""
    return next(_problems(value, shape, ""), "")


def _problems(value: object, shape: object, path: str) -> Iterator[str]:
    if value is None:
        return
    if isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path} is {value!r}, not a list"
            return
        for index, entry in enumerate(value):
            if entry is None:
                yield f"{path}[{index}] is null"
            yield from _problems(entry, shape[0], f"{path}[{index}]")
    elif isinstance(shape, Mapping):
        yield from _in_mapping(value, shape, path)
    elif isinstance(value, dict | list) or (shape == NUMBER and not re.fullmatch(r"\s*-?\d+\s*", str(value), re.ASCII)):
        yield f"{path} is {value!r}, not {shape}"


def _in_mapping(value: object, shape: Mapping[str, object], path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{path or 'it'} is {value!r}, not an object"
        return
    for key, inner in shape.items():
        name = key.removesuffix("!")
        place = f"{path}.{name}" if path else name
        if name != key and value.get(name) is None:
            yield f"{path} has no {name}"
        yield from _problems(value.get(name), inner, place)
