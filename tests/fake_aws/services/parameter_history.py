"""SSM operations that need a parameter's past and its key: the history, deleting, SecureStrings."""

from dataclasses import dataclass
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services import ssm
from tests.fake_aws.world import World

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


def put_parameter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutParameter, with a history. An existing parameter keeps its type."""
    name, kind = body["Name"], body.get("Type")
    before = world.parameters.get(name)
    if before and kind and kind != before.type:
        text = f"This parameter has type {before.type}; the type cannot be changed"
        raise AwsError("HierarchyTypeMismatchException", text)
    if not body["Value"]:
        raise AwsError("ValidationException", "1 validation error detected: Value '' at 'value' failed to satisfy")
    if kind == "String" and "KeyId" in body:
        raise AwsError("ValidationException", "KeyId is required for SecureString type parameter only.")
    answer = ssm.put_parameter(world, body)
    put = world.parameters[name]
    key = body.get("KeyId", "alias/aws/ssm") if put.type == "SecureString" else ""
    version = Version(answer["Version"], put.value, put.type, key, put.changed)
    world.versions[name] = [*world.versions.get(name, []), version][-KEPT:]
    return answer


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
    start = int(body.get("NextToken", "0"))
    versions = world.versions.get(name, [])
    page = [
        {"Name": name, "Type": one.type, "Value": one.value, "Version": one.number, "LastModifiedDate": one.changed}
        for one in versions[start : start + most]
    ]
    more = {"NextToken": str(start + most)} if start + most < len(versions) else {}
    return {"Parameters": page, **more}
