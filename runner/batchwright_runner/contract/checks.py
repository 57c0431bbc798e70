"""What is checked when a manifest is made or read. Standard library only, as the manifest itself."""

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from batchwright_runner.contract.sizes import ARCHITECTURES, OVERLAPS, PLATFORM_VERSIONS

T = TypeVar("T")

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
"""Names of batches and images; 2 to 40 characters."""
STAGE = re.compile(r"[a-z][a-z0-9]{1,11}")
"""Names of stages."""
PROJECT = re.compile(r"(?!aws|ssm)[a-z][a-z0-9]{1,19}")
"""Names of projects. SSM refuses parameter names that begin with ``aws`` or ``ssm`` (PutParameter, 2026-11)."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of environment variables."""
ACCOUNT = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
TASK_DEFINITION = re.compile(r"arn:[a-z-]+:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/[A-Za-z0-9_-]+:[0-9]+")

DESCRIPTION_LIMIT = 200
NAME_LENGTHS = range(2, 41)
STOP_TIMEOUTS = range(2, 121)
"""Seconds; Fargate's bounds (ECS API reference, ContainerDefinition.stopTimeout, 2026-11)."""

_CHOICES: Mapping[str, Sequence[str]] = {
    "overlap": OVERLAPS,
    "architecture": ARCHITECTURES,
    "platform_version": PLATFORM_VERSIONS,
}


class ManifestError(ValueError):
    """A manifest cannot be used. The message says what is wrong with it and, where that helps, what to do."""


def known_fields(data: object, cls: type, *, newest_schema: int) -> dict[str, Any]:
    """The fields of ``data`` that ``cls`` has, after a look at the schema and at what is missing."""
    if not isinstance(data, dict):
        raise ManifestError(f"the manifest cannot be read: it is a JSON {_kind(data)}, not an object")
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise ManifestError(f"the manifest cannot be read: its schema is {schema!r}, not a positive number")
    if schema > newest_schema:
        raise ManifestError(
            f"the manifest cannot be read: it has schema {schema} and this runner reads up to {newest_schema}. "
            f"Update the runner to {data.get('runner', 'a newer version')} or later"
        )
    return _fields_of(cls, "", data)


def build(cls: type[T], name: str, data: object) -> T:
    """Makes one of the manifest's inner records from its JSON form."""
    return cls(**_fields_of(cls, name, as_dict(name, data)))


def split(name: str, value: object) -> tuple[str, ...]:
    """The parts of a comma-joined string; none for an empty one."""
    if not isinstance(value, str):
        raise ManifestError(f"the manifest's {name} must be a comma-joined string, not {value!r}")
    return tuple(value.split(",")) if value else ()


def as_dict(name: str, value: object) -> dict[str, Any]:
    """The value, if it is a JSON object."""
    if not isinstance(value, dict):
        raise ManifestError(f"the manifest's {name} must be an object, not {value!r}")
    return value


def as_list(name: str, value: object) -> list[Any]:
    """The value, if it is a JSON array."""
    if not isinstance(value, list):
        raise ManifestError(f"the manifest's {name} must be an array, not {value!r}")
    return value


def check(fields: Mapping[str, Any]) -> None:
    """Raises a `ManifestError` that names every field of a manifest that is wrong.

    Args:
        fields: The manifest's fields, by name.
    """
    faults = [*_form_faults(fields), *_range_faults(fields), *_table_faults(fields), *_record_faults(fields)]
    if faults:
        raise ManifestError("the manifest is not valid: " + "; ".join(faults))


