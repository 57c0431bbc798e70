"""What someone may do, line by line: every statement of every policy document, policies by name, openings. Pure.

Nothing is weighed: a line that is there now and was not there before has been added, whatever else allows the same.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import product
from typing import Any, NamedTuple

from batchwright_runner.contract.access import Grant, RoleAccess
from batchwright_runner.contract.batch_file import PLUS, unresolved
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.workbench.diff.changes import listed, shown
from batchwright_runner.workbench.diff.read import Stack, StackResource
from batchwright_runner.workbench.permissions.statements import conditions_in_words, texts
from batchwright_runner.workbench.permissions.words import CALLS

_ROLE = "AWS::IAM::Role"
_MANAGED = "ManagedPolicyArns"
_HOLDERS = ("Roles", "RoleName", "Users", "UserName", "Groups", "GroupName")
_WAYS = {"SecurityGroupIngress": "in from", "SecurityGroupEgress": "out to"}
_NO_PEER = ("Description", "GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort")
_EITHER = "allows or denies"
_DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "PolicyText")
_MARK = re.compile(r"<([^<>]*)>")
ROLES = ("task", "execution")
SENSITIVE = {
    "?*": (
        *("PermissionsBoundary", "*RoleArn", "*RoleARN", "Role", "ServiceRole", "IamInstanceProfile"),
        *("PolicyDocument", "PolicyText", "*ResourcePolicy", "KeyPolicy", "*AccessPolic*", "*SystemPolicy", "Policy"),
        *("Policies", "ManagedPolic*", "CustomerManagedPolic*", "PublicAccessBlock*", "BlockPublic*", "AccessControl"),
        *("PubliclyAccessible", "Scheme", "AuthorizationType", "AuthType", "Condition"),
    ),
    "AWS::IAM::User": ("Groups",),
    "AWS::IAM::UserToGroupAddition": ("Users", "GroupName"),
    "AWS::IAM::*Policy": _HOLDERS,
    "AWS::IAM::InstanceProfile": ("Roles",),
    "AWS::IAM::*Provider": ("*",),
    "AWS::SSO::Assignment": ("PrincipalId",),
    "AWS::Lambda::*Permission": ("*",),
    "AWS::Events::EventBusPolicy": ("Principal",),
    "AWS::RAM::ResourceShare": ("Principals", "ResourceArns"),
    "?*Policy": ("Bucket", "Queues", "Topics", "SecretId", "EventBusName", "ResourceArn"),
    "AWS::CloudFormation::Stack": ("Parameters",),
    "": ("Conditions", "Mappings", "Parameters"),
}
"""Type of a resource to properties of which permissions and openness depend; the empty type is the template itself."""


class Line(NamedTuple):
    """Something that someone may do, or may not."""

    # Whose it is: ``role batches-staging-report-task``
    holder: str
    # ``allows``, ``denies``, ``lets``
    verb: str
    action: str
    resource: str = ""
    # The principal; empty in the policy of an identity
    who: str = ""
    # The conditions as JSON; empty for none
    condition: str = ""

    @property
    def denies(self) -> bool:
        """Whether its end lets someone do more."""
        return self.verb in ("denies", _EITHER)


def is_sensitive(kind: str, path: str) -> bool:
    """Whether permissions depend on a property of a resource of a type: ``ContainerDefinitions[main].Role``."""
    names = [part.partition("[")[0].partition(" ")[0] for part in path.split(".")]
    return any(
        fnmatchcase(kind, types) and any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
        for types, patterns in SENSITIVE.items()
    )


def sentences(lines: Iterable[Line], origins: Mapping[Line, str], *, now: bool) -> Iterator[tuple[str, bool]]:
    """Lines put together that differ in actions or resources alone, each with whether it counts for the gate."""
    by_resource: dict[tuple[Line, str], list[str]] = {}
    for line in lines:
        by_resource.setdefault((line._replace(action=""), origins.get(line, "")), []).append(line.action)
    by_action: dict[tuple[Line, str, tuple[str, ...]], list[str]] = {}
    for (line, origin), actions in by_resource.items():
        by_action.setdefault((line._replace(resource=""), origin, tuple(actions)), []).append(line.resource)
    for (line, origin, merged), resources in by_action.items():
        named = listed("every resource" if resource == "*" else resource for resource in resources)
        conditions = conditions_in_words(json.loads(line.condition)) if line.condition else []
        parts = [
            f"{line.holder}: {'now' if now else 'no longer'} {line.verb} {listed(merged)}",
            f"on {named}" if any(resources) else "",
            f"to {line.who}" if line.who else "",
            f"only if {listed(conditions)}" if conditions else "",
            f"({origin})" if origin else "",
        ]
        yield " ".join(filter(None, parts)), now or line.denies


def granted(raw: Mapping[str, Any]) -> dict[Line, str]:
    """What a batch's file says of its roles and of who may run it, each with the line and the reason of its grant."""
    access, lines = raw.get("access") or {}, dict[Line, str]()
    for name in ROLES:
        role, holder = access.get(name) or {}, f"its {name} role"
        lines[Line(holder, "is", _text((raw.get("task") or {}).get(f"{name}RoleArn")))] = ""
        for grant in role.get("grants") or ():
            origin = (f"granted at {grant['at']}" if grant.get("at") else "", _reason(grant.get("reason")))
            for line in of_statement(holder, grant["statement"]):
                lines.setdefault(line, "; ".join(filter(None, origin)))
        for policy in role.get("managed") or ():
            lines[_managed(holder, _text(policy["arn"]))] = ""
        if role.get("adopted"):
            given = f"all that the given role {_text(role.get('arn'))} may, whose policies are in the account"
            lines[Line(holder, "allows", given)] = ""
    for caller in access.get("callers") or ():
        if caller["on"] == "batch":
            what = f"{CALLS.get(caller['grant'], caller['grant'])} of this batch"
            lines[Line(caller["who"], "may", what)] = f"granted at {caller['at']}" if caller.get("at") else ""
    for part in raw.get("startable") or ():
        lines[Line("whoever may start its machine", "may", f"run any {part} with its role and secrets")] = ""
    return {line: origin for line, origin in lines.items() if line.action}


