"""Judges policies as IAM does, as far as the statements of this project go: allows, denials, wildcards, conditions."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

Statement = Mapping[str, Any]
Context = Mapping[str, Any]


def allowed(statements: Iterable[Statement], action: str, resource: str = "*", context: Context | None = None) -> bool:
    """Whether an identity's statements allow a request: one allows it, and none denies it.

    Args:
        statements: The statements, without functions of CloudFormation.
        action: ``ecs:RunTask``.
        resource: The ARN that the request is about; ``*`` for an action that has none.
        context: Condition key to value, or to values.
    """
    effects = {statement["Effect"] for statement in statements if _fits(statement, action, resource, context or {})}
    return effects == {"Allow"}


def _fits(statement: Statement, action: str, resource: str, context: Context) -> bool:
    tests = [
        (operator, key, _several(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    ]
    return (
        any(_like(pattern.lower(), action.lower()) for pattern in _several(statement["Action"]))
        and _about(statement, resource)
        and all(_holds(operator, values, context.get(key)) for operator, key, values in tests)
    )


def _about(statement: Statement, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(_like(pattern, resource) for pattern in _several(statement["NotResource"]))
    return any(_like(pattern, resource) for pattern in _several(statement["Resource"]))


def _holds(operator: str, values: list[str], given: Any) -> bool:  # noqa: ANN401 - one value or several
    if operator in ("StringNotEquals", "StringNotLike"):
        return given is None or not _holds(operator.replace("Not", ""), values, given)
    if operator.startswith("ForAllValues:"):
        return all(_holds(operator.removeprefix("ForAllValues:"), values, value) for value in _several(given or ()))
    if operator == "Null":
        return (given is None) == (values == ["true"])
    if operator.endswith("IfExists"):
        return given is None or _holds(operator.removesuffix("IfExists"), values, given)
    if given is None:
        return False
    if operator.startswith("ForAnyValue:"):
        return any(_holds(operator.removeprefix("ForAnyValue:"), values, value) for value in _several(given))
    if operator in ("StringEquals", "Bool"):
        return given in values
    if operator in ("StringLike", "ArnLike", "ArnEquals"):
        return any(_like(pattern, given) for pattern in values)
    if operator == "NumericLessThanEquals":
        return any(float(given) <= float(limit) for limit in values)
    raise ValueError(f"{operator} is not judged here")


def _like(pattern: str, text: str) -> bool:
    parts = re.split(r"([*?])", pattern)
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts), text) is not None


def _several(value: Any) -> list[Any]:  # noqa: ANN401 - a policy's element has either form
    return list(value) if isinstance(value, (list, tuple)) else [value]
