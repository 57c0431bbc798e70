"""What a task role may do: the batch's own `allow`, and what aws-cdk-lib's grants wrote."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from batchwright.errors import DeclarationError, wrong
from batchwright.iam.policies import several
from batchwright.origins import SourceLine, caller
from batchwright.tokens import TOKEN, is_token

WITHOUT_RESOURCE: Mapping[str, frozenset[str]] = {
    "ecr:GetAuthorizationToken": frozenset(),
    "ecs:DescribeTaskDefinition": frozenset(),
    "ecs:ListTasks": frozenset({"ecs:cluster"}),
}
"""Actions that are allowed on ``*`` or not at all, each with the condition keys that have to narrow it (Service
Authorization Reference, Amazon ECR and Amazon ECS, 2026-11). Who pulls an image, or runs a batch, has them."""

ALLOW_EVERYTHING = frozenset({"AdministratorAccess", "IAMFullAccess", "PowerUserAccess"})
"""Managed policies with which everything is allowed, or can be had (AWS managed policy reference, 2026-11)."""

_ARN_PARTS = 6
_SOME_ARN = "arn:aws:s3:::0/0"
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+|\*")


@dataclass(frozen=True, slots=True)
class Allowance:
    """Something that a batch was allowed."""

    # IAM actions, ``s3:GetObject``
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    # Why a wildcard is needed; empty where there is none
    reason: str = ""
    origin: SourceLine | None = field(default=None, compare=False)


def permission(subject: str, actions: str | Sequence[str], on: str | Sequence[str], reason: str | None) -> Allowance:
    """Checks what a declaration asks for."""
    action_names = _texts(subject, "allow: actions", actions, "service:Action, such as s3:GetObject, or a list")
    resources = _texts(subject, "allow: on", on, "an ARN, such as bucket.bucket_arn, or a list of ARNs")
    if not action_names or not resources:
        raise wrong(subject, "allow", (action_names, resources), "at least one action, on at least one resource")
    for action in action_names:
        if not _ACTION.fullmatch(action):
            raise wrong(subject, "allow: actions", action, "service:Action, such as s3:GetObject")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:") and not is_token(resource):
            raise wrong(subject, "allow: on", resource, "ARNs")
    wide = [action for action in action_names if "*" in action or "?" in action]
    wide += filter(names_nothing, resources)
    if wide and not (reason or "").strip():
        raise DeclarationError(
            subject,
            "allow",
            f"{', '.join(map(repr, wide))} was given without reason=; allowed: single actions on named resources, or a "
            "reason that says why that cannot be",
        )
    return Allowance(action_names, resources, (reason or "").strip(), caller())


def _texts(subject: str, argument: str, given: object, allowed: str) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) else given
    if not isinstance(texts, Collection) or not all(isinstance(text, str) for text in texts):
        raise wrong(subject, argument, given, allowed)
    return tuple(texts)


def names_nothing(resource: str) -> bool:
    """Whether an ARN stands for everything, or for all that a service has: ``*``, ``arn:*``, ``arn:aws:s3:::*``."""
    text = TOKEN.sub("x", resource)
    if not text.startswith("arn:"):
        return fnmatchcase(_SOME_ARN, text)
    parts = text.split(":", 5)
    if any("*" in part or "?" in part for part in parts[:3]) or len(parts) < _ARN_PARTS:
        return "*" in resource or "?" in resource
    return bool(parts[-1]) and set(parts[-1]) <= set("*?:/")


def bare_wildcards(statements: Sequence[Mapping[str, Any]], permissions: Sequence[Allowance]) -> Iterator[str]:
    """The statements that allow everything, or on everything, and that no `allow` gave a reason for, in words."""
    explained = [allowance for allowance in permissions if allowance.reason]
    everywhere = [allowance for allowance in explained if any(map(names_nothing, allowance.resources))]
    anywhere = {action for allowance in everywhere for action in allowance.actions}
    for statement in statements:
        if statement.get("Effect") != "Allow":
            continue
        actions = several(statement.get("Action", []))
        for element in ("NotAction", "NotResource"):
            if element in statement:
                yield f"a grant allows all but some ({element})"
        everything = [action for action in actions if "*" in action.partition(":")[0]]
        if everything and not any("*" in allowance.actions for allowance in explained):
            yield f"a grant allows every action ({everything[0]})"
            continue
        wide = [*filter(names_nothing, map(_text, several(statement.get("Resource", []))))]
        if wide and not anywhere.issuperset(actions) and not _has_no_resource(statement):
            yield f"a grant allows {', '.join(actions)} on every resource ({wide[0]})"


def too_wide_policies(arns: Sequence[Any], permissions: Sequence[Allowance]) -> Iterator[str]:
    """The managed policies of AWS that allow everything and that no `allow` gave a reason for, in words."""
    explained = any("*" in allowance.actions for allowance in permissions if allowance.reason)
    for arn in arns:
        name = _text(arn).rpartition("/")[2]
        if name in ALLOW_EVERYTHING and not explained:
            yield f"the managed policy {name} allows every action, or all but some"


def _has_no_resource(statement: Mapping[str, Any]) -> bool:
    """Whether all that a statement allows can be allowed on ``*`` alone."""
    keys = {key for tests in statement.get("Condition", {}).values() for key in tests}
    actions = several(statement["Action"])
    return all(action in WITHOUT_RESOURCE and WITHOUT_RESOURCE[action] <= keys for action in actions)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A resource as a text; what only a deployment knows has some name."""
    if isinstance(value, dict) and isinstance(join := value.get("Fn::Join"), list) and isinstance(join[1], list):
        return str(join[0]).join(map(_text, join[1]))
    if isinstance(value, dict) and isinstance(value.get("Fn::Sub"), str):
        return re.sub(r"\$\{[^}]*\}", "x", value["Fn::Sub"])
    return value if isinstance(value, str) else "x"
