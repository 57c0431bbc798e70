"""DynamoDB: tables with a partition key and a sort key, both texts, and what is done with one item, or several at once.

Expressions are those of the alerts' function and the runner; any other one is an error, not a guess. What AWS refuses
of them is refused: reserved words, names and values that are not defined, or that no expression uses. Items whose time
to live has passed stay: AWS deletes them within days (DynamoDB developer guide, "TTL", 2026-11).
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.world import World

LARGEST = 400 * 1024
PAGE = 1024 * 1024
MOST = 100
"""Bytes of an item and of a page; keys of BatchGetItem and actions of a transaction (DynamoDB quotas, 2026-11)."""
TOKEN_LIFE = 600.0
"""Seconds for which a client token makes a transaction idempotent (API reference, TransactWriteItems, 2026-11)."""
FAILED = "The conditional request failed"
CLAUSE = re.compile(r"(attribute_not_exists)\((#?\w+)\)|(#?\w+) (=|<=?|>=?) (:\w+)")
ACTION = re.compile(r"(#?\w+) = (:\w+)")
COMPARED = {"=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

Item = Mapping[str, Mapping[str, Any]]
"""Attribute to a value with its type: ``{"name": {"S": "daily-report"}}``."""
Clause = tuple[str, str, Mapping[str, Any]]
"""An attribute, a sign, and the value that it is compared with."""
Condition = Sequence[Sequence[Clause]]
"""Alternatives, each of clauses that all hold."""
Key = tuple[str, str]


@dataclass
class DynamoTable:
    """A table.

    Attributes:
        keys: The names of partition key and sort key.
        items: What it holds.
        tokens: Client token to when it came and the transaction that had it.
        answered: How many keys one BatchGetItem answers; the others are ``UnprocessedKeys``.
    """

    keys: tuple[str, str]
    items: dict[Key, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, tuple[float, Any]] = field(default_factory=dict)
    answered: int = MOST

    def key(self, item: Item) -> Key:
        """The key of an item, or of a request's ``Key``."""
        texts = []
        for name in self.keys:
            if set(item.get(name, {})) != {"S"}:
                raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
            texts.append(item[name]["S"])
            if not texts[-1]:
                text = "The AttributeValue for a key attribute cannot contain an empty string value."
                raise invalid(f"One or more parameter values are not valid. {text} Key: {name}")
        for text, most in zip(texts, (2048, 1024), strict=True):
            if len(text.encode()) > most:
                raise invalid(f"One or more parameter values were invalid: Size of key exceeded the maximum of {most}")
        return texts[0], texts[1]

    def key_only(self, item: Item) -> Key:
        """The key of a request's ``Key``, which has nothing else."""
        if set(item) != set(self.keys):
            raise invalid("The provided key element does not match the schema")
        return self.key(item)


