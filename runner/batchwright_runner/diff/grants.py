"""Who may do what according to a template: the policies of its roles, users and resources. Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.diff.permission_words import Where
from batchwright_runner.diff.rules import Rule, rule_of
from batchwright_runner.diff.template import Resource, Stack

_IDENTITIES = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
_ATTACHED = (
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::GroupPolicy",
)
_LISTS = {
    "Roles": "role",
    "RoleName": "role",
    "Users": "user",
    "UserName": "user",
    "Groups": "group",
    "GroupName": "group",
}
TRUST = "AssumeRolePolicyDocument"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose policies they are.

    Attributes:
        name: ``role report/Reader``, ``S3::BucketPolicy report/Sales/Policy``.
        where: Whether it is an identity, a role's trust, or a resource.
    """

    name: str
    where: Where


@dataclass(frozen=True, slots=True)
class Held:
    """What a template says of one of them.

    Attributes:
        rules: Its statements.
        managed: The managed policies that are attached to it.
        boundary: Its permissions boundary; empty for none.
        resources: The logical ids of the resources that say so.
    """

    rules: list[Rule] = field(default_factory=list)
    managed: list[str] = field(default_factory=list)
    boundary: list[str] = field(default_factory=list)
    resources: set[str] = field(default_factory=set)


def holders(stack: Stack) -> dict[Holder, Held]:
    """All of a stack."""
    found: dict[Holder, Held] = {}
    for resource in stack.resources.values():
        for holder, part in _parts(stack, resource):
            held = found.setdefault(holder, Held())
            held.rules.extend(part.rules)
            held.managed.extend(part.managed)
            held.boundary.extend(part.boundary)
            held.resources.add(resource.id)
    return found


def properties_said(resource: Resource) -> set[str]:
    """The properties of a resource that `holders` reads."""
    if resource.type in _IDENTITIES:
        return {TRUST, "Policies", "ManagedPolicyArns", "PermissionsBoundary"}
    if resource.type in _ATTACHED:
        return {"PolicyDocument", *_LISTS}
    return {key for key, value in resource.properties.items() if next(documents(value), None) is not None}


def role_name(stack: Stack, resource: Resource) -> str:
    """What a role, user or group is called: its name, or its path where CloudFormation chooses the name."""
    del stack
    for key in ("RoleName", "UserName", "GroupName"):
        if resource.properties.get(key):
            return str(resource.properties[key])
    return resource.path


def _parts(stack: Stack, resource: Resource) -> Iterator[tuple[Holder, Held]]:
    properties = resource.properties
    if resource.type in _IDENTITIES:
        name = f"{_IDENTITIES[resource.type]} {role_name(stack, resource)}"
        inline = [one.get("PolicyDocument") for one in properties.get("Policies") or () if isinstance(one, Mapping)]
        yield (
            Holder(name, "identity"),
            Held(
                rules=[rule for one in inline for rule in _rules(one)],
                managed=[str(one) for one in properties.get("ManagedPolicyArns") or ()],
                boundary=[str(properties["PermissionsBoundary"])] if properties.get("PermissionsBoundary") else [],
            ),
        )
        if TRUST in properties:
            yield Holder(name, "trust"), Held(rules=_rules(properties[TRUST]))
    elif resource.type in _ATTACHED:
        rules = _rules(properties.get("PolicyDocument"))
        for name in _attached(stack, properties) or [f"managed policy {resource.path}"]:
            yield Holder(name, "identity"), Held(rules=list(rules))
    else:
        rules = [rule for value in properties.values() for one in documents(value) for rule in _rules(one)]
        if rules:
            yield Holder(resource.name, "resource"), Held(rules=rules)


def _attached(stack: Stack, properties: Mapping[str, Any]) -> list[str]:
    """The identities that a policy is attached to."""
    by_reference = {
        f"<{one.path}>": f"{_IDENTITIES[one.type]} {role_name(stack, one)}"
        for one in stack.resources.values()
        if one.type in _IDENTITIES
    }
    found = []
    for key, kind in _LISTS.items():
        given = properties.get(key)
        several = given if isinstance(given, list) else [given] if given else []
        found += [by_reference.get(str(one), f"{kind} {one}") for one in several]
    return found


def documents(value: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - JSON
    """The policy documents in a value, also those that are written as JSON in a text."""
    if isinstance(value, str) and '"Statement"' in value and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, Mapping):
        statements = value.get("Statement")
        several = statements if isinstance(statements, list) else [statements]
        if all(isinstance(one, Mapping) and "Effect" in one for one in several):
            yield value
            return
        for one in value.values():
            yield from documents(one)
    elif isinstance(value, list):
        for one in value:
            yield from documents(one)


def _rules(document: Any) -> list[Rule]:  # noqa: ANN401 - JSON
    return [
        rule_of(statement)
        for one in documents(document)
        for statement in (one["Statement"] if isinstance(one["Statement"], list) else [one["Statement"]])
    ]
