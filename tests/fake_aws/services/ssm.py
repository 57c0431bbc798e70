"""SSM Parameter Store: parameters, their history, and the keys of SecureStrings."""

import base64
from dataclasses import dataclass
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import Parameter, World, page_of

PAGE = 10
STANDARD_LIMIT = 4096
KEPT = 100
"""Versions that SSM keeps (PutParameter, API reference, 2026-11)."""


@dataclass(frozen=True)
class Version:
    """A parameter as it once was. A SecureString has the key it was encrypted with."""

    number: int
    value: str
    type: str
    key: str
    changed: float


def get_parameter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetParameter, by name or ARN."""
    name = _name(body["Name"])
    if name not in world.parameters:
        raise AwsError("ParameterNotFound", "")
    return {"Parameter": _shown(world, world.parameters[name], body)}


def get_parameters(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetParameters: those that exist, and the names of the others."""
    names = [(given, _name(given) if _is_own(world, given) else "") for given in body["Names"]]
    if len(names) > PAGE:
        raise AwsError("ValidationException", "Member must have length less than or equal to 10")
    return {
        "Parameters": [
            _shown(world, world.parameters[name], body) | ({"ARN": given} if given.startswith("arn:") else {})
            for given, name in names
            if name in world.parameters
        ],
        "InvalidParameters": [given for given, name in names if name not in world.parameters],
    }


def get_parameters_by_path(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetParametersByPath, in pages of ten at most."""
    path = body["Path"].rstrip("/") + "/"
    most = body.get("MaxResults", PAGE)
    if not 1 <= most <= PAGE:
        raise AwsError("ValidationException", "Member must have value less than or equal to 10")
    parameters = [
        parameter
        for name, parameter in sorted(world.parameters.items())
        if name.startswith(path) and (body.get("Recursive") or "/" not in name.removeprefix(path))
    ]
    page, more = page_of(parameters, body, most, "NextToken")
    return {"Parameters": [_shown(world, parameter, body) for parameter in page], **more}


def put_parameter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutParameter, with a history. An existing parameter keeps its type."""
    name, before, kind, value = body["Name"], world.parameters.get(body["Name"]), body.get("Type"), body["Value"]
    if before and kind and kind != before.type:
        text = f"This parameter has type {before.type}; the type cannot be changed"
        raise AwsError("HierarchyTypeMismatchException", text)
    if before and not body.get("Overwrite"):
        text = "The parameter already exists. To overwrite this value, set the overwrite option to true."
        raise AwsError("ParameterAlreadyExists", text)
    problems = [
        (not value, "1 validation error detected: Value '' at 'value' failed to satisfy"),
        (kind == "String" and "KeyId" in body, "KeyId is required for SecureString type parameter only."),
        (
            len(value) > STANDARD_LIMIT and body.get("Tier", "Standard") == "Standard",
            "Standard tier parameters support a maximum parameter value of 4096 characters.",
        ),
        ("{{" in value, 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'),
    ]
    for wrong, text in problems:
        if wrong:
            raise AwsError("ValidationException", text)
    put = Parameter(
        name, value, kind or (before.type if before else "String"), before.version + 1 if before else 1, world.clock()
    )
    world.parameters[name] = put
    key = body.get("KeyId", "alias/aws/ssm") if put.type == "SecureString" else ""
    version = Version(put.version, value, put.type, key, put.changed)
    world.versions[name] = [*world.versions.get(name, []), version][-KEPT:]
    return {"Version": put.version, "Tier": "Standard"}


def delete_parameter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteParameter. The history goes with it."""
    if world.parameters.pop(body["Name"], None) is None:
        raise AwsError("ParameterNotFound", "")
    world.versions.pop(body["Name"], None)
    return {}


def get_parameter_history(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetParameterHistory: the oldest first, in pages of 50 at most."""
    name, most = body["Name"], body.get("MaxResults", 50)
    if name not in world.parameters:
        raise AwsError("ParameterNotFound", "")
    page, more = page_of(world.versions.get(name, []), body, most, "NextToken")
    shown = [
        {"Name": name, "Type": old.type, "Value": old.value, "Version": old.number, "LastModifiedDate": old.changed}
        for old in page
    ]
    return {"Parameters": shown, **more}


def _is_own(world: World, name: str) -> bool:
    """Whether a name or an ARN means a parameter of this account: of another one nothing is shown."""
    return not name.startswith("arn:") or name.split(":")[4] == world.account


def _name(name: str) -> str:
    return name.partition(":parameter")[2] if name.startswith("arn:") else name


def _shown(world: World, parameter: Parameter, body: dict[str, Any]) -> dict[str, Any]:
    hidden = parameter.type == "SecureString" and not body.get("WithDecryption")
    return {
        "Name": parameter.name,
        "Type": parameter.type,
        "Value": base64.b64encode(parameter.value.encode()).decode() if hidden else parameter.value,
        "Version": parameter.version,
        "LastModifiedDate": parameter.changed,
        "ARN": world.arn("ssm", f"parameter{parameter.name}"),
        "DataType": "text",
    }
