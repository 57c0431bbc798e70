"""DynamoDB: tables with a partition key and a sort key, both texts, and what is done with one item, or several at once.

Items whose time to live has passed stay: AWS deletes them within days (DynamoDB developer guide, "TTL", 2026-11).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fake_aws.errors import AwsError
from tests.fake_aws.services.expressions import (
    Attribute,
    Clause,
    ExpressionParser,
    Item,
    Placeholders,
    holds,
    invalid,
    updated,
)
from tests.fake_aws.world import World

LARGEST = 400 * 1024
PAGE = 1024 * 1024
MOST = 100
"""Bytes of an item and of a page; keys of BatchGetItem and actions of a transaction (DynamoDB quotas, 2026-11)."""
TOKEN_LIFE = 600.0
"""Seconds for which a client token makes a transaction idempotent (API reference, TransactWriteItems, 2026-11)."""
FAILED = "The conditional request failed"

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

    def key(self, given: Item) -> Key:
        """The key of an item, or of a request's ``Key``."""
        texts = []
        for name in self.keys:
            if set(given.get(name, {})) != {"S"}:
                raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
            texts.append(given[name]["S"])
            if not texts[-1]:
                text = "The AttributeValue for a key attribute cannot contain an empty string value."
                raise invalid(f"One or more parameter values are not valid. {text} Key: {name}")
        for text, most in zip(texts, (2048, 1024), strict=True):
            if len(text.encode()) > most:
                raise invalid(f"One or more parameter values were invalid: Size of key exceeded the maximum of {most}")
        return texts[0], texts[1]

    def key_only(self, given: Item) -> Key:
        """The key of a request's ``Key``, which has nothing else."""
        if set(given) != set(self.keys):
            raise invalid("The provided key element does not match the schema")
        return self.key(given)


@dataclass
class ItemWrite:
    """One change that was checked: what becomes of an item if its condition holds."""

    table: DynamoTable
    key: Key
    condition: Clause | None
    change: Callable[[dict[str, Any]], dict[str, Any] | None]
    shows: bool

    @property
    def before(self) -> dict[str, Any]:
        """The item as it is; empty where there is none."""
        return self.table.items.get(self.key, {})

    def fails(self) -> bool:
        """Whether its condition does not hold."""
        return self.condition is not None and not holds(self.condition, self.before)

    def apply(self) -> None:
        """Makes it."""
        after = self.change(self.before)
        if after is None:
            self.table.items.pop(self.key, None)
        elif size(after) > LARGEST:
            raise invalid("Item size has exceeded the maximum allowed size")
        else:
            self.table.items[self.key] = after


def get_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """GetItem."""
    table, names = _table(world, body["TableName"]), Placeholders(body)
    shown = _projection(names)
    names.finish()
    item = table.items.get(table.key_only(body["Key"]))
    return {"Item": shown(item)} if item else {}


def batch_get_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """BatchGetItem. The order of the answer is not that of the keys."""
    if sum(len(asked["Keys"]) for asked in body["RequestItems"].values()) > MOST:
        raise invalid("Too many items requested for the BatchGetItem call")
    found: dict[str, Any] = {"Responses": {}, "UnprocessedKeys": {}}
    for name, asked in body["RequestItems"].items():
        table, names = _table(world, name), Placeholders(asked)
        shown, keys = _projection(names), [table.key_only(key) for key in asked["Keys"]]
        names.finish()
        if len(set(keys)) < len(keys):
            raise invalid("Provided list of item keys contains duplicates")
        items = [table.items[key] for key in keys[: table.answered] if key in table.items]
        found["Responses"][name] = [shown(item) for item in reversed(items)]
        if len(keys) > table.answered:
            found["UnprocessedKeys"][name] = {**asked, "Keys": asked["Keys"][table.answered :]}
    return found


