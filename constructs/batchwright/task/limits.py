"""What ECS allows of a task and its tags, checked when a batch is declared: it would say so only to a deployment. Pure.

Sources: Amazon ECS developer guide, "Amazon ECS service quotas"; API reference, TaskDefinition, AwsVpcConfiguration and
Tag; read 2026-11.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright.errors import DeclarationError, wrong
from batchwright.task.checks import check_in_plain_sight
from batchwright.tokens import is_token

TEMPLATE = 1_000_000
"""Bytes of a template: 1 MB (AWS CloudFormation user guide, "Understand CloudFormation quotas", 2026-11)."""
TASK_DEFINITION = 64 * 1024
"""Bytes of a task definition."""
CONTAINERS = 10
"""Containers of a task."""
SECURITY_GROUPS = 5
"""Groups that a task may be in."""
SUBNETS = 16
"""Subnets that a task may be started in."""
TAGS = 50
"""Tags of a task."""

_KEY_LENGTH, _VALUE_LENGTH = 128, 256
_FOR_AWS = "aws:"  # how neither a key nor a value may begin, in any case


def check_number(subject: str, argument: str, values: Sequence[object], most: int, plural: str) -> None:
    """Raises if there are more than ECS takes."""
    if len(values) > most:
        raise DeclarationError(subject, argument, f"{len(values)} {plural} were given; allowed: {most}, as ECS takes")


def check_containers(subject: str, names: Sequence[str]) -> None:
    """Raises if a task has more containers than ECS takes."""
    if len(names) + 1 > CONTAINERS:
        listed = ", ".join(names)
        problem = f"the task has {len(names) + 1} containers, main and {listed}; allowed: {CONTAINERS}, as ECS takes"
        raise DeclarationError(subject, "sidecars", problem)


def check_tags(subject: str, tags: Mapping[str, str], reserved: str, own: int) -> None:
    """Raises unless ECS takes the tags."""
    if len(tags) > TAGS - own:
        raise DeclarationError(subject, "tags", f"{len(tags)} were given; allowed: {TAGS - own}")
    check_in_plain_sight(subject, "tags", dict(tags))
    for key, value in tags.items():
        if not key or key.lower().startswith(reserved) or tag_text(key, _KEY_LENGTH) != key or not _is_value(value):
            raise wrong(
                subject,
                "tags",
                {key: value},
                f"keys of 1 to 128 characters that do not begin with {_FOR_AWS} or {reserved}, values of 256 at most "
                f"that do not begin with {_FOR_AWS}; both of letters, digits, spaces and _ . : / = + - @",
            )


def tag_text(text: str, length: int = _VALUE_LENGTH) -> str:
    """A text as AWS takes it in a tag: cut, and with ``_`` for each character that it does not take."""
    if is_token(text):
        return text
    tag = "".join(char if char in "_.:/=+-@" or unicodedata.category(char)[0] in "LNZ" else "_" for char in text)
    return (tag.replace(":", "_", 1) if tag.lower().startswith(_FOR_AWS) else tag)[:length]


def _is_value(value: object) -> bool:
    return isinstance(value, str) and tag_text(value) == value


def check_size(subject: str, task: Mapping[str, Any]) -> None:
    """Raises if a task definition is larger than ECS takes."""
    size = size_of(task)
    if size <= TASK_DEFINITION:
        return
    parts = [
        (size_of(value), f"{key} of {container['name']}")
        for container in task["containerDefinitions"]
        for key, value in container.items()
    ]
    largest = ", ".join(f"{name} {length:,}" for length, name in sorted(parts, reverse=True)[:3])
    problem = f"it has {size:,} bytes; allowed: {TASK_DEFINITION:,}, as ECS takes; largest parts: {largest}"
    raise DeclarationError(subject, "task definition", problem)


def size_of(value: object) -> int:
    """Bytes of data as ECS counts them."""
    return len(json.dumps(value, ensure_ascii=False).encode())