class Expressions:
    """The expressions of one request, and which of its names and values they use."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._used: set[str] = set()

    def condition(self, kind: str) -> Condition:
        """The condition of that name; without one, whatever there is fulfills it."""
        if kind not in self._body:
            return [[]]
        alternatives = str(self._body[kind]).split(" OR ")
        return [[self._clause(kind, clause) for clause in alternative.split(" AND ")] for alternative in alternatives]

    def updates(self) -> Item:
        """What an update sets."""
        kind = "UpdateExpression"
        set_, _, actions = str(self._body[kind]).partition(" ")
        found = [ACTION.fullmatch(text) for text in actions.split(", ")]
        if set_ != "SET" or not all(found):
            raise self._unknown(kind, actions)
        return {self._name(kind, action[1]): self._value(kind, action[2]) for action in found if action}

    def projection(self) -> Callable[[Item], dict[str, Any]]:
        """What is shown of an item."""
        kind = "ProjectionExpression"
        if kind not in self._body:
            return dict
        names = [self._name(kind, name) for name in str(self._body[kind]).split(", ")]
        return lambda item: {name: item[name] for name in names if name in item}

    def finish(self) -> None:
        """Refuses names and values that no expression has used.

        Raises:
            AwsError: There are some.
        """
        for key in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            if unused := sorted(set(self._body.get(key, {})) - self._used):
                raise invalid(f"Value provided in {key} unused in expressions: keys: {{{', '.join(unused)}}}")

    def _clause(self, kind: str, text: str) -> Clause:
        match = CLAUSE.fullmatch(text)
        if not match:
            raise self._unknown(kind, text)
        if match[1]:
            return self._name(kind, match[2]), match[1], {}
        return self._name(kind, match[3]), match[4], self._value(kind, match[5])

    def _name(self, kind: str, token: str) -> str:
        if token.startswith("#"):
            return str(self._defined(kind, token, "Name"))
        if token.upper() in _reserved():
            raise invalid(f"Invalid {kind}: Attribute name is a reserved keyword; reserved keyword: {token}")
        return token

    def _value(self, kind: str, token: str) -> Mapping[str, Any]:
        value: Mapping[str, Any] = self._defined(kind, token, "Value")
        return value

    def _defined(self, kind: str, token: str, what: str) -> Any:  # noqa: ANN401 - a name, or a value with its type
        table = self._body.get(f"ExpressionAttribute{what}s", {})
        if token not in table:
            raise invalid(f"Invalid {kind}: An expression attribute {what.lower()} is not defined: {token}")
        self._used.add(token)
        return table[token]

    @staticmethod
    def _unknown(kind: str, text: str) -> AwsError:
        return invalid(f"Invalid {kind}: Syntax error, or one that this server does not know: {text!r}")


@dataclass
class ItemWrite:
    """One change that was checked: what becomes of an item if its condition holds."""

    table: DynamoTable
    key: Key
    condition: Condition
    change: Callable[[Item], Item]

    @property
    def before(self) -> Item:
        """The item as it is; empty where there is none."""
        return self.table.items.get(self.key, {})

    def fails(self) -> bool:
        """Whether its condition does not hold."""
        return not holds(self.condition, self.before)

    def apply(self) -> None:
        """Makes it. An item of which nothing is left is gone."""
        after = dict(self.change(self.before))
        if size(after) > LARGEST:
            raise invalid("Item size has exceeded the maximum allowed size")
        self.table.items.pop(self.key, None)
        if after:
            self.table.items[self.key] = after


def get_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetItem."""
    table, expressions = _table(world, body["TableName"]), Expressions(body)
    shown = expressions.projection()
    expressions.finish()
    item = table.items.get(table.key_only(body["Key"]))
    return {"Item": shown(item)} if item else {}


def batch_get_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """BatchGetItem. The order of the answer is not that of the keys."""
    if sum(len(request["Keys"]) for request in body["RequestItems"].values()) > MOST:
        raise invalid("Too many items requested for the BatchGetItem call")
    answer: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    for name, request in body["RequestItems"].items():
        table, expressions = _table(world, name), Expressions(request)
        shown, keys = expressions.projection(), [table.key_only(key) for key in request["Keys"]]
        expressions.finish()
        if len(set(keys)) < len(keys):
            raise invalid("Provided list of item keys contains duplicates")
        items = [table.items[key] for key in keys[: table.answered] if key in table.items]
        answer["Responses"][name] = [shown(item) for item in reversed(items)]
        if len(keys) > table.answered:
            answer["UnprocessedKeys"][name] = {**request, "Keys": request["Keys"][table.answered :]}
    return answer


