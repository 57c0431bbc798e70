"""A policy statement, taken apart, and what its ARNs name. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright_runner.contract.access import Grant
from batchwright_runner.contract.batch_file import PLUS, unresolved
from batchwright_runner.workbench.permissions.actions import is_wild, levels_of, pattern, service_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """The part of a statement that is about one service."""

    # IAM's prefix of the service; empty for all of them
    service: str
    allowed: bool
    actions: tuple[str, ...]
    # The ARNs; ``<Queue.Arn>`` for one that only a deployment knows
    resources: tuple[str, ...]
    but: bool = False
    conditions: tuple[str, ...] = ()
    # The line that granted it; empty where that is not known
    at: str = ""
    reason: str = ""

    @property
    def levels(self) -> list[str]:
        """AWS's access levels of its actions."""
        return [] if self.but else levels_of(*self.actions)

    @property
    def wildcards(self) -> list[str]:
        """The actions and ARNs that stand for several."""
        return [text for text in (*self.actions, *self.resources) if is_wild(text)]

    def covers(self, action: str) -> bool:
        """Whether it is about an action: ``s3:GetObject``."""
        return any(pattern(text).fullmatch(action) for text in self.actions) is not self.but

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "service": self.service,
            "effect": "Allow" if self.allowed else "Deny",
            "not_action" if self.but else "actions": list(self.actions),
            "resources": list(self.resources),
            "conditions": list(self.conditions),
            "levels": self.levels,
            "wildcards": self.wildcards,
            "at": self.at,
            "reason": self.reason,
        }


def permissions_of(grants: Sequence[Grant]) -> list[Permission]:
    """What grants say, each statement once for each service that it is about; the same thing once."""
    permissions: dict[Permission, None] = {}
    for grant in grants:
        for permission in _split(grant):
            permissions.setdefault(permission)
    return list(permissions)


def _split(grant: Grant) -> list[Permission]:
    statement = grant.statement
    but = "NotAction" in statement
    actions = texts(statement.get("NotAction" if but else "Action"))
    not_on = [f"all but {text}" for text in texts(statement.get("NotResource"))]
    resources = tuple(texts(statement.get("Resource")) + not_on)
    services = dict.fromkeys([""] if but else [service_of(action) for action in actions])
    return [
        Permission(
            service=service,
            allowed=statement.get("Effect") != "Deny",
            actions=tuple(action for action in actions if but or service_of(action) == service),
            but=but,
            resources=resources,
            conditions=tuple(conditions_in_words(statement.get("Condition") or {})),
            at=grant.at,
            reason=grant.reason,
        )
        for service in services
    ]


def texts(value: Any) -> list[str]:  # noqa: ANN401 - a policy's element has either form
    """The values of an element of a statement."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    return [_shown(unresolved(entry)) or str(entry) for entry in several]


def _shown(mark: str) -> str:
    """What only a deployment knows, and what follows it: ``<Bucket.Arn>/*``; empty for a value that is known."""
    name, _, rest = mark.partition(PLUS)
    return f"<{name}>{rest}" if mark else ""


_WORDS = {"StringEquals": "is", "ArnEquals": "is", "StringLike": "is like", "ArnLike": "is like", "Bool": "is"}
_NULL = {"true": "is not given", "false": "is given"}
_QUANTIFIERS = {"ForAnyValue": "one of ", "ForAllValues": "each of "}


def conditions_in_words(condition: Mapping[str, Any]) -> list[str]:
    """The conditions of a statement: ``aws:SourceAccount is 111111111111``."""
    if unresolved(condition):
        return [_shown(unresolved(condition))]
    words = []
    for operator, tests in condition.items():
        if unresolved(tests):
            words.append(f"{operator} {_shown(unresolved(tests))}")
            continue
        quantifier, _, plain = operator.rpartition(":")
        word = _WORDS.get(plain, plain)
        for key, value in tests.items():
            given = _NULL.get(" ".join(texts(value)), "") if plain == "Null" else ""
            tested = given or f"{word} {' or '.join(texts(value))}"
            words.append(f"{_QUANTIFIERS.get(quantifier, '')}{key} {tested}")
    return words


_ARN = re.compile(r"arn:[^:]*:([^:]*):[^:]*:[^:]*:(.+)", re.DOTALL)
_MARKED = re.compile(r"<(.*)>[^<>]*", re.DOTALL)
_SUFFIX = re.compile(r"-(?:[A-Za-z0-9]{6}|\?{6})$")
"""What Secrets Manager appends to a secret's name in its ARN."""
_KINDS = {"elasticfilesystem": "efs", "events": "eventbridge", "states": "step-functions"}
"""What people call a service whose prefix is not its name."""
_TYPES = re.compile(
    r"^(?:accesspoint|collection|cluster|database|dbuser|deliverystream|domain|event-bus|file-system|function|identity"
    r"|stateMachine|stream|table|topic|workgroup)[/:]"
)
"""The type that stands before a name."""


def resource_of(service: str, arn: str) -> str:
    """What an ARN in a statement names: kind and name.

    `arn`: the ARN; may have wildcards; ``<Queue.Arn>`` where only a deployment knows it, with what is inside of it,
    ``<Bucket.Arn>/*``.
    """
    marked = _MARKED.fullmatch(arn)
    if marked:
        return f"{_kind(service)}:<{'-'.join(marked.group(1).split())}>"
    parts = _ARN.fullmatch(arn)
    if parts is None or parts.group(1) in ("", "*"):
        return f"{_kind(service)}:*"
    own, rest = parts.group(1), parts.group(2)
    return f"{_kind(own)}:{_name(own, rest)}"


def _kind(service: str) -> str:
    return _KINDS.get(service, service)


def _name(service: str, rest: str) -> str:
    """The name in the last part of an ARN, without its type and without what is inside of it."""
    if service == "secretsmanager":
        return _SUFFIX.sub("", rest.removeprefix("secret:"))
    if service == "ssm":
        return rest.removeprefix("parameter")
    name = _TYPES.sub("", rest, count=1)
    if service in ("s3", "dynamodb", "es"):
        return name.partition("/")[0]
    return name.partition(":")[0] if service == "lambda" else name