def _form_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    patterns = {
        "project": PROJECT,
        "stage": STAGE,
        "account": ACCOUNT,
        "region": REGION,
        "batch": NAME,
        "task_definition": TASK_DEFINITION,
    }
    for name, pattern in patterns.items():
        value = fields[name]
        if not isinstance(value, str) or not pattern.fullmatch(value):
            yield f"{name} is {value!r}, which does not match {pattern.pattern}"
    for name in ("owner", "cluster", "container", "log_group", "log_stream_prefix"):
        value = fields[name]
        if not isinstance(value, str) or not value:
            yield f"{name} is {value!r}, not a text"
    for name in ("description", "runbook", "history_log_group", "key", "files_image", "runner"):
        value = fields[name]
        if not isinstance(value, str):
            yield f"{name} is {value!r}, not a string"
    for name, allowed in _CHOICES.items():
        value = fields[name]
        if value not in allowed:
            yield f"{name} is {value!r}, not one of {', '.join(allowed)}"
    if not isinstance(fields["assign_public_ip"], bool):
        yield f"assign_public_ip is {fields['assign_public_ip']!r}, not true or false"


def _range_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    if _length(fields["description"]) > DESCRIPTION_LIMIT:
        yield f"description has {len(fields['description'])} characters, {DESCRIPTION_LIMIT} are allowed"
    if _length(fields["batch"]) not in (0, *NAME_LENGTHS):
        yield f"batch has {len(fields['batch'])} characters, {NAME_LENGTHS[0]} to {NAME_LENGTHS[-1]} are allowed"
    if not _whole(fields["timeout_seconds"]) or fields["timeout_seconds"] < 1:
        yield f"timeout_seconds is {fields['timeout_seconds']!r}, not a positive number"
    if not _whole(fields["stop_timeout_seconds"]) or fields["stop_timeout_seconds"] not in STOP_TIMEOUTS:
        yield (
            f"stop_timeout_seconds is {fields['stop_timeout_seconds']!r}, "
            f"not a number from {STOP_TIMEOUTS[0]} to {STOP_TIMEOUTS[-1]}"
        )
    if not _whole(fields["retries"]) or fields["retries"] < 0:
        yield f"retries is {fields['retries']!r}, not a number from 0"
    for cause in fields["retry_on"]:
        if cause != "interruption" and not (_whole(cause) and 1 <= int(cause) <= 255):
            yield f"retry_on holds {cause!r}, not an exit code from 1 to 255 or 'interruption'"


def _table_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    if not fields["subnets"]:
        yield "subnets is empty, one is needed"
    for name in ("essential", "subnets", "security_groups"):
        if not all(isinstance(value, str) and value for value in fields[name]):
            yield f"{name} is {fields[name]!r}, not ids"
    for name in ("parameters", "secrets", "files_variables"):
        for variable in fields[name]:
            if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
                yield f"{name} holds {variable!r}, which is no name of an environment variable"
    for name in ("secrets", "tags"):
        table: Mapping[str, object] = fields[name]
        if not isinstance(table, Mapping):
            yield f"{name} is {table!r}, not an object"
        elif not all(isinstance(value, str) for value in table.values()):
            yield f"{name} holds a value that is not a string"


def _record_faults(fields: Mapping[str, Any]) -> Iterator[str]:
    for record, prefix in _records(fields):
        for part in dataclasses.fields(record):
            expected = int if part.name in ("weight", "base") else str
            value = getattr(record, part.name)
            if not isinstance(value, expected) or isinstance(value, bool):
                yield f"{prefix}.{part.name} is {value!r}, not a {'number' if expected is int else 'string'}"


def _records(fields: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    yield fields["image"], "image"
    for share in fields["capacity"]:
        yield share, "capacity"
    for name, reference in fields["parameters"].items():
        yield reference, f"parameters.{name}"
    if fields["deadline"] is not None:
        yield fields["deadline"], "deadline"


def _fields_of(cls: Any, prefix: str, data: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    wanted = dataclasses.fields(cls)
    missing = [
        f"{prefix}.{one.name}" if prefix else one.name
        for one in wanted
        if one.name not in data and one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ManifestError(f"the manifest is not valid: it lacks {', '.join(missing)}")
    return {one.name: data[one.name] for one in wanted if one.name in data}


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 0


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _kind(value: object) -> str:
    kinds = {list: "array", str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return kinds.get(type(value), type(value).__name__)
