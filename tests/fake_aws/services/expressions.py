"""DynamoDB's expressions: conditions, key conditions, projections and updates, of attributes at the top of an item.

What AWS refuses is refused: reserved words, names and values that are not defined, or that no expression uses.
"""

import base64
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fake_aws.errors import AwsError

Item = Mapping[str, Mapping[str, Any]]
"""Attribute to a value with its type: ``{"name": {"S": "daily-report"}}``."""
TOKEN = re.compile(r"\s*(<=|>=|<>|[=<>(),+-]|[:#]?\w+)")
COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
FUNCTIONS = {"attribute_exists": 1, "attribute_not_exists": 1, "begins_with": 2}


@dataclass(frozen=True)
class Attribute:
    """An attribute."""

    name: str


@dataclass(frozen=True)
class Clause:
    """An operator or a function with what it is about: a `Attribute`, a value, or a further term."""

    what: str
    of: tuple[Any, ...]


@dataclass
class Placeholders:
    """The names and values of a request's expressions, and which of them were used."""

    body: Mapping[str, Any]
    used: set[str] = field(default_factory=set)

    def finish(self) -> None:
        """Refuses names and values that no expression has used, as AWS does.

        Raises:
            AwsError: There are some.
        """
        for key in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            unused = sorted(set(self.body.get(key, {})) - self.used)
            if unused:
                raise invalid(f"Value provided in {key} unused in expressions: keys: {{{', '.join(unused)}}}")


