"""Who may do what according to a template: the policies of its roles, users and resources. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.workbench.diff.choices import ALWAYS, Where, items
from batchwright_runner.workbench.diff.conditional import both_ways, rules_of
from batchwright_runner.workbench.diff.permission_words import Whose
from batchwright_runner.workbench.diff.rules import Rule, rule_of
from batchwright_runner.workbench.diff.template import Resource, Stack

IDENTITIES = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user", "AWS::IAM::Group": "group"}
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
_MEMBERS = "AWS::IAM::UserToGroupAddition"
_BUS = "AWS::Events::EventBusPolicy"
"""Its one statement is a property."""
_ENDPOINT = "AWS::EC2::VPCEndpoint"
_EVERYTHING = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
TRUST = "AssumeRolePolicyDocument"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose policies they are.

    Attributes:
        name: ``role report/Reader``, ``S3::BucketPolicy report/Sales/Policy``.
        where: Whether it is an identity, a role's trust, or a resource.
    """

    name: str
    where: Whose


@dataclass(frozen=True, slots=True)
class Managed:
    """A managed policy that is attached, or a group that a user is in.

    Attributes:
        arn: Its ARN; a group's name.
        where: Where the template attaches it.
        kind: ``managed policy`` or ``group``.
    """

    arn: str
    where: Where = ALWAYS
    kind: str = "managed policy"

    def covers(self, other: "Managed") -> bool:
        """Whether this one is attached wherever the other is."""
        return (self.kind, self.arn) == (other.kind, other.arn) and self.where <= other.where


@dataclass(frozen=True, slots=True)
class Held:
    """What a template says of one of them.

    Attributes:
        rules: Its statements.
        managed: The managed policies that are attached to it, and the groups that it is in.
        boundary: Its permissions boundary; empty for none.
        resources: The logical ids of the resources that say so.
    """

    rules: list[Rule] = field(default_factory=list)
    managed: list[Managed] = field(default_factory=list)
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
    if resource.type in IDENTITIES:
        return {TRUST, "Policies", "ManagedPolicyArns", "PermissionsBoundary", "Groups"}
    if resource.type == _MEMBERS:
        return {"GroupName", "Users"}
    if resource.type in _ATTACHED:
        return {"PolicyDocument", *_LISTS}
    return {key for key, value in _policies(resource).items() if next(documents(value), None) is not None}


def without_policy(resource: Resource) -> Held:
    """What a resource lets people do that has no policy: nothing more, but a VPC endpoint, which lets them do all."""
    return Held(rules=[rule_of(_EVERYTHING)] if resource.type == _ENDPOINT else [])


def attached_to(resource: Resource) -> set[str]:
    """What a policy that is a resource of its own is about: ``<path`` of each resource that its other properties name.

    Nothing for a resource that has its policy itself: it goes and stays with that.
    """
    if not resource.type.endswith("Policy"):
        return set()
    named = {key: value for key, value in resource.properties.items() if next(documents(value), None) is None}
    found = re.findall(r"<[^<>.]*", json.dumps(named, ensure_ascii=False))
    return {*found} or {""}


def role_name(resource: Resource) -> str:
    """What a role, user or group is called: its name, or its path where CloudFormation chooses the name."""
    for key in ("RoleName", "UserName", "GroupName"):
        if resource.properties.get(key):
            return str(resource.properties[key])
    return resource.path


def _parts(stack: Stack, resource: Resource) -> Iterator[tuple[Holder, Held]]:
    properties = resource.properties
    if resource.type in IDENTITIES:
        name = f"{IDENTITIES[resource.type]} {role_name(resource)}"
        inline = [
            (one.get("PolicyDocument") if isinstance(one, Mapping) else one, where)
            for one, where in items(properties.get("Policies"), resource.where)
        ]
        yield (
            Holder(name, "identity"),
            Held(
                rules=both_ways(rule for one, where in inline for rule in _rules(one, where)),
                managed=[
                    Managed(str(one), where, kind)
                    for key, kind in (("ManagedPolicyArns", "managed policy"), ("Groups", "group"))
                    for one, where in items(properties.get(key), resource.where)
                ],
                boundary=[str(properties["PermissionsBoundary"])] if properties.get("PermissionsBoundary") else [],
            ),
        )
        if TRUST in properties:
            yield Holder(name, "trust"), Held(rules=both_ways(_rules(properties[TRUST], resource.where)))
    elif resource.type == _MEMBERS:
        group = str(properties.get("GroupName"))
        for name, where in _attached(stack, resource):
            if name.startswith("user "):
                yield Holder(name, "identity"), Held(managed=[Managed(group, where, "group")])
    elif resource.type in _ATTACHED:
        document = properties.get("PolicyDocument")
        attached = list(_attached(stack, resource)) or [(f"managed policy {resource.path}", resource.where)]
        for name, where in attached:
            yield Holder(name, "identity"), Held(rules=both_ways(_rules(document, where)))
    else:
        found = [one for value in _policies(resource).values() for one in documents(value, resource.where)]
        rules = both_ways(rule for one, where in found for rule in _rules(one, where))
        if rules:
            yield Holder(resource.name, "resource"), Held(rules=rules)


def _attached(stack: Stack, resource: Resource) -> Iterator[tuple[str, Where]]:
    """The identities that a policy is attached to, and where it is."""
    by_reference = {
        f"<{one.path}>": f"{IDENTITIES[one.type]} {role_name(one)}"
        for one in stack.resources.values()
        if one.type in IDENTITIES
    }
    for key, kind in _LISTS.items():
        for one, where in items(resource.properties.get(key), resource.where):
            yield by_reference.get(str(one), f"{kind} {one}"), where


def _policies(resource: Resource) -> Mapping[str, Any]:
    """The properties of a resource that may hold a policy."""
    if resource.type != _BUS:
        return resource.properties
    return {key: {key: value} if key == "Statement" else value for key, value in resource.properties.items()}


def documents(value: Any, where: Where = ALWAYS) -> Iterator[tuple[Mapping[str, Any], Where]]:  # noqa: ANN401 - JSON
    """The policy documents in a value, also those that are JSON in a text, and where each is there."""
    for one, held in items(value, where):
        found = _read(one)
        if not isinstance(found, Mapping):
            continue
        if "Statement" in found and all(map(_is_statement, (each for each, _ in items(found["Statement"])))):
            yield found, held
        else:
            for inner in found.values():
                yield from documents(inner, held)


def _read(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A document that is written as JSON in a text; other values as they are."""
    if isinstance(value, str) and '"Statement"' in value and value.lstrip().startswith("{"):
        for text in (value, _quoted(value)):
            try:
                return json.loads(text)
            except ValueError:
                continue
    return value


def _quoted(text: str) -> str:
    """JSON in which what only a deployment knows, ``<ImportValue "other">``, is written as a part of its texts."""
    made, depth = [], 0
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        made.append(f"\\{character}" if depth and character in '"\\' else character)
    return "".join(made)


def _is_statement(value: Any) -> bool:  # noqa: ANN401 - JSON
    return (isinstance(value, Mapping) and "Effect" in value) or (isinstance(value, str) and value.startswith("<"))


def _rules(policy: Any, where: Where) -> Iterator[Rule]:  # noqa: ANN401 - JSON
    """The rules of a policy document; where only a deployment knows it, a rule of which no more than that is known."""
    for one, held in items(policy, where):
        document = _read(one)
        statements = document.get("Statement") if isinstance(document, Mapping) else document
        for statement, inner in items(statements, held):
            yield from rules_of(statement, inner)
