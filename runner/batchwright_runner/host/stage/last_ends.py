"""The last ends of a stage's batches, which its alerts keep in a table. A stage without alerts has neither."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from batchwright_runner.contract.last import Last
from batchwright_runner.contract.names import RECORDS, StageNames
from batchwright_runner.host.aws.errors import ApiError

Ask = Callable[..., Mapping[str, Any]]
"""Calls AWS: service, operation, and the operation's parameters by name."""
AT_ONCE = 100
"""Items that one BatchGetItem takes (DynamoDB API reference, 2026-11)."""
_PARTS = {"ProjectionExpression": "#name, #last", "ExpressionAttributeNames": {"#name": "name", "#last": "last"}}


def last_end(ask: Ask, names: StageNames, batch: str) -> Last | None:
    """What is known of a batch's last ends; none where no run has ended yet, or the stage has no alerts."""
    request = {"TableName": names.alerts_table, "Key": _key(batch), **_PARTS}
    found = _unless_missing(ask, "get_item", request)
    texts = dict(_texts([found.get("Item", {})]))
    return Last.from_text(texts[batch]) if batch in texts else None


def last_ends(ask: Ask, names: StageNames, batches: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The records of many batches, as they are found: batch and text, for `Last.from_text`."""
    table = names.alerts_table
    rest = [_key(batch) for batch in sorted(set(batches))]
    while rest:
        request = {"RequestItems": {table: {"Keys": rest[:AT_ONCE], **_PARTS}}}
        found = _unless_missing(ask, "batch_get_item", request)
        yield from _texts(found.get("Responses", {}).get(table, []))
        # What a busy table leaves. It answers one item at least, or refuses the call.
        unprocessed = found.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        rest = [*unprocessed, *rest[AT_ONCE:]]


def _key(batch: str) -> dict[str, dict[str, str]]:
    return {"kind": {"S": RECORDS}, "name": {"S": batch}}


def _texts(items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((str(item["name"]["S"]), str(item["last"]["S"])) for item in items if "last" in item)


def _unless_missing(ask: Ask, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer; an empty one where there is no table."""
    try:
        return ask("dynamodb", operation, **request)
    except ApiError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return {}