class ExpressionParser:
    """Reads one expression of a request.

    Args:
        names: What it may use.
        kind: ``ConditionExpression``, by which errors name it.
    """

    def __init__(self, names: Placeholders, kind: str) -> None:
        self._names, self._kind = names, kind
        text = str(names.body[kind])
        self._tokens = TOKEN.findall(text)
        if TOKEN.sub("", text).strip():
            raise invalid(f"Invalid {kind}: Syntax error; text: {text!r}")

    def condition(self) -> Clause:
        """A whole condition."""
        found = self._either()
        self._end()
        return found

    def paths(self) -> list[str]:
        """A projection."""
        found = [self._path().name]
        while self._take(","):
            found.append(self._path().name)
        self._end()
        return found

    def update(self) -> list[Clause]:
        """The actions of an update."""
        found = []
        while self._tokens:
            action = self._next().upper()
            while True:
                path = self._path()
                if action == "REMOVE":
                    found.append(Clause("REMOVE", (path,)))
                elif action == "SET" and self._next() == "=":
                    value = self._operand()
                    sign = self._take("+", "-")
                    found.append(Clause("SET", (path, Clause(sign, (value, self._operand())) if sign else value)))
                else:
                    raise self._wrong(action)
                if not self._take(","):
                    break
        return found

    def _either(self) -> Clause:
        found = self._both()
        while self._take("OR"):
            found = Clause("OR", (found, self._both()))
        return found

    def _both(self) -> Clause:
        found = self._one()
        while self._take("AND"):
            found = Clause("AND", (found, self._one()))
        return found

    def _one(self) -> Clause:
        if self._take("NOT"):
            return Clause("NOT", (self._one(),))
        if self._take("("):
            found = self._either()
            self._expect(")")
            return found
        left = self._operand()
        if isinstance(left, Clause):
            return left
        if self._take("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return Clause("BETWEEN", (left, low, self._operand()))
        sign = self._take("=", "<>", *COMPARED)
        if not sign:
            raise self._wrong(self._tokens[0] if self._tokens else "<EOF>")
        return Clause(sign, (left, self._operand()))

    def _operand(self) -> Any:  # noqa: ANN401 - a value, a path or a term
        token = self._tokens[0] if self._tokens else "<EOF>"
        if token.startswith(":"):
            values = self._names.body.get("ExpressionAttributeValues", {})
            return self._defined(self._next(), values, "value")
        if len(self._tokens) > 1 and self._tokens[1] == "(":
            if token not in FUNCTIONS:
                raise invalid(f"Invalid {self._kind}: Invalid function name; function: {token}")
            self._next()
            self._expect("(")
            given = [self._operand()]
            while self._take(","):
                given.append(self._operand())
            self._expect(")")
            if len(given) != FUNCTIONS[token]:
                raise invalid(f"Invalid {self._kind}: Incorrect number of operands for function {token}")
            return Clause(token, tuple(given))
        return self._path()

    def _path(self) -> Attribute:
        token = self._next()
        if token.startswith("#"):
            return Attribute(self._defined(token, self._names.body.get("ExpressionAttributeNames", {}), "name"))
        if not re.match("[A-Za-z_]", token):
            raise self._wrong(token)
        if token.upper() in _reserved():
            raise invalid(f"Invalid {self._kind}: Attribute name is a reserved keyword; reserved keyword: {token}")
        return Attribute(token)

    def _defined(self, token: str, table: Mapping[str, Any], what: str) -> Any:  # noqa: ANN401 - either
        if token not in table:
            text = f"An expression attribute {what} used in expression is not defined; attribute {what}: {token}"
            raise invalid(f"Invalid {self._kind}: {text}")
        self._names.used.add(token)
        return table[token]

    def _next(self) -> str:
        if not self._tokens:
            raise self._wrong("<EOF>")
        return str(self._tokens.pop(0))

    def _take(self, *tokens: str) -> str:
        """The next token if it is one of these, else nothing."""
        return self._next() if self._tokens and self._tokens[0].upper() in tokens else ""

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise self._wrong(self._tokens[0] if self._tokens else "<EOF>")

    def _end(self) -> None:
        if self._tokens:
            raise self._wrong(self._tokens[0])

    def _wrong(self, token: str) -> AwsError:
        return invalid(f'Invalid {self._kind}: Syntax error; token: "{token}"')


def holds(term: Clause, item: Item) -> bool:
    """Whether an item fulfills a condition."""
    if term.what in ("AND", "OR"):
        return (all if term.what == "AND" else any)(holds(part, item) for part in term.of)
    if term.what == "NOT":
        return not holds(term.of[0], item)
    if term.what.startswith("attribute_"):
        return (term.of[0].name in item) == (term.what == "attribute_exists")
    values = [_comparable(value_of(part, item)) for part in term.of]
    (kind, first), *others = values
    if term.what in ("=", "<>"):
        return (values[0] == values[1] and kind != "") == (term.what == "=")
    if any(other != kind for other, _ in others):
        return False
    if term.what == "BETWEEN":
        return bool(others[0][1] <= first <= others[1][1])
    if term.what in COMPARED:
        return bool(kind and COMPARED[term.what](first, others[0][1]))
    return bool(kind and first.startswith(others[0][1]))


def value_of(operand: Any, item: Item) -> Any:  # noqa: ANN401 - a value of any type, or none
    """What an operand is for an item; none for an attribute that the item does not have."""
    if isinstance(operand, Attribute):
        return item.get(operand.name)
    if not isinstance(operand, Clause):
        return operand
    values = [value_of(part, item) for part in operand.of]
    if any(value is None or "N" not in value for value in values):
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    left, right = (Decimal(value["N"]) for value in values)
    return {"N": str(left + right if operand.what == "+" else left - right)}


def updated(actions: list[Clause], item: Item) -> dict[str, Any]:
    """An item after an update. All actions read the item as it was before."""
    after = dict(item)
    for action in actions:
        path, *value = action.of
        if action.what == "REMOVE":
            after.pop(path.name, None)
            continue
        after[path.name] = value_of(value[0], item)
        if after[path.name] is None:
            raise invalid("The provided expression refers to an attribute that does not exist in the item")
    return after


def invalid(text: str) -> AwsError:
    """A request that AWS refuses."""
    return AwsError("ValidationException", text)


def _comparable(value: Any) -> tuple[str, Any]:  # noqa: ANN401 - a value of any type
    """A value's type and what Python compares; strings go by their bytes."""
    if value is None:
        return "", None
    ((kind, given),) = value.items()
    if kind == "N":
        return kind, Decimal(given)
    if kind in ("S", "B"):
        return kind, given.encode() if kind == "S" else base64.b64decode(given)
    return kind, given


@cache
def _reserved() -> frozenset[str]:
    """DynamoDB's reserved words, from the list that moto has; a copy would be one more to keep."""
    spec = find_spec("moto")
    assert spec is not None
    (folder,) = spec.submodule_search_locations or [""]
    return frozenset(Path(folder, "dynamodb/parsing/reserved_keywords.txt").read_text(encoding="utf-8").split())