def query(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """Query, in pages of a megabyte or of ``Limit``."""
    table, names = _table(world, body["TableName"]), Placeholders(body)
    wanted = _key_condition(table, ExpressionParser(names, "KeyConditionExpression").condition())
    kept = ExpressionParser(names, "FilterExpression").condition() if "FilterExpression" in body else None
    shown = _projection(names)
    names.finish()
    forward = body.get("ScanIndexForward", True)
    start = table.key_only(body["ExclusiveStartKey"]) if "ExclusiveStartKey" in body else None
    found, read, bytes_read, last = [], 0, 0, None
    for key in sorted(table.items, key=lambda key: [part.encode() for part in key], reverse=not forward):
        item = table.items[key]
        if not holds(wanted, item) or (start is not None and (key <= start if forward else key >= start)):
            continue
        read, bytes_read, last = read + 1, bytes_read + size(item), key
        if kept is None or holds(kept, item):
            found.append(shown(item))
        if read == body.get("Limit") or bytes_read > PAGE:
            break
    else:
        last = None
    answer: dict[str, Any] = {"Items": found, "Count": len(found), "ScannedCount": read}
    if last is not None:
        answer["LastEvaluatedKey"] = {name: {"S": part} for name, part in zip(table.keys, last, strict=True)}
    return answer


def put_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """PutItem."""
    return _write(_put(world, body), body)


def update_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """UpdateItem; ``ReturnValues`` are those of whole items."""
    return _write(_update(world, body), body)


def delete_item(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """DeleteItem."""
    return _write(_delete(world, body), body)


def transact_write_items(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """TransactWriteItems: all or nothing."""
    actions = body["TransactItems"]
    if not 1 <= len(actions) <= MOST:
        raise invalid("Member must have length less than or equal to 100")
    makers = {"Put": _put, "Update": _update, "Delete": _delete, "ConditionCheck": _check}
    writes = [makers[kind](world, asked) for action in actions for kind, asked in action.items()]
    if len({(id(write.table), write.key) for write in writes}) < len(writes):
        raise invalid("Transaction request cannot include multiple operations on one item")
    tokens, token = writes[0].table.tokens, body["ClientRequestToken"]
    at, before = tokens.get(token, (0.0, None))
    if before is not None and world.clock() - at < TOKEN_LIFE:
        if before != actions:
            text = "The client request token has been used with other parameters"
            raise AwsError("IdempotentParameterMismatchException", text)
        return {}
    reasons = [_reason(write) for write in writes]
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


def size(item: Item) -> int:
    """The bytes of an item, as DynamoDB counts texts and, about, the rest."""
    return sum(
        len(name.encode()) + sum(len(str(value).encode()) for value in typed.values()) for name, typed in item.items()
    )


def _put(world: World, asked: Mapping[str, Any]) -> ItemWrite:
    table, item = _table(world, asked["TableName"]), asked["Item"]
    return _checked(table, table.key(item), asked, lambda _: dict(item))


def _update(world: World, asked: Mapping[str, Any]) -> ItemWrite:
    table, names = _table(world, asked["TableName"]), Placeholders(asked)
    actions = ExpressionParser(names, "UpdateExpression").update()
    if any(action.of[0].name in table.keys for action in actions):
        text = "One or more parameter values were invalid: Cannot update attribute. This attribute is part of the key"
        raise invalid(text)
    key = table.key_only(asked["Key"])
    return _checked(table, key, asked, lambda before: updated(actions, before or asked["Key"]), names)


def _delete(world: World, asked: Mapping[str, Any]) -> ItemWrite:
    table = _table(world, asked["TableName"])
    return _checked(table, table.key_only(asked["Key"]), asked, lambda _: None)


def _check(world: World, asked: Mapping[str, Any]) -> ItemWrite:
    table = _table(world, asked["TableName"])
    return _checked(table, table.key_only(asked["Key"]), asked, lambda before: before or None)


def _checked(
    table: DynamoTable,
    key: Key,
    asked: Mapping[str, Any],
    change: Callable[[dict[str, Any]], dict[str, Any] | None],
    names: Placeholders | None = None,
) -> ItemWrite:
    names = names or Placeholders(asked)
    condition = ExpressionParser(names, "ConditionExpression").condition() if "ConditionExpression" in asked else None
    names.finish()
    return ItemWrite(table, key, condition, change, asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")


def _write(write: ItemWrite, body: Mapping[str, Any]) -> dict[str, Any]:
    if "_conflict" in body:
        raise AwsError("TransactionConflictException", "Transaction is ongoing for the item")
    if write.fails():
        raise AwsError("ConditionalCheckFailedException", FAILED, **_shown(write))
    before = write.before
    write.apply()
    given = {"ALL_OLD": before, "ALL_NEW": write.before}.get(body.get("ReturnValues", "NONE"))
    return {"Attributes": given} if given else {}


def _reason(write: ItemWrite) -> dict[str, Any]:
    if not write.fails():
        return {"Code": "None"}
    return {"Code": "ConditionalCheckFailed", "Message": FAILED, **_shown(write)}


def _shown(write: ItemWrite) -> dict[str, Any]:
    return {"Item": write.before} if write.shows and write.before else {}


def _table(world: World, name: str) -> DynamoTable:
    name = name.rpartition("/")[2]
    if name not in world.tables:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
    found: DynamoTable = world.tables[name]
    return found


def _projection(names: Placeholders) -> Callable[[Item], dict[str, Any]]:
    if "ProjectionExpression" not in names.body:
        return dict
    paths = ExpressionParser(names, "ProjectionExpression").paths()
    return lambda item: {name: item[name] for name in paths if name in item}


def _key_condition(table: DynamoTable, term: Clause) -> Clause:
    """A condition on keys: the partition key is one value, and the sort key is compared once at most."""
    parts = list(term.of) if term.what == "AND" else [term]
    signs = {part.of[0].name: part.what for part in parts if isinstance(part.of[0], Attribute)}
    partition, sort = table.keys
    if signs.get(partition) != "=" or len(signs) != len(parts):
        raise invalid(f"Query condition missed key schema element: {partition}")
    if signs.keys() - set(table.keys) or signs.get(sort, "=") not in (
        "=",
        "<",
        "<=",
        ">",
        ">=",
        "BETWEEN",
        "begins_with",
    ):
        raise invalid("Query key condition not supported")
    return term
