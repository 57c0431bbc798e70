"""The one table: records of batches, claims of messages, what is decided again later, and the outbox."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from batchwright_runner.alerting.clients import CallError, Calls
from batchwright_runner.contract.alerting.messages import SINGLE, WINDOW, Message, MessageError
from batchwright_runner.contract.alerting.names import RECORDS
from batchwright_runner.contract.alerting.record import Record
from batchwright_runner.contract.moments import utc

CLAIMED_SECONDS = 7 * 24 * 3600
LEASE_SECONDS = 55.0
IN_HAND = 40.0
"""Seconds for which a new message belongs to the invocation that made it, which takes 30 at most; then to the clock."""
CLAIM, PENDING, OUTBOX, CHANNEL, LEASE = "claim", "pending", "outbox", "channel", "lease"
_REFUSED = "ConditionalCheckFailed"


class Outcome(Enum):
    """What became of a change."""

    DONE = "done"
    CLAIMED = "claimed"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """An event that is decided again later.

    Attributes:
        at: When, in seconds since 1970.
        key: What tells it from others; the same event twice is one.
        body: The event.
    """

    at: float
    key: str
    body: str

    @property
    def name(self) -> str:
        """The name of its item: the whole second in which its time has come."""
        return f"{utc(math.ceil(self.at))}#{_short(self.key)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is written at once, or not at all.

    Attributes:
        claim: What may be decided once.
        batch: Name of the batch.
        record: Its record; none to leave it as it is.
        messages: What goes into the outbox.
        later: What is decided again later.
        now: Now, in seconds since 1970.
    """

    claim: str
    batch: str
    record: Record | None
    messages: Sequence[Message] = ()
    later: Sequence[Later] = ()
    now: float = 0.0

    def key_of(self, message: Message) -> str:
        """The name of a message's item in the outbox."""
        return f"{utc(self.now)}#{_short(f'{self.claim} {message.address} {message.notice.kind}')}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item of the outbox.

    Attributes:
        message: The message.
        due: When it may be tried, in seconds since 1970.
        tries: How often it was.
        since: When it was tried for the first time; 0 where it was not.
    """

    message: Message
    due: float
    tries: int
    since: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """What the clock remembers.

    Attributes:
        first: When it began to look, in seconds since 1970.
        last: Until when it has looked.
        looks: Looks that it had no room for: batch, due time as ISO 8601, and whether it is the last one.
    """

    first: float
    last: float
    looks: Sequence[Sequence[Any]] = field(default_factory=list)


class Table:
    """The table."""

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls = calls
        self._name = name

    def record(self, batch: str) -> Record:
        """What is kept of a batch; an empty record where there is none.

        Raises:
            CallError: The table does not answer.
            RecordError: It cannot be used.
        """
        item = self._call("get_item", Key=_key(RECORDS, batch), ConsistentRead=True).get("Item")
        return Record.from_text(item["state"]["S"], int(item["version"]["N"])) if item else Record()

    def commit(self, change: Change) -> Outcome:
        """Writes a change, unless its claim was made before, or the record has changed meanwhile.

        Raises:
            CallError: The table does not take it.
        """
        claim = {**_key(CLAIM, change.claim), "expires": {"N": str(int(change.now) + CLAIMED_SECONDS)}}
        actions = [self._put(claim, "attribute_not_exists(#name)", {"#name": "name"})]
        if change.record is not None:
            actions.append(self._put_record(change.batch, change.record))
        actions += [self._put({**_key(PENDING, later.name), "body": {"S": later.body}}) for later in change.later]
        for message in change.messages:
            due = change.now if message.waits else change.now + IN_HAND
            actions.append(self._put(_waiting(change.key_of(message), Waiting(message, due, 0))))
        try:
            self._calls.call("dynamodb", "transact_write_items", TransactItems=actions)
        except CallError as error:
            if error.reasons[:1] == (_REFUSED,):
                return Outcome.CLAIMED
            if any(reason in (_REFUSED, "TransactionConflict") for reason in error.reasons):
                return Outcome.CONFLICT
            raise
        return Outcome.DONE

    def postpone(self, later: Later) -> None:
        """Keeps an event that is decided again later.

        Raises:
            CallError: The table does not take it.
        """
        self._call("put_item", Item={**_key(PENDING, later.name), "body": {"S": later.body}})

    def pending(self, now: float) -> Iterator[tuple[str, str]]:
        """Name and body of each event whose time has come, the oldest first.

        Raises:
            CallError: The table does not answer.
        """
        for item in self._query(PENDING, f"{utc(now)}~"):
            yield item["name"]["S"], item["body"]["S"]

    def outbox(self) -> Mapping[str, Waiting]:
        """Name of an item to what waits there, the oldest first. What cannot be read is left out.

        Raises:
            CallError: The table does not answer.
        """
        found: dict[str, Waiting] = {}
        for item in self._query(OUTBOX, "~"):
            try:
                message = Message.from_text(item["body"]["S"])
            except MessageError:
                continue
            due, tries, since = (item[name]["N"] for name in ("due", "tries", "since"))
            found[item["name"]["S"]] = Waiting(message, float(due), int(tries), float(since))
        return found

    def retry(self, name: str, waiting: Waiting) -> None:
        """Keeps a message that a channel has not taken.

        Raises:
            CallError: The table does not take it.
        """
        self._call("put_item", Item=_waiting(name, waiting))

    def remove(self, kind: str, name: str) -> None:
        """Takes an item away.

        Raises:
            CallError: The table does not answer.
        """
        self._call("delete_item", Key=_key(kind, name))

    def claim(self, name: str, now: float) -> bool:
        """Whether a claim was made now, and not before.

        Raises:
            CallError: The table does not answer.
        """
        expires = {"N": str(int(now) + CLAIMED_SECONDS)}
        return self._unless_refused(
            "put_item",
            Item={**_key(CLAIM, name), "expires": expires},
            ConditionExpression="attribute_not_exists(#name)",
            ExpressionAttributeNames={"#name": "name"},
        )

    def may_go_alone(self, address: str, now: float) -> bool:
        """Whether a message of a channel may go at once; it is counted then. At most `SINGLE` do in `WINDOW` seconds.

        Raises:
            CallError: The table does not answer.
        """
        names = {"#window": "window", "#sent": "sent"}
        more = self._unless_refused(
            "update_item",
            Key=_key(CHANNEL, address),
            UpdateExpression="SET #sent = #sent + :one",
            ConditionExpression="#window > :begin AND #sent < :most",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":one": _n(1), ":begin": _n(now - WINDOW), ":most": _n(SINGLE)},
        )
        return more or self._unless_refused(
            "update_item",
            Key=_key(CHANNEL, address),
            UpdateExpression="SET #window = :now, #sent = :one, expires = :end",
            ConditionExpression="attribute_not_exists(#window) OR #window <= :begin",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                ":one": _n(1),
                ":now": _n(now),
                ":begin": _n(now - WINDOW),
                ":end": _n(int(now) + CLAIMED_SECONDS),
            },
        )

    def lease(self, now: float) -> ClockState | None:
        """The clock's memory, for one tick at a time; none while another tick goes on.

        Raises:
            CallError: The table does not answer.
        """
        taken = self._unless_refused(
            "update_item",
            Key=_key(LEASE, "clock"),
            UpdateExpression="SET #until = :until",
            ConditionExpression="attribute_not_exists(#until) OR #until < :now",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":until": _n(now + LEASE_SECONDS), ":now": _n(now)},
        )
        if not taken:
            return None
        item = self._call("get_item", Key=_key(LEASE, "clock"), ConsistentRead=True).get("Item", {})
        if "last" not in item:
            return ClockState(first=now, last=now)
        looks = json.loads(item["looks"]["S"])
        return ClockState(first=float(item["first"]["N"]), last=float(item["last"]["N"]), looks=looks)

    def release(self, state: ClockState) -> None:
        """Keeps the clock's memory, and lets the next tick begin.

        Raises:
            CallError: The table does not take it.
        """
        kept = {"first": _n(state.first), "last": _n(state.last), "looks": {"S": json.dumps(state.looks)}}
        self._call("put_item", Item={**_key(LEASE, "clock"), **kept})

    def _put_record(self, batch: str, record: Record) -> dict[str, Any]:
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

    def _query(self, kind: str, until: str) -> Iterator[Mapping[str, Any]]:
        request: dict[str, Any] = {
            "KeyConditionExpression": "#kind = :kind AND #name <= :until",
            "ExpressionAttributeNames": {"#kind": "kind", "#name": "name"},
            "ExpressionAttributeValues": {":kind": {"S": kind}, ":until": {"S": until}},
            "ConsistentRead": True,
        }
        while True:
            answer = self._call("query", **request)
            yield from answer.get("Items", ())
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _unless_refused(self, operation: str, **parameters: Any) -> bool:  # noqa: ANN401 - any shape
        try:
            self._call(operation, **parameters)
        except CallError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        return self._calls.call("dynamodb", operation, TableName=self._name, **parameters)


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _waiting(name: str, waiting: Waiting) -> dict[str, Any]:
    rest = {"due": _n(waiting.due), "tries": _n(waiting.tries), "since": _n(waiting.since)}
    return {**_key(OUTBOX, name), "body": {"S": waiting.message.to_json()}, **rest}


def _n(number: float) -> dict[str, str]:
    return {"N": repr(number)}


def _short(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:24]
