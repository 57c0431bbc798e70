"""The handlers that AWS Lambda calls: for the queue's messages, for what Slack is to be told, and for a test."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from batchwright_runner.alerting.clients import LONGEST, Call, CallError, FunctionClients, Left, say
from batchwright_runner.alerting.reads import Reads
from batchwright_runner.alerting.slack import Slack, SlackError
from batchwright_runner.alerting.table import AlertTable, ConflictError
from batchwright_runner.alerting.treat import Treatment, publish
from batchwright_runner.contract.alerting.due import checks
from batchwright_runner.contract.alerting.events import (
    Check,
    Decidable,
    EventError,
    Tick,
    from_pending,
    read_event,
)
from batchwright_runner.contract.alerting.forms import FormError, published, received
from batchwright_runner.contract.alerting.notes import of_test
from batchwright_runner.contract.alerting.settings import VARIABLE, AlertSettings
from batchwright_runner.contract.moments import show_in, utc

RECEIVES = 25
"""How often a message is received, every three minutes: then it goes to the dead letters. The redrive policies say so,
too."""
TRIED = 4500.0
"""Seconds for which what waits in the table is tried, as long as what waits in the queue."""
SOON = 30.0
"""Seconds after a tick before which another one has nothing to do: after a pause of the queue many come at once."""
LOOKS = 10
"""Looks at ECS and Step Functions in one tick; the rest is for the next ones."""
FARTHEST = 6 * 3600.0
"""Seconds that the clock looks back at most, after it has stood still."""
WHY_LIMIT = 1000
"""Characters of why something is in the dead letters."""


class AlertsFunction:
    """The function, with what it keeps while it lives.

    `clock`: seconds since 1970.
    """

    def __init__(self, call: Call, settings: AlertSettings, clock: Callable[[], float] = time.time) -> None:
        self._call_aws, self._settings, self._clock = call, settings, clock
        self._left: Left = lambda: LONGEST
        self._table, self._reads = AlertTable(self._call, settings.table), Reads(self._call, settings, clock)
        self._treatment = Treatment(self._call, settings, self._reads, self._table)
        self._slack = Slack(self._call, settings)

    def handle(self, event: Mapping[str, Any], left: Left = lambda: LONGEST) -> dict[str, Any]:
        """Treats the queue's messages, each by itself.

        `event`: the event of SQS (AWS Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11).
        Returns the messages that are received again later.
        """
        self._left = left
        return failures_of(event, self._treat)

    def listen(self, event: Mapping[str, Any], left: Left) -> dict[str, Any]:
        """Tells Slack what the topic was given; likewise."""
        self._left = left
        return failures_of(event, self._tell)

    def test(self, by: str, left: Left) -> dict[str, Any]:
        """Sends a test to the topic and to each channel of Slack.

        Returns ``told`` and ``untold``: who has taken it, and who has not, with why.
        """
        self._left = left
        settings, message = self._settings, of_test(self._settings, by)
        told, untold, topic = [], [], f"SNS {settings.topic.rpartition(':')[2]}"
        try:
            publish(self._call, settings.topic, published(message, [*settings.owners]))
            told.append(topic)
            untold += [f"e-mail {address}: not confirmed yet" for address in self._unconfirmed()]
        except CallError as error:
            untold.append(f"{topic}: {error}")
        for channel in settings.channels:
            try:
                self._slack.post(message, channel)
                told.append(f"Slack {channel}")
            except SlackError as error:
                untold.append(f"Slack {channel}: {error}")
        return {"told": told, "untold": untold}

    def _unconfirmed(self) -> Iterator[str]:
        """The addresses that are subscribed to the topic and have not confirmed it (SNS API reference, 2026-11)."""
        asked = {"TopicArn": self._settings.topic}
        while True:
            answer = self._call("sns", "list_subscriptions_by_topic", **asked)
            for subscription in answer.get("Subscriptions", ()):
                if subscription["SubscriptionArn"] == "PendingConfirmation":
                    yield str(subscription["Endpoint"])
            if not answer.get("NextToken"):
                return
            asked["NextToken"] = answer["NextToken"]

    def _tell(self, message: Mapping[str, Any]) -> bool:
        """Tells Slack one message; whether that is done with."""
        try:
            self._slack.tell(received(str(message["body"])))
        except (SlackError, FormError) as error:
            say(f"not told: {error}")
            return False
        return True

    def _call(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any shape
        """Makes a call that ends before Lambda ends the function."""
        if self._left() < LONGEST:
            raise CallError(f"{service} {operation}: no time is left")
        return self._call_aws(service, operation, **parameters)

    def _treat(self, message: Mapping[str, Any]) -> bool:
        """Treats a message; whether it is done with."""
        body, times = str(message["body"]), int(message["attributes"]["ApproximateReceiveCount"])
        event: Decidable | Tick | None = None
        try:
            event = read_event(body, self._settings, self._clock())
            if isinstance(event, Tick):
                self._tick(self._clock())
            else:
                self._treatment.treat(event, self._clock())
        except Exception as error:  # noqa: BLE001 - one message never keeps the next one from being treated
            why = _why(error)
            say(f"not treated: {why}")
            if isinstance(event, Tick):
                return True  # the next minute does it
            return not (isinstance(error, CallError | ConflictError) and times < RECEIVES) and self._buries(body, why)
        return True

    def _buries(self, body: str, why: str) -> bool:
        """Puts what cannot be treated into the dead letters, with why; whether they take it."""
        attributes = {"why": {"DataType": "String", "StringValue": why[:WHY_LIMIT] or "unknown"}}
        try:
            self._call(
                "sqs",
                "send_message",
                QueueUrl=self._settings.dead_letters,
                MessageBody=body,
                MessageAttributes=attributes,
            )
        except CallError as error:
            say(f"the dead letters do not take it: {error}")
            return False
        return True

    def _tick(self, now: float) -> None:
        """Does what is due once a minute: events that waited, and due times that did not come. Counts a whole tick."""
        leased = self._table.lease(now)
        if leased is None:
            return
        first, last = leased
        try:
            if last != now and now - last < SOON:
                return
            last = self._due(first, max(last, now - FARTHEST), now)
            self._pending(now)
        finally:
            self._table.release(first, last)
        self._treatment.measure({"Ticks": 1.0})

    def _due(self, first: float, begin: float, now: float) -> float:
        """Has the due times since the last tick wait to be looked at; gives until when that is done."""
        watches = self._reads.watches()
        due = [check for name, watch in watches.items() for check in checks(name, watch, begin, now)]
        for check in sorted(due, key=lambda check: check.at):
            if self._left() < LONGEST:  # as after hours in which it stood still
                return max(begin, check.at - 1.0)
            if check.due >= first:
                self._table.postpone(now - 1.0, check)
        return now

    def _pending(self, now: float) -> None:
        """Treats the events whose time has come, from either end in turn: none keeps the others waiting for ever."""
        room, waiting = LOOKS, self._table.waiting(now)
        for name, body in waiting[:: 1 if round(now / 60) % 2 else -1]:
            if self._left() < LONGEST:
                return
            try:
                event = from_pending(body)
                if isinstance(event, Check) and not room:
                    continue
                room -= self._treatment.treat(event, now)
            except Exception as error:  # noqa: BLE001 - none keeps the others, or the clock, from being looked at
                passes = isinstance(error, CallError | ConflictError)
                if (passes and name > utc(now - TRIED)) or not self._buries(body, _why(error)):
                    say(f"{name} waits on: {error}")
                    continue
            try:
                self._table.remove(name)
            except CallError as error:
                say(f"{name} stays, and is not told again: {error}")


def failures_of(event: Mapping[str, Any], treat: Callable[[Mapping[str, Any]], bool]) -> dict[str, Any]:
    """Treats messages of SQS one by one; those that are received again, as Lambda takes them."""
    failed = [{"itemIdentifier": message["messageId"]} for message in event["Records"] if not treat(message)]
    return {"batchItemFailures": failed}


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Treats messages of the stage's queue."""
    return _function().handle(event, _left_of(context))


def handle_slack(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Tells Slack what the topic was given."""
    return _function().listen(event, _left_of(context))


def handle_test(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Sends a test to all who are told of the stage."""
    return _function().test(str(event.get("by", "")), _left_of(context))


def _left_of(context: Any) -> Left:  # noqa: ANN401 - Lambda's own
    return lambda: context.get_remaining_time_in_millis() / 1000


def _why(error: Exception) -> str:
    known = isinstance(error, EventError | CallError | ConflictError)
    return str(error) if known else f"{type(error).__name__}: {error}"


@cache
def _function() -> AlertsFunction:
    settings = AlertSettings.from_text(os.environ.get(VARIABLE, ""))
    show_in(lambda: settings.timezone)
    return AlertsFunction(FunctionClients().call, settings)