def query(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Query of one partition, in pages of a megabyte."""
    table, expressions = _table(world, body["TableName"]), Expressions(body)
    wanted = expressions.condition("KeyConditionExpression")
    expressions.finish()
    partition, sort = table.keys
    if len(wanted) > 1 or [name for name, _, _ in wanted[0]] != [partition, sort] or wanted[0][0][1] != "=":
        raise invalid(f"Query condition missed key schema element: {partition}")
    start = table.key_only(body["ExclusiveStartKey"]) if "ExclusiveStartKey" in body else ("", "")
    items, read = [], 0
    for key in sorted(table.items, key=lambda key: [part.encode() for part in key]):
        item = table.items[key]
        if key > start and holds(wanted, item):
            items.append(item)
            read += size(item)
            if read > PAGE:
                last = {name: {"S": part} for name, part in zip(table.keys, key, strict=True)}
                return {"Items": items, "Count": len(items), "LastEvaluatedKey": last}
    return {"Items": items, "Count": len(items)}


def put_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutItem."""
    return _write(_put(world, body), body)


def update_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """UpdateItem."""
    table, expressions = _table(world, body["TableName"]), Expressions(body)
    key, new = body["Key"], expressions.updates()
    return _write(_checked(table, table.key_only(key), expressions, lambda before: {**(before or key), **new}), body)


def delete_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteItem."""
    table = _table(world, body["TableName"])
    return _write(_checked(table, table.key_only(body["Key"]), Expressions(body), lambda _: {}), body)


def transact_write_items(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """TransactWriteItems, of puts: all or nothing."""
    actions = body["TransactItems"]
    if not 1 <= len(actions) <= MOST:
        raise invalid("Member must have length less than or equal to 100")
    writes = [_put(world, action["Put"]) for action in actions]
    if len({(id(write.table), write.key) for write in writes}) < len(writes):
        raise invalid("Transaction request cannot include multiple operations on one item")
    tokens, token = writes[0].table.tokens, body["ClientRequestToken"]
    at, before = tokens.get(token, (0.0, None))
    if before is not None and world.clock() - at < TOKEN_LIFE:
        if before != actions:
            text = "The client request token has been used with other parameters"
            raise AwsError("IdempotentParameterMismatchException", text)
        return {}
    failed = {"Code": "ConditionalCheckFailed", "Message": FAILED}
    reasons = [failed if write.fails() else {"Code": "None"} for write in writes]
    if "_conflict" in body:
        reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    if any(reason["Code"] != "None" for reason in reasons):
        codes = ", ".join(reason["Code"] for reason in reasons)
        text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
        raise AwsError("TransactionCanceledException", text, CancellationReasons=reasons)
    for write in writes:
        write.apply()
    tokens[token] = (world.clock(), actions)
    return {}


def holds(condition: Condition, item: Item) -> bool:
    """Whether an item fulfills a condition."""
    return any(all(_fits(item.get(name, {}), sign, value) for name, sign, value in clauses) for clauses in condition)


def _fits(held: Mapping[str, Any], sign: str, value: Mapping[str, Any]) -> bool:
    if sign == "attribute_not_exists":
        return not held
    if held.keys() != value.keys():
        return False
    left, right = (Decimal(typed["N"]) if "N" in typed else str(typed["S"]).encode() for typed in (held, value))
    return bool(COMPARED[sign](left, right))


def size(item: Item) -> int:
    """The bytes of an item, as DynamoDB counts texts and, about, the rest."""
    return sum(
        len(name.encode()) + sum(len(str(value).encode()) for value in typed.values()) for name, typed in item.items()
    )


def invalid(text: str) -> AwsError:
    """A request that AWS refuses."""
    return AwsError("ValidationException", text)


def _put(world: World, request: Mapping[str, Any]) -> ItemWrite:
    table, item = _table(world, request["TableName"]), request["Item"]
    return _checked(table, table.key(item), Expressions(request), lambda _: item)


def _checked(table: DynamoTable, key: Key, expressions: Expressions, change: Callable[[Item], Item]) -> ItemWrite:
    condition = expressions.condition("ConditionExpression")
    expressions.finish()
    return ItemWrite(table, key, condition, change)


def _write(write: ItemWrite, body: Mapping[str, Any]) -> dict[str, Any]:
    if "_conflict" in body:
        raise AwsError("TransactionConflictException", "Transaction is ongoing for the item")
    if write.fails():
        raise AwsError("ConditionalCheckFailedException", FAILED)
    write.apply()
    return {}


def _table(world: World, name: str) -> DynamoTable:
    name = name.rpartition("/")[2]
    if name not in world.tables:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
    table: DynamoTable = world.tables[name]
    return table


@cache
def _reserved() -> frozenset[str]:
    """DynamoDB's reserved words, from the list that moto has; a copy would be one more to keep."""
    spec = find_spec("moto")
    assert spec is not None
    (folder,) = spec.submodule_search_locations or [""]
    return frozenset(Path(folder, "dynamodb/parsing/reserved_keywords.txt").read_text(encoding="utf-8").split())
