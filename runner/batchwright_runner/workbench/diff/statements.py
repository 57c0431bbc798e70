"""Who may do what, part by part: every statement of every policy document, policies by name, openings. Pure.

Nothing is weighed: a part that is there now and was not there before has been added, whatever else allows the same.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

from batchwright_runner.contract.access import Grant, RoleAccess
from batchwright_runner.contract.batch_file import BatchFile
from batchwright_runner.contract.workflows.file import WorkflowFile
from batchwright_runner.contract.workflows.manifest import WorkflowManifest
from batchwright_runner.host.terminal.text import listed
from batchwright_runner.workbench.diff.changes import shown
from batchwright_runner.workbench.diff.read import Stack, StackResource
from batchwright_runner.workbench.permissions.statements import EITHER, Statement, text_of, texts
from batchwright_runner.workbench.permissions.words import CALLS

_ROLE = "AWS::IAM::Role"
_MANAGED = "ManagedPolicyArns"
_HOLDERS = ("Roles", "RoleName", "Users", "UserName", "Groups", "GroupName")
_WAYS = {"SecurityGroupIngress": "in from", "SecurityGroupEgress": "out to"}
_NO_PEER = ("Description", "GroupId", "GroupName", "IpProtocol", "FromPort", "ToPort")
_DOCUMENTS = ("PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy", "PolicyText")
_MARK = re.compile(r"<([^<>]*)>")
_PROPERTIES = (
    "PermissionsBoundary *RoleArn *RoleARN Role ServiceRole IamInstanceProfile PolicyDocument PolicyText "
    "*ResourcePolicy KeyPolicy *AccessPolic* *SystemPolicy Policy Policies ManagedPolic* CustomerManagedPolic* "
    "PublicAccessBlock* BlockPublic* AccessControl PubliclyAccessible Scheme AuthorizationType AuthType Condition"
)
SENSITIVE = {
    "?*": tuple(_PROPERTIES.split()),
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


def is_sensitive(kind: str, path: str) -> bool:
    """Whether permissions depend on a property of a resource of a type: ``ContainerDefinitions[main].Role``."""
    names = [part.partition("[")[0].partition(" ")[0] for part in path.split(".")]
    return any(
        fnmatchcase(kind, types) and any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
        for types, patterns in SENSITIVE.items()
    )


def sentences(parts: Iterable[Statement], origins: Mapping[Statement, str], *, now: bool) -> Iterator[tuple[str, bool]]:
    """Parts put together that differ in actions or resources alone, each with whether it counts for the gate."""
    by_resource: dict[tuple[Statement, str], tuple[str, ...]] = {}
    for part in parts:
        key = part._replace(actions=()), origins.get(part, "")
        by_resource[key] = by_resource.get(key, ()) + part.actions
    by_action: dict[tuple[Statement, str], list[str]] = {}
    for (part, origin), actions in by_resource.items():
        by_action.setdefault((part._replace(actions=actions, resources=()), origin), []).extend(part.resources)
    for (part, origin), resources in by_action.items():
        named = listed("every resource" if resource == "*" else resource for resource in resources)
        words = [
            f"{part.holder}: {'now' if now else 'no longer'} {part.verb} {listed(part.actions)}",
            f"on {named}" if any(resources) else "",
            f"to {listed(part.who)}" if any(part.who) else "",
            f"only if {listed(part.conditions)}" if part.condition else "",
            f"({origin})" if origin else "",
        ]
        yield " ".join(filter(None, words)), now or part.counts


def granted(file: BatchFile | WorkflowFile) -> dict[Statement, str]:
    """What a batch's file says of its roles and of who may run it, each with the line and the reason of its grant."""
    if not isinstance(file, BatchFile):
        return {}
    parts: dict[Statement, str] = {}
    for name, role in (("task", file.access.task), ("execution", file.access.execution)):
        for part, origin in _of_role(f"its {name} role", file.task.get(f"{name}RoleArn"), role):
            parts.setdefault(part, origin)
    for caller in file.access.callers:
        if caller.on == "batch":
            what = f"{CALLS.get(caller.grant, caller.grant)} of this batch"
            parts[_part(caller.who, "may", what)] = f"granted at {caller.at}" if caller.at else ""
    for what in file.startable:
        parts[_part("whoever may start its machine", "may", f"run any {what} with its role and secrets")] = ""
    return parts


def _of_role(holder: str, arn: object, role: RoleAccess) -> Iterator[tuple[Statement, str]]:
    yield from ((_part(holder, "is", name), "") for name in texts(arn) if name)
    for grant in role.grants:
        origin = (f"granted at {grant.at}" if grant.at else "", f"reason: {grant.reason}" if grant.reason else "")
        for part in Statement.of(grant.statement, holder).parts():
            yield part, "; ".join(filter(None, origin))
    yield from ((_managed(holder, policy.arn), "") for policy in role.managed)
    if role.adopted:
        given = f"all that the given role {text_of(role.arn)} may, whose policies are in the account"
        yield _part(holder, "allows", given), ""


