"""How large a policy may be, and statements cut to fit. Pure.

Source: IAM user guide, "IAM and AWS STS quotas", read 2026-11. White space does not count.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright.iam.policies import Document, Statement, document
from batchwright.tokens import TOKEN

INLINE: Mapping[str, int] = {"role": 10_240, "group": 5_120, "user": 2_048}
"""Characters of all inline policies of an identity together."""

MANAGED = 6_144
"""Characters of a managed policy."""

ATTACHED = 10
"""Managed policies of a role, unless the account's quota was raised."""

_PSEUDO = {"AWS::AccountId": "0" * 12, "AWS::Region": "ap-northeast-1", "AWS::Partition": "aws"}
_UNKNOWN = "0" * 24  # about as long as the ids and names that CloudFormation chooses


def size(statements: Sequence[Statement]) -> int:
    """Characters of a policy of these statements, as IAM counts them."""
    return _length(document(statements))


def split(statements: Sequence[Statement], first: int) -> list[list[Statement]]:
    """Packs statements into policies, in their order; lists that are too long for one are cut.

    Returns the statements of each policy; the first may be all there is.
    """
    if size(statements) <= first:
        return [list(statements)]
    policies: list[list[Statement]] = [[]]
    for statement in (piece for whole in statements for piece in _pieces(whole, min(first, MANAGED) // 2)):
        limit = first if len(policies) == 1 else MANAGED
        if policies[-1] and size([*policies[-1], statement]) > limit:
            policies.append([])
        policies[-1].append(statement)
    return policies


def _pieces(statement: Statement, limit: int) -> Iterator[Statement]:
    """A statement's pieces, numbered from the second on: IAM takes an id once in a policy."""
    for number, piece in enumerate(_cut(statement, limit), start=1):
        yield {**piece, "Sid": f"{piece['Sid']}{number}"} if number > 1 and "Sid" in piece else piece


def _cut(statement: Statement, limit: int) -> Iterator[Statement]:
    """A statement, or several that allow the same together: the values of a list are alternatives."""
    path = _longest(statement)
    if size([statement]) <= limit or path is None:
        yield statement
        return
    values = _at(statement, path)
    for half in (values[: len(values) // 2], values[len(values) // 2 :]):
        yield from _cut(_with(statement, path, half), limit)


def _longest(statement: Statement) -> tuple[str, ...] | None:
    """Where the longest list of alternatives is: resources, or values of one condition."""
    paths: list[tuple[str, ...]] = [("Resource",)]
    paths += [
        ("Condition", operator, key)
        for operator, tests in statement.get("Condition", {}).items()
        for key in tests
        if "Not" not in operator
    ]
    lists = [path for path in paths if isinstance(_at(statement, path), list) and len(_at(statement, path)) > 1]
    return max(lists, key=lambda path: _length(_at(statement, path)), default=None)


def _at(value: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    for key in path:
        value = value.get(key)
    return value


def _with(value: Mapping[str, Any], path: tuple[str, ...], new: object) -> dict[str, Any]:
    key, *rest = path
    return {**value, key: _with(value[key], tuple(rest), new) if rest else new}


def _length(value: object) -> int:
    text = json.dumps(_flat(value), separators=(",", ":"), ensure_ascii=False)
    return len(TOKEN.sub(_UNKNOWN, text))


def _flat(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """The value with each function of CloudFormation as a text of about its length."""
    if isinstance(value, list):
        return [_flat(element) for element in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name == "Ref":
            return _PSEUDO.get(argument, _UNKNOWN)
        if name == "Fn::Join" and isinstance(argument[1], list):
            return str(argument[0]).join(map(str, map(_flat, argument[1])))
        if name == "Fn::Sub" and isinstance(argument, str):
            return re.sub(r"\$\{([^}]+)\}", lambda match: _PSEUDO.get(match[1], _UNKNOWN), argument)
        if name.startswith("Fn::"):
            return _UNKNOWN
    return {key: _flat(element) for key, element in value.items()}


def documents(policies: Sequence[Document]) -> int:
    """Characters of several policies together."""
    return sum(map(_length, policies))