def _reason(reason: str | None) -> str:
    return f"reason: {reason}" if reason else ""


def _managed(holder: str, arn: str) -> Line:
    return Line(holder, "allows", f"what the managed policy {arn} allows, which is in the account and not here")


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return "".join(texts(value)[:1])


def of_resource(resource: StackResource) -> dict[Line, None]:
    """All lines of a resource of a template."""
    holder = _holder(resource)
    lines = [*_of_value(holder, resource.properties)]
    if resource.type == _ROLE or resource.type.startswith("AWS::IAM::"):
        policies = resource.properties.get(_MANAGED) or []
        lines += [_managed(holder, str(arn)) for arn in (policies if isinstance(policies, list) else [policies])]
    return dict.fromkeys([*lines, *_openings(resource)])


def _holder(resource: StackResource) -> str:
    if resource.type == _ROLE:
        return f"role {resource.properties.get('RoleName') or resource.path}"
    names = [name.strip("<>") for name in holders(resource)]
    return f"{resource.name}{' of ' if names else ''}{listed(names)}"


def holders(resource: StackResource) -> list[str]:
    """The role that a resource is, or the roles, users and groups that a policy is attached to."""
    if resource.type == _ROLE:
        return [f"<{resource.path}>"]
    values = [resource.properties.get(name, []) for name in _HOLDERS if resource.type.startswith("AWS::IAM::")]
    return [str(name) for value in values for name in (value if isinstance(value, list) else [value])]


def _of_value(holder: str, value: Any) -> Iterator[Line]:  # noqa: ANN401 - JSON
    """The lines of all policy documents in a value, also of one that is written as JSON in a text."""
    value = _read(value)
    if isinstance(value, list):
        for inner in value:
            yield from _of_value(holder, inner)
    if not isinstance(value, Mapping):
        return
    statements = value.get("Statement", ())
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, str) or (isinstance(statement, Mapping) and "Effect" in statement):
            yield from of_statement(holder, statement)
    for name, inner in value.items():
        if name in _DOCUMENTS and isinstance(inner, str) and _read(inner) == inner:
            yield Line(holder, _EITHER, f"what {inner} says")
        elif name != "Statement":
            yield from _of_value(holder, inner)


