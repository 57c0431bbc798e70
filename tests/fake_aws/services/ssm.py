"""SSM Parameter Store."""

import base64
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import Parameter, World

PAGE = 10
STANDARD_LIMIT = 4096


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
    found = [
        parameter
        for name, parameter in sorted(world.parameters.items())
        if name.startswith(path) and (body.get("Recursive") or "/" not in name.removeprefix(path))
    ]
    start = int(body.get("NextToken", "0"))
    answer: dict[str, Any] = {"Parameters": [_shown(world, one, body) for one in found[start : start + most]]}
    if start + most < len(found):
        answer["NextToken"] = str(start + most)
    return answer


def put_parameter(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutParameter."""
    name, before = body["Name"], world.parameters.get(body["Name"])
    if before and not body.get("Overwrite"):
        text = "The parameter already exists. To overwrite this value, set the overwrite option to true."
        raise AwsError("ParameterAlreadyExists", text)
    if len(body["Value"]) > STANDARD_LIMIT and body.get("Tier", "Standard") == "Standard":
        text = "Standard tier parameters support a maximum parameter value of 4096 characters."
        raise AwsError("ValidationException", text)
    if "{{" in body["Value"]:
        text = 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.'
        raise AwsError("ValidationException", text)
    kind = body.get("Type") or (before.type if before else "String")
    version = before.version + 1 if before else 1
    world.parameters[name] = Parameter(name, body["Value"], kind, version, world.clock())
    return {"Version": version, "Tier": "Standard"}


def _is_own(world: World, given: str) -> bool:
    """Whether a name or an ARN means a parameter of this account: of another one nothing is shown."""
    return not given.startswith("arn:") or given.split(":")[4] == world.account


def _name(given: str) -> str:
    return given.partition(":parameter")[2] if given.startswith("arn:") else given


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
