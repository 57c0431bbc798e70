"""What a task role may do: the batch's own `allow`, and what aws-cdk-lib's grants wrote."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright.errors import DeclarationError, wrong
from batchwright.origins import Origin, caller
from batchwright.tokens import is_token

_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9*?]+|\*")


@dataclass(frozen=True, slots=True)
class Permission:
    """Something that a batch was allowed.

    Attributes:
        actions: IAM actions, ``s3:GetObject``.
        resources: ARNs.
        reason: Why a wildcard is needed; empty where there is none.
        origin: The line that asked for it.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str = ""
    origin: Origin | None = field(default=None, compare=False)


def permission(subject: str, actions: str | Sequence[str], on: str | Sequence[str], reason: str | None) -> Permission:
    """Checks what a declaration asks for.

    Raises:
        DeclarationError: An action or ARN has a wrong form, or a wildcard is given without a reason.
    """
    wanted = (actions,) if isinstance(actions, str) else tuple(actions)
    resources = (on,) if isinstance(on, str) else tuple(on)
    if not wanted or not resources:
        raise wrong(subject, "allow", (wanted, resources), "at least one action, on at least one resource")
    for action in wanted:
        if not _ACTION.fullmatch(action):
            raise wrong(subject, "allow: actions", action, "service:Action, such as s3:GetObject")
    for resource in resources:
        if resource != "*" and not resource.startswith("arn:") and not is_token(resource):
            raise wrong(subject, "allow: on", resource, "ARNs")
    wide = [one for one in (*wanted, *(r for r in resources if r == "*")) if "*" in one or "?" in one]
    if wide and not (reason or "").strip():
        raise DeclarationError(
            subject,
            "allow",
            f"{', '.join(map(repr, wide))} was given without reason=; allowed: single actions on named resources, or a "
            "reason that says why that cannot be",
        )
    return Permission(wanted, resources, (reason or "").strip(), caller())


def bare_wildcards(statements: Sequence[Mapping[str, Any]], permissions: Sequence[Permission]) -> Iterator[str]:
    """The statements that allow a bare ``*`` and that no `allow` gave a reason for, in words.

    Args:
        statements: The statements of a role's policies, resolved.
        permissions: What the batch itself asked for.
    """
    explained = [one for one in permissions if one.reason]
    anywhere = {action for one in explained if "*" in one.resources for action in one.actions}
    for statement in statements:
        if statement.get("Effect") != "Allow":
            continue
        actions = _several(statement.get("Action", []))
        for element in ("NotAction", "NotResource"):
            if element in statement:
                yield f"a grant allows all but some ({element})"
        if "*" in actions and not any("*" in one.actions for one in explained):
            yield "a grant allows every action (*)"
        elif "*" in _several(statement.get("Resource", [])) and not anywhere.issuperset(actions):
            yield f"a grant allows {', '.join(actions)} on every resource (*)"


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - a policy's element has either form
    return list(value) if isinstance(value, list) else [value]
