"""The one table: records of batches, claims of messages, what is decided again later, and the outbox."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from batchwright_runner.alerting.clients import Call, CallError
from batchwright_runner.contract.alerting.events import Decidable, to_pending
from batchwright_runner.contract.alerting.messages import SINGLE, WINDOW, Message
from batchwright_runner.contract.alerting.record import AlertRecord
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import RECORDS

CLAIMED_SECONDS = 7 * 24 * 3600
LEASE_SECONDS = 55.0
IN_HAND = 40.0
"""Seconds for which a new message belongs to the invocation that made it, which takes 30 at most; then to the clock."""
CLAIM, PENDING, OUTBOX, CHANNEL, LEASE = "claim", "pending", "outbox", "channel", "lease"
_REFUSED = "ConditionalCheckFailed"


class ConflictError(Exception):
    """Something else has changed the table at the same time; the change is made anew."""


class AlertTable:
    """The alerts' table."""

    def __init__(self, call: Call, name: str) -> None:
        self._call_aws = call
        self._name = name

    def record(self, batch: str) -> AlertRecord:
        """What is kept of a batch; an empty record where there is none."""
        item = self._call("get_item", Key=_key(RECORDS, batch), ConsistentRead=True).get("Item")
        return AlertRecord.from_text(item["state"]["S"], int(item["version"]["N"])) if item else AlertRecord()

    def commit(
        self,
        claim: str,
        now: float,
        *,
        messages: Mapping[str, Message],
        record: tuple[str, AlertRecord] | None = None,
        later: tuple[float, Decidable] | None = None,
    ) -> bool:
        """Writes all at once, or nothing.

        `now`: Now, in seconds since 1970.
        Returns whether it was written: not where the claim was made before.
        """
        item = {**_key(CLAIM, claim), "expires": _n(int(now) + CLAIMED_SECONDS)}
        actions = [self._put(item, "attribute_not_exists(#name)", {"#name": "name"})]
        if record is not None:
            actions.append(self._put_record(*record))
        if later is not None:
            actions.append(self._put(_pending(*later)))
        for name, message in messages.items():
            actions.append(self._put(_waiting(name, replace(message, due=now if message.waits else now + IN_HAND))))
        try:
            self._call_aws("dynamodb", "transact_write_items", TransactItems=actions)
        except CallError as error:
            if error.reasons[:1] == (_REFUSED,):
                return False
            if any(reason in (_REFUSED, "TransactionConflict") for reason in error.reasons):
                raise ConflictError(f"the table is busy with {claim}") from error
            raise
        return True

    def postpone(self, at: float, event: Decidable) -> None:
        """Keeps an event that is decided again; the same event twice is one.

        `at`: when, in seconds since 1970.
        """
        self._call("put_item", Item=_pending(at, event))

    def waiting(self, kind: str, until: float | None = None) -> list[tuple[str, str]]:
        """Name and body of each event, or message, that waits, the oldest first.

        `until`: the last moment of those that are meant, in seconds since 1970.
        """
        request: dict[str, Any] = {
            "KeyConditionExpression": "#kind = :kind AND #name <= :until",
            "ExpressionAttributeNames": {"#kind": "kind", "#name": "name"},
            "ExpressionAttributeValues": {
                ":kind": {"S": kind},
                ":until": {"S": "~" if until is None else f"{utc(until)}~"},
            },
            "ConsistentRead": True,
        }
        found: list[tuple[str, str]] = []
        while True:
            answer = self._call("query", **request)
            found += [(item["name"]["S"], item["body"]["S"]) for item in answer.get("Items", ())]
            if not answer.get("LastEvaluatedKey"):
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def retry(self, name: str, message: Message) -> None:
        """Keeps a message that a channel has not taken."""
        self._call("put_item", Item=_waiting(name, message))

    def remove(self, kind: str, name: str) -> None:
        """Takes an item away."""
        self._call("delete_item", Key=_key(kind, name))

    def may_go_alone(self, address: str, now: float) -> bool:
        """Whether a channel's message may go at once, which counts it. At most `SINGLE` do in `WINDOW` seconds."""
        update = {"Key": _key(CHANNEL, address), "ExpressionAttributeNames": {"#window": "window", "#sent": "sent"}}
        more = self._unless_refused(
            **update,
            UpdateExpression="SET #sent = #sent + :one",
            ConditionExpression="#window > :begin AND #sent < :most",
            ExpressionAttributeValues={":one": _n(1), ":begin": _n(now - WINDOW), ":most": _n(SINGLE)},
        )
        return more or self._unless_refused(
            **update,
            UpdateExpression="SET #window = :now, #sent = :one, expires = :end",
            ConditionExpression="attribute_not_exists(#window) OR #window <= :begin",
            ExpressionAttributeValues={
                ":one": _n(1),
                ":now": _n(now),
                ":begin": _n(now - WINDOW),
                ":end": _n(int(now) + CLAIMED_SECONDS),
            },
        )

    def lease(self, now: float) -> tuple[float, float] | None:
        """The clock's memory, for one tick at a time; none while another tick goes on.

        Returns when it began to look, and until when it has looked, in seconds since 1970.
        """
        taken = self._unless_refused(
            Key=_key(LEASE, "clock"),
            UpdateExpression="SET #until = :until",
            ConditionExpression="attribute_not_exists(#until) OR #until < :now",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": _n(now + LEASE_SECONDS), ":now": _n(now)},
        )
        if not taken:
            return None
        item = self._call("get_item", Key=_key(LEASE, "clock"), ConsistentRead=True)["Item"]
        return (float(item["first"]["N"]), float(item["last"]["N"])) if "last" in item else (now, now)

    def release(self, first: float, last: float) -> None:
        """Keeps the clock's memory, and lets the next tick begin."""
        self._call("put_item", Item={**_key(LEASE, "clock"), "first": _n(first), "last": _n(last)})

    def _put_record(self, batch: str, record: AlertRecord) -> dict[str, Any]:
        item = {
            **_key(RECORDS, batch),
            "version": _n(record.version + 1),
            "last": {"S": record.last.to_json()},
            "state": {"S": record.to_json()},
        }
        if not record.version:
            return self._put(item, "attribute_not_exists(#name)", {"#name": "name"})
        return self._put(item, "#version = :version", {"#version": "version"}, {":version": _n(record.version)})

    def _put(
        self,
        item: Mapping[str, Any],
        condition: str = "",
        names: Mapping[str, str] | None = None,
        values: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._name, "Item": item}
        put |= {"ConditionExpression": condition} if condition else {}
        put |= {"ExpressionAttributeNames": names} if names else {}
        return {"Put": put | ({"ExpressionAttributeValues": values} if values else {})}

    def _unless_refused(self, **update: Any) -> bool:  # noqa: ANN401 - any shape
        """Makes an update, unless its condition does not hold; whether it did."""
        try:
            self._call("update_item", **update)
        except CallError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        return self._call_aws("dynamodb", operation, TableName=self._name, **parameters)


def outbox_name(claim: str, message: Message, now: float) -> str:
    """The name of a message's item in the outbox."""
    return f"{utc(now)}#{_short(f'{claim} {message.address} {message.notice.kind}')}"


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _pending(at: float, event: Decidable) -> dict[str, Any]:
    """An item whose name begins with the whole second in which its time has come."""
    return {**_key(PENDING, f"{utc(math.ceil(at))}#{_short(event.arn)}"), "body": {"S": to_pending(event)}}


def _waiting(name: str, message: Message) -> dict[str, Any]:
    return {**_key(OUTBOX, name), "body": {"S": message.to_json()}}


def _n(number: float) -> dict[str, str]:
    return {"N": repr(number)}


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
