"""The statements of a resource of a template: of its own policies, or of one that is attached. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.contract.access import Grant, RoleAccess
from batchwright_runner.contract.workflows.record import WorkflowRecord
from batchwright_runner.workbench.diff.owners import workflow_stacks
from batchwright_runner.workbench.diff.read import Assembly
from batchwright_runner.workbench.diff.rules import Difference, Rule, Whose, managed, rules_of
from batchwright_runner.workbench.diff.template import Stack, StackResource
from batchwright_runner.workbench.diff.wording import listed

_IAM = "AWS::IAM::"
_ROLE = "AWS::IAM::Role"
_TRUST = "AssumeRolePolicyDocument"
_MANAGED = "ManagedPolicyArns"
_OF_IAM = ("Policies", "PolicyDocument", _TRUST)
_HOLDERS = ("Roles", "RoleName", "Users", "UserName", "Groups", "GroupName")


def rules(resource: StackResource) -> list[Rule]:
    """The rules of a resource on who may do what."""
    return [rule for name, value in resource.properties.items() for rule in _rules(resource, name, value)]


def properties_read(resource: StackResource) -> set[str]:
    """The properties of a resource that `rules` reads."""
    if resource.type.startswith(_IAM):
        return {_MANAGED, *_OF_IAM}
    return {name for name, value in resource.properties.items() if any(_rules(resource, name, value))}


def holder(resource: StackResource) -> str:
    """Whose rules they are: ``role report/Reader``, ``IAM::Policy report/Policy of admin``, ``S3::BucketPolicy …:``."""
    if resource.type == _ROLE:
        return f"role {resource.properties.get('RoleName') or resource.path}"
    if not resource.type.startswith(_IAM):
        return f"{resource.name}:"
    names = [name.strip("<>") for name in holders(resource)]
    return f"{resource.name}{' of ' if names else ''}{listed(names)}"


def holders(resource: StackResource) -> list[str]:
    """The role that a resource is, or the roles, users and groups that a policy is attached to."""
    if resource.type == _ROLE:
        return [f"<{resource.path}>"]
    values = [resource.properties.get(name, []) for name in _HOLDERS if resource.type.endswith("Policy")]
    return [str(name) for value in values for name in (value if isinstance(value, list) else [value])]


def _rules(resource: StackResource, name: str, value: Any) -> Iterator[Rule]:  # noqa: ANN401 - JSON
    is_iam = resource.type.startswith(_IAM)
    whose: Whose = "trust" if name == _TRUST else "identity" if is_iam else "resource"
    if is_iam and name == _MANAGED:
        yield from (managed(str(policy)) for policy in (value if isinstance(value, list) else [value]))
    elif name == "Statement":  # of an event bus
        yield from _of_document({name: value}, whose)
    elif not is_iam or name in _OF_IAM:
        yield from _of_document(value, whose, is_policy=is_iam)


def _of_document(value: Any, whose: Whose, *, is_policy: bool = False) -> Iterator[Rule]:  # noqa: ANN401 - JSON
    """The rules of the policies in a value."""
    document = _read(value)
    if isinstance(document, Mapping):
        statements = document.get("Statement", ())
        statements = statements if isinstance(statements, list) else [statements]
        if "Statement" in document and all(map(_is_statement, statements)):
            yield from (rule for statement in statements for rule in rules_of(statement, whose))
        else:
            for key, inner in document.items():
                yield from _of_document(inner, whose, is_policy=is_policy and key != "PolicyName")
    elif isinstance(document, list):
        for inner in document:
            yield from _of_document(inner, whose, is_policy=is_policy)
    elif is_policy and document:
        yield from rules_of(document, whose)


def _is_statement(value: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether it is one of a policy, and not of a firewall or the like; a text is known to a deployment alone."""
    return isinstance(value, str) or (isinstance(value, Mapping) and "Effect" in value)


def _read(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A document that is written as JSON in a text; other values as they are."""
    if isinstance(value, str) and '"Statement"' in value and value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


_MARK = re.compile(r"<([^<>]*)>")
"""What only a deployment knows."""


def uncovered(difference: Difference, covered: Iterable[Difference], paths: Mapping[str, str]) -> Difference | None:
    """A difference of the template with the resources that the file does not have; none where it has all."""
    rule = difference.rule
    known = [_as_in_file(of_file.rule, paths) for of_file in covered if of_file.broader is difference.broader]
    alone = {resource: _as_in_file(replace(rule, resources=(resource,)), paths) for resource in rule.resources}
    remaining = tuple(resource for resource, part in alone.items() if any(part.left_by(known)))
    return replace(difference, rule=replace(rule, resources=remaining)) if remaining else None


def _as_in_file(rule: Rule, paths: Mapping[str, str]) -> Rule:
    """A rule whose texts are the same, read from a file and from a template."""
    actions, resources = (tuple(_plain(text, paths) for text in texts) for texts in (rule.actions, rule.resources))
    conditions = _MARK.sub(lambda mark: _plain(mark[0], paths), rule.conditions)
    return replace(rule, actions=actions, resources=resources, conditions=conditions)


def _plain(text: str, paths: Mapping[str, str]) -> str:
    """``<report/Sales.Arn>/*``; where it does not begin with what only a deployment knows, a file has that alone."""
    marks = _MARK.findall(text)
    if not marks:
        return text
    names = ", ".join(_name(name, paths) for mark in marks for name in mark.split(", "))
    follows = text.partition(">")[2] if len(marks) == 1 and text.startswith("<") else ""
    return f"<{names}>{follows}"


def _name(name: str, paths: Mapping[str, str]) -> str:
    id, dot, attribute = name.removeprefix("Ref ").removeprefix("Fn::").partition(".")
    return f"{paths.get(id, id)}{dot}{attribute}"


_MACHINE = "AWS::StepFunctions::StateMachine"


def machine_role(assembly: Assembly, workflow: WorkflowRecord) -> RoleAccess | None:
    """The role of a workflow's machine; none where the assembly has no such machine."""
    for key in workflow_stacks([assembly], workflow.path):
        stack = assembly.stacks[key]
        for machine in stack.find(_MACHINE, "StateMachineName", {workflow.machine.rpartition(":")[2]}):
            return _role(stack, str(machine.properties.get("RoleArn")))
    return None


def _role(stack: Stack, arn: str) -> RoleAccess | None:
    for role in stack.resources.values():
        if arn == f"<{role.path}.Arn>":
            attached = role.properties.get("ManagedPolicyArns") or ()
            policies = [resource for resource in stack.resources.values() if f"<{resource.path}>" in attached]
            documents = [policy["PolicyDocument"] for policy in role.properties.get("Policies") or ()]
            documents += [policy.properties["PolicyDocument"] for policy in policies]
            grants = [Grant(statement=statement) for document in documents for statement in document["Statement"]]
            return RoleAccess(arn=str(role.properties.get("RoleName") or role.path), grants=grants)
    return None
