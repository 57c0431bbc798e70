"""The handlers that AWS Lambda calls: one for the queue's messages, one for ``batchwright alerts test``."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from batchwright_runner.alerting.channels import ChannelError, Channels
from batchwright_runner.alerting.clients import Call, CallError, FunctionClients, say
from batchwright_runner.alerting.clock import MinuteClock
from batchwright_runner.alerting.post import Post
from batchwright_runner.alerting.reads import Reads
from batchwright_runner.alerting.table import AlertTable, ConflictError
from batchwright_runner.alerting.treat import Treatment
from batchwright_runner.contract.alerting.events import EventError, Tick, read_event
from batchwright_runner.contract.alerting.messages import Message, messages_of
from batchwright_runner.contract.alerting.settings import VARIABLE, AlertSettings
from batchwright_runner.contract.moments import show_in
from batchwright_runner.contract.notices.note import Notice, note
from batchwright_runner.contract.notices.rules import Ask

LAST_RECEIPT = 5
"""How often a message is received: then it goes to the dead letters. The queue's redrive policy says the same."""
ENOUGH_MILLISECONDS = 8000
"""Time that must be left for another piece of a tick's work."""

NAMES = {"sns": "SNS", "slack": "Slack", "datadog": "Datadog"}


class AlertsFunction:
    """The function, with what it keeps while it lives.

    `clock`: seconds since 1970.
    """

    def __init__(
        self,
        call: Call,
        settings: AlertSettings,
        clock: Callable[[], float] = time.time,
        channels: Channels | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        table, reads = AlertTable(call, settings.table), Reads(call, settings, clock)
        self._channels = channels or Channels(call, settings)
        self._post = Post(call, settings, table, self._channels)
        self._treatment = Treatment(settings, reads, table, self._post)
        self._minute = MinuteClock(reads, table, self._post, self._treatment)

    def handle(self, event: Mapping[str, Any], has_time: Callable[[], bool] = lambda: True) -> dict[str, Any]:
        """Treats the queue's messages, each by itself.

        `event`: the event of SQS (AWS Lambda developer guide, "Using Lambda with Amazon SQS", 2026-11).
        Returns the messages that are received again later.
        """
        self._post.begin()
        failed = [
            {"itemIdentifier": message["messageId"]}
            for message in event["Records"]
            if not has_time() or not self._treat(message, has_time)
        ]
        return {"batchItemFailures": failed}

    def test(self, by: str) -> dict[str, Any]:
        """Sends a test to every channel.

        Returns ``told`` and ``untold``: names of channels, the latter with why.
        """
        why = f"Nothing has happened. {by or 'Someone'} tries whether messages arrive."
        owners = ("", *self._settings.owners)  # the filters of their addresses let nothing else through
        of = Notice(kind="test", stage=self._settings.stage, region=self._settings.region, why=why, owners=owners)
        asks = {Ask(), *(Ask(channel=owner.channel) for owner in self._settings.owners.values() if owner.channel)}
        messages = {message.address: message for ask in asks for message in messages_of(of, self._settings, ask)}
        told, untold = [], []
        for message in messages.values():
            try:
                self._channels.send(message, of, note(of))
                told.append(_named(message))
            except ChannelError as error:
                untold.append(f"{_named(message)}: {str(error).removeprefix(f'{NAMES[message.channel]}: ')}")
        return {"told": sorted(told), "untold": sorted(untold)}

    def _treat(self, message: Mapping[str, Any], has_time: Callable[[], bool]) -> bool:
        """Treats a message; whether it is done with."""
        body, received = str(message["body"]), int(message["attributes"]["ApproximateReceiveCount"])
        now, event = self._clock(), None
        try:
            event = read_event(body, self._settings, now)
            if isinstance(event, Tick):
                self._minute.tick(now, has_time)
            else:
                self._treatment.treat(event, now, tell_anyway=received in (1, LAST_RECEIPT))
        except EventError as error:
            return self._buried(body, str(error))
        except Exception as error:  # noqa: BLE001 - one message never keeps the next one from being treated
            why = f"{type(error).__name__}: {error}"
            say(f"not treated: {why}")
            if isinstance(event, Tick):
                return True  # the next minute does it
            passes = isinstance(error, CallError | ConflictError) and received < LAST_RECEIPT
            return not passes and self._buried(body, why)
        return True

    def _buried(self, body: str, why: str) -> bool:
        try:
            self._post.bury(body, why)
        except CallError as error:
            say(f"the dead letters do not take it: {error}")
            return False
        return True


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own
    """Treats messages of the stage's queue."""
    time_left = getattr(context, "get_remaining_time_in_millis", None)
    return _function().handle(event, lambda: time_left is None or time_left() > ENOUGH_MILLISECONDS)


def handle_test(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401, ARG001 - Lambda's own
    """Sends a test to every channel of the stage."""
    return _function().test(str(event.get("by", "")))


@cache
def _function() -> AlertsFunction:
    settings = AlertSettings.from_text(os.environ.get(VARIABLE, ""))
    show_in(lambda: settings.timezone)
    return AlertsFunction(FunctionClients().call, settings)


def _named(message: Message) -> str:
    """A channel's name for people."""
    return f"{NAMES[message.channel]} {message.to.rpartition(':')[2]}"
