"""What is left of a template's functions once CloudFormation has computed them."""

from collections.abc import Mapping
from typing import Any

from batchwright.testing import Template

PSEUDO = {"AWS::Partition": "aws", "AWS::AccountId": "111111111111", "AWS::Region": "ap-northeast-1"}


def resolved(value: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """The value with joins, references and attributes computed.

    Args:
        value: A part of a template.
        known: Logical id, or ``id.Attribute``, to value.

    Raises:
        KeyError: A reference that is not known.
    """
    if isinstance(value, list):
        return [resolved(element, known) for element in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"Ref"}:
        return {**PSEUDO, **known}[value["Ref"]]
    if value.keys() == {"Fn::GetAtt"}:
        return known[".".join(value["Fn::GetAtt"])]
    if value.keys() == {"Fn::Join"}:
        separator, parts = value["Fn::Join"]
        return str(separator).join(resolved(parts, known))
    return {key: resolved(element, known) for key, element in value.items()}


def policies_of(template: Template, role: str, known: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The statements that a role has: its own, and those of policies beside it.

    Args:
        template: The template.
        role: The role's name, or its logical id.
        known: Logical id to value, of what the statements refer to.
    """
    values = known or {}
    statements: list[dict[str, Any]] = []
    ids = {
        id for id, resource in template["Resources"].items() if resource.get("Properties", {}).get("RoleName") == role
    }
    for id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role" and (id in ids or id == role):
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        elif resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            roles = [name["Ref"] if isinstance(name, dict) else name for name in properties.get("Roles", [])]
            documents = [properties["PolicyDocument"]] if {role, *ids} & set(roles) else []
        else:
            continue
        statements += [resolved(statement, values) for document in documents for statement in document["Statement"]]
    return statements
