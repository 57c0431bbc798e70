"""The one table: records of batches, claims of messages, and what is decided again later."""

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from batchwright_runner.alerting.clients import Call, CallError, say
from batchwright_runner.contract.alerting.events import Decidable, to_pending
from batchwright_runner.contract.alerting.record import AlertRecord, AlertRecordError
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.names import RECORDS

CLAIMED_SECONDS = 7 * 24 * 3600
WAITING_SECONDS = 24 * 3600
"""Seconds for which an event waits at most that nobody takes away; its claim stays longer, so it is not told again."""
LEASE_SECONDS = 55.0
IN_HAND = 60.0
"""Seconds for which a claim is one process's, which takes 30 at most: longer than that, and less than until its event
comes again."""
CLAIM, PENDING, LEASE = "claim", "pending", "lease"
_REFUSED = "ConditionalCheckFailed"


class ConflictError(Exception):
    """Something else has changed the table at the same time; the change is made anew."""


class AlertTable:
    """The alerts' table."""

    def __init__(self, call: Call, name: str) -> None:
        self._call_aws = call
        self._name = name

    def record(self, batch: str) -> tuple[AlertRecord, bool]:
        """What is kept of a batch, an empty record where there is none; and whether it could be read.

        One that cannot be read is replaced by the next change.
        """
        item = self._call("get_item", Key=_key(RECORDS, batch), ConsistentRead=True).get("Item")
        if not item:
            return AlertRecord(), True
        version = int(item["version"]["N"])
        try:
            return AlertRecord.from_text(item["state"]["S"], version), True
        except AlertRecordError as error:
            say(f"the record of {batch} is replaced: {error}")
            return AlertRecord(version=version), False

    def take(self, claim: str, now: float) -> bool:
        """Takes a claim in hand, before it is told; whether that is still to be done.

        `now`: Now, in seconds since 1970.
        Raises `ConflictError` while another process has it in hand: after `IN_HAND` seconds that has come to nothing.
        """
        # The same until is of the same call, whose answer was lost.
        free = "attribute_not_exists(#name) OR #until < :now OR #until = :until"
        if self._hold(_key(CLAIM, claim), free, now, IN_HAND, CLAIMED_SECONDS):
            return True
        item = self._call("get_item", Key=_key(CLAIM, claim), ConsistentRead=True).get("Item", {})
        if "until" in item:
            raise ConflictError(f"another call tells of {claim}")
        return False

    def commit(
        self,
        claim: str,
        now: float,
        *,
        record: tuple[str, AlertRecord] | None = None,
        later: tuple[float, Decidable] | None = None,
    ) -> bool:
        """Writes all at once, or nothing.

        `now`: Now, in seconds since 1970.
        Returns whether it was written: not where the claim was made before.
        """
        item = {**_key(CLAIM, claim), "expires": _n(int(now) + CLAIMED_SECONDS)}
        in_hand = {"#name": "name", "#until": "until"}
        actions = [self._put(item, "attribute_not_exists(#name) OR #until > :none", in_hand, {":none": _n(0)})]
        if record is not None:
            actions.append(self._put_record(*record))
        if later is not None:
            actions.append(self._put(_pending(*later)))
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

    def waiting(self, until: float) -> list[tuple[str, str]]:
        """Name and body of each event whose time has come, the oldest first.

        `until`: in seconds since 1970.
        """
        request: dict[str, Any] = {
            "KeyConditionExpression": "#kind = :kind AND #name <= :until",
            "ExpressionAttributeNames": {"#kind": "kind", "#name": "name"},
            "ExpressionAttributeValues": {":kind": {"S": PENDING}, ":until": {"S": f"{utc(until)}~"}},
            "ConsistentRead": True,
        }
        found: list[tuple[str, str]] = []
        while True:
            answer = self._call("query", **request)
            found += [(item["name"]["S"], item["body"]["S"]) for item in answer.get("Items", ())]
            if not answer.get("LastEvaluatedKey"):
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove(self, name: str, kind: str = PENDING) -> None:
        """Takes an event away that waited, or a claim."""
        self._call("delete_item", Key=_key(kind, name))

    def lease(self, now: float) -> tuple[float, float] | None:
        """The clock's memory, for one tick at a time; none while another tick goes on.

        Returns when it began to look, and until when it has looked, in seconds since 1970.
        """
        if not self._hold(_key(LEASE, "clock"), "attribute_not_exists(#until) OR #until < :now", now, LEASE_SECONDS):
            return None
        item = self._call("get_item", Key=_key(LEASE, "clock"), ConsistentRead=True)["Item"]
        return (float(item["first"]["N"]), float(item["last"]["N"])) if "last" in item else (now, now)

    def release(self, first: float, last: float) -> None:
        """Keeps the clock's memory, and lets the next tick begin."""
        self._call("put_item", Item={**_key(LEASE, "clock"), "first": _n(first), "last": _n(last)})

    def _hold(self, key: Mapping[str, Any], condition: str, now: float, seconds: float, kept: int = 0) -> bool:
        """Has an item be ours for a while, where a condition holds; whether it did."""
        names = {word: word[1:] for word in ("#name", "#until") if word in condition}
        values = {":until": _n(now + seconds), ":now": _n(now), **({":end": _n(int(now) + kept)} if kept else {})}
        try:
            self._call(
                "update_item",
                Key=key,
                UpdateExpression="SET #until = :until" + (", expires = :end" if kept else ""),
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        except CallError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True

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
        put |= {"ConditionExpression": condition, "ExpressionAttributeNames": names} if condition else {}
        return {"Put": put | ({"ExpressionAttributeValues": values} if values else {})}

    def _call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        return self._call_aws("dynamodb", operation, TableName=self._name, **parameters)


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _pending(at: float, event: Decidable) -> dict[str, Any]:
    """An item whose name begins with the whole second in which its time has come."""
    key = _key(PENDING, f"{utc(math.ceil(at))}#{hashlib.sha256(event.arn.encode()).hexdigest()[:24]}")
    return {**key, "body": {"S": to_pending(event)}, "expires": _n(int(at) + WAITING_SECONDS)}


def _n(number: float) -> dict[str, str]:
    return {"N": repr(number)}