def _part(holder: str, verb: str, what: str) -> Statement:
    return next(Statement(holder, verb, (what,)).parts())


def _managed(holder: str, arn: object) -> Statement:
    what = f"what the managed policy {text_of(arn)} allows, which is in the account and not here"
    return _part(holder, "allows", what)


def of_resource(resource: StackResource) -> dict[Statement, None]:
    """All parts of the statements of a resource of a template, and what it lets in and out."""
    holder = _holder(resource)
    parts = [*_of_value(holder, resource.properties)]
    if resource.type.startswith("AWS::IAM::"):
        parts += [_managed(holder, arn) for arn in texts(resource.properties.get(_MANAGED))]
    return dict.fromkeys([*parts, *_openings(resource)])


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
    return [name for value in values for name in texts(value)]


def _of_value(holder: str, value: Any) -> Iterator[Statement]:  # noqa: ANN401 - JSON
    """The parts of all policy documents in a value, also of one that is written as JSON in a text."""
    value = _read(value)
    for inner in value if isinstance(value, list) else ():
        yield from _of_value(holder, inner)
    if not isinstance(value, Mapping):
        return
    statements = value.get("Statement", ())
    for statement in statements if isinstance(statements, list) else [statements]:
        if isinstance(statement, str) or (isinstance(statement, Mapping) and "Effect" in statement):
            yield from Statement.of(statement, holder).parts()
    for name, inner in value.items():
        if name in _DOCUMENTS and isinstance(inner, str) and _read(inner) == inner:
            yield _part(holder, EITHER, f"what {inner} says")
        elif name != "Statement":
            yield from _of_value(holder, inner)


def _read(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A document that is written as JSON in a text; other values as they are."""
    if isinstance(value, str) and '"Statement"' in value and value.lstrip().startswith("{"):
        with suppress(ValueError):
            return json.loads(value)
    return value


def _openings(resource: StackResource) -> Iterator[Statement]:
    """What a security group lets in and out."""
    if resource.type == "AWS::EC2::SecurityGroup":
        for name, way in _WAYS.items():
            rules = resource.properties.get(name) or []
            for rule in rules if isinstance(rules, list) else [rules]:
                yield _opening(resource.path, way, rule)
    elif way := _WAYS.get(resource.type.removeprefix("AWS::EC2::"), ""):
        group = str(resource.properties.get("GroupId") or resource.properties.get("GroupName"))
        yield _opening(group.strip("<>").removesuffix(".GroupId"), way, resource.properties)


def _opening(group: str, way: str, rule: Any) -> Statement:  # noqa: ANN401 - JSON
    if not isinstance(rule, Mapping):
        return _part(group, "lets", f"{shown(rule)} {way} what only the deployment knows")
    protocol, *ports = (str(rule.get(key, "")) for key in ("IpProtocol", "FromPort", "ToPort"))
    peers = [str(value) for key, value in sorted(rule.items()) if key not in _NO_PEER]
    peer = "anywhere" if peers in (["0.0.0.0/0"], ["::/0"]) else " of the account ".join(peers)
    named = " code ".join(ports) if protocol.startswith("icmp") else "-".join(dict.fromkeys(filter(None, ports)))
    traffic = "everything" if protocol == "-1" else f"{protocol} {named}".strip()
    return _part(group, "lets", f"{traffic} {way} {peer}{f' ({peers[0]})' if peer == 'anywhere' else ''}")


def as_in_file(part: Statement, paths: Mapping[str, str], holder: str) -> Statement:
    """A part of a template or of a file in the one form that both have."""
    texts = (part.actions, part.resources, part.who, (part.condition,))
    actions, resources, who, (condition,) = (tuple(_plain(text, paths) for text in each) for each in texts)
    return Statement(holder, part.verb, actions, resources, who, condition)


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


def machine_role(stacks: Iterable[Stack], workflow: WorkflowManifest) -> RoleAccess | None:
    """The role of a workflow's machine; none where the stacks have no such machine."""
    name = {workflow.machine.rpartition(":")[2]}
    own = [stack for stack in stacks if stack.find("AWS::SSM::Parameter", "Name", {workflow.path})]
    found = ((stack, stack.find("AWS::StepFunctions::StateMachine", "StateMachineName", name)) for stack in own)
    roles = (_role(stack, str(machine.properties.get("RoleArn"))) for stack, machines in found for machine in machines)
    return next(roles, None)


def _role(stack: Stack, arn: str) -> RoleAccess | None:
    role = next((resource for resource in stack.resources.values() if arn == f"<{resource.path}.Arn>"), None)
    if role is None:
        return None
    attached = role.properties.get(_MANAGED) or ()
    policies = [known.properties for known in stack.resources.values() if f"<{known.path}>" in attached]
    documents = [policy["PolicyDocument"] for policy in (*(role.properties.get("Policies") or ()), *policies)]
    grants = [Grant(statement=statement) for document in documents for statement in document["Statement"]]
    return RoleAccess(arn=str(role.properties.get("RoleName") or role.path), grants=grants)