def _read(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A document that is written as JSON in a text; other values as they are."""
    if isinstance(value, str) and '"Statement"' in value and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def of_statement(holder: str, statement: Any) -> Iterator[Line]:  # noqa: ANN401 - JSON
    """A statement, line by line: each of its actions on each of its resources for each of its principals."""
    if not isinstance(statement, Mapping) or unresolved(statement):
        yield Line(holder, _EITHER, f"what {_text(statement)} says")
        return
    verb = {"Allow": "allows", "Deny": "denies"}.get(str(statement.get("Effect")), _EITHER)
    condition = settled(statement.get("Condition") or {})
    parts = [
        _all_but(statement, "NotAction") or texts(statement.get("Action")) or [""],
        _all_but(statement, "NotResource") or texts(statement.get("Resource")) or [""],
        [*_principals(statement)] or [""],
    ]
    for action, resource, who in product(*parts):
        yield Line(holder, verb, action, resource, who, json.dumps(condition, sort_keys=True) if condition else "")


def _all_but(statement: Mapping[str, Any], name: str) -> list[str]:
    return [f"everything but {listed(sorted(texts(statement[name])))}"] if name in statement else []


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotPrincipal" in statement:
        others = [name for value in _kinds(statement["NotPrincipal"]) for name in value]
        yield f"everyone but {listed(sorted(others))}"
    for names in _kinds(statement.get("Principal")):
        yield from names


def _kinds(principal: Any) -> list[list[str]]:  # noqa: ANN401 - JSON
    if not isinstance(principal, Mapping) or unresolved(principal):
        return [["everyone" if name == "*" else name for name in texts(principal)]]
    lead = {"AWS": "", "Service": "the service "}
    return [
        ["everyone" if name == "*" else f"{lead.get(kind, f'{kind} ')}{name}" for name in texts(value)]
        for kind, value in principal.items()
    ]


def settled(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A value in which lists are sorted, and what only a deployment knows is a text."""
    if unresolved(value):
        name, _, rest = unresolved(value).partition(PLUS)
        return f"<{name}>{rest}"
    if isinstance(value, Mapping):
        return {key: settled(item) for key, item in value.items()}
    return sorted(map(settled, value), key=json.dumps) if isinstance(value, list) else value


def _openings(resource: StackResource) -> Iterator[Line]:
    """What a security group lets in and out."""
    if resource.type == "AWS::EC2::SecurityGroup":
        for name, way in _WAYS.items():
            rules = resource.properties.get(name) or ()
            for rule in rules if isinstance(rules, list | tuple) else [rules]:
                yield _opening(resource.path, way, rule)
    elif way := _WAYS.get(resource.type.removeprefix("AWS::EC2::"), ""):
        group = str(resource.properties.get("GroupId") or resource.properties.get("GroupName"))
        yield _opening(group.strip("<>").removesuffix(".GroupId"), way, resource.properties)


def _opening(group: str, way: str, rule: Any) -> Line:  # noqa: ANN401 - JSON
    if not isinstance(rule, Mapping):
        return Line(group, "lets", f"{shown(rule)} {way} what only the deployment knows")
    protocol, *ports = (str(rule.get(key, "")) for key in ("IpProtocol", "FromPort", "ToPort"))
    peers = [str(value) for key, value in sorted(rule.items()) if key not in _NO_PEER]
    peer = "anywhere" if peers in (["0.0.0.0/0"], ["::/0"]) else " of the account ".join(peers)
    named = "-".join(dict.fromkeys(filter(None, ports)))
    if protocol.startswith("icmp"):
        named = " code ".join(ports)
    traffic = "everything" if protocol == "-1" else f"{protocol} {named}".strip()
    return Line(group, "lets", f"{traffic} {way} {peer}{f' ({peers[0]})' if peer == 'anywhere' else ''}")


def as_in_file(line: Line, paths: Mapping[str, str], holder: str) -> Line:
    """A line of a template or of a file in the one form that both have."""
    action, resource, who, condition = (_plain(text, paths) for text in line[2:])
    return Line(holder, line.verb, action, resource, who, condition)


def _plain(text: str, paths: Mapping[str, str]) -> str:
    """``<report/Sales.Arn>/*``; where it does not begin with what only a deployment knows, a file has that alone."""
    if text.startswith("{"):  # conditions
        return _MARK.sub(lambda mark: _plain(mark[0], paths), text)
    marks = _MARK.findall(text)
    if not marks:
        return text
    names = ", ".join(_name(name, paths) for mark in marks for name in mark.split(", "))
    follows = text.partition(">")[2] if len(marks) == 1 and text.startswith("<") else ""
    return f"<{names}>{follows}"


def _name(name: str, paths: Mapping[str, str]) -> str:
    id, dot, attribute = name.removeprefix("Ref ").removeprefix("Fn::").partition(".")
    return f"{paths.get(id, id)}{dot}{attribute}"


def machine_role(stacks: Iterable[Stack], workflow: WorkflowRecord) -> RoleAccess | None:
    """The role of a workflow's machine; none where the stacks have no such machine."""
    for stack in stacks:
        if stack.find("AWS::SSM::Parameter", "Name", {workflow.path}):
            for machine in stack.find(
                "AWS::StepFunctions::StateMachine", "StateMachineName", {workflow.machine.rpartition(":")[2]}
            ):
                return _role(stack, str(machine.properties.get("RoleArn")))
    return None


def _role(stack: Stack, arn: str) -> RoleAccess | None:
    for role in stack.resources.values():
        if arn == f"<{role.path}.Arn>":
            attached = role.properties.get(_MANAGED) or ()
            policies = [resource for resource in stack.resources.values() if f"<{resource.path}>" in attached]
            documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies") or ()]
            documents += [policy.properties["PolicyDocument"] for policy in policies]
            grants = [Grant(statement=statement) for document in documents for statement in document["Statement"]]
            return RoleAccess(arn=str(role.properties.get("RoleName") or role.path), grants=grants)
    return None
