"""Sends what was decided: at once where it may go alone, else with others once a minute; and again where it failed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from batchwright_runner.alerting.channels import AwayError, ChannelError, Channels
from batchwright_runner.alerting.clients import Call, CallError, say
from batchwright_runner.alerting.table import OUTBOX, AlertTable
from batchwright_runner.contract.alerting.messages import TRIED, Message, MessageError, bundles, next_try, told_together
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.notices.note import Notice
from batchwright_runner.contract.pauses import Pause

NAMESPACE = "Batchwright"
"""The metrics' namespace in CloudWatch."""
UNITS = {"Runs": "Count", "Failures": "Count", "Duration": "Seconds", "Ticks": "Count"}
WHY_LIMIT = 1000
"""Characters of why something is in the dead letters."""


class Post:
    """Sends messages and metrics."""

    def __init__(self, call: Call, settings: AlertSettings, table: AlertTable, channels: Channels) -> None:
        self._call = call
        self._settings = settings
        self._table = table
        self._channels = channels
        self._away: set[str] = set()

    def begin(self) -> None:
        """A call of the function begins: what did not answer in the last one is tried again."""
        self._away.clear()

    def deliver(self, messages: Mapping[str, Message], now: float) -> None:
        """Sends what may go alone; the rest stays in the outbox, for the clock.

        `now`: Now, in seconds since 1970.
        """
        for name, message in messages.items():
            if not message.waits and message.channel not in self._away and self._may_go_alone(message, now):
                self._send({name: message}, now)

    def deliver_directly(self, message: Message) -> bool:
        """Sends a message without the table, which does not answer; whether it was taken. Rather twice than never."""
        return message.channel not in self._away and not self._try([message])

    def empty_outbox(self, mutes: Mapping[str, Pause], now: float) -> None:
        """Sends what waits: one message for each owner of a channel, for each host, and for each mute that has ended.

        `now`: Now, in seconds since 1970.
        """
        due: dict[str, Message] = {}
        for name, body in self._table.waiting(OUTBOX):
            try:
                message = Message.from_text(body)
            except MessageError as error:
                self._take_out(name, body, str(error))
                continue
            if message.due <= now:
                due[name] = message
        for together in bundles(due, mutes, now):
            if next(iter(together.values())).channel not in self._away:
                self._send(together, now)

    def count(self, notice: Notice, metrics: Mapping[str, float], now: float) -> None:
        """Counts a run, in CloudWatch and in Datadog. What is not taken is lost, and noted in the log."""
        if metrics and self._settings.metrics:
            self.measure(metrics, notice.batch)
        try:
            if metrics and "datadog" not in self._away:
                self._channels.count(notice, metrics, now)
        except ChannelError as error:
            self._note(error, "datadog")
            say(f"not counted: {error}")

    def measure(self, metrics: Mapping[str, float], batch: str = "") -> None:
        """Gives CloudWatch metrics of the stage, or of a batch."""
        of = {"project": self._settings.project, "stage": self._settings.stage} | ({"batch": batch} if batch else {})
        dimensions = [{"Name": name, "Value": value} for name, value in of.items()]
        data = [
            {"MetricName": name, "Value": value, "Unit": UNITS[name], "Dimensions": dimensions}
            for name, value in metrics.items()
        ]
        try:
            self._call("cloudwatch", "put_metric_data", Namespace=NAMESPACE, MetricData=data)
        except CallError as error:
            say(f"not counted: {error}")

    def bury(self, body: str, why: str) -> None:
        """Puts what cannot be treated into the dead letters, with why."""
        say(f"to the dead letters: {why}")
        attributes = {"why": {"DataType": "String", "StringValue": why[:WHY_LIMIT] or "unknown"}}
        url = self._settings.dead_letters
        self._call("sqs", "send_message", QueueUrl=url, MessageBody=body, MessageAttributes=attributes)

    def _may_go_alone(self, message: Message, now: float) -> bool:
        try:
            return self._table.may_go_alone(message.address, now)
        except CallError as error:
            say(f"sent without the table: {error}")
            return True

    def _send(self, together: Mapping[str, Message], now: float) -> None:
        why = self._try([*together.values()])
        for name, message in together.items():
            self._settle(name, message, why, now)

    def _try(self, messages: Sequence[Message]) -> str:
        """Why a channel has not taken messages as one; empty if it has."""
        channel, (notice, note) = messages[0], told_together(messages)
        try:
            self._channels.send(channel, notice, note)
        except ChannelError as error:
            self._note(error, channel.channel)
            say(f"not told: {note.title}: {error}")
            return str(error)
        say(f"told: {note.title} ({channel.address})")
        return ""

    def _note(self, error: ChannelError, channel: str) -> None:
        if isinstance(error, AwayError):
            self._away.add(channel)

    def _settle(self, name: str, message: Message, why: str, now: float) -> None:
        """Takes a message out of the outbox that was sent, or that was tried for long enough."""
        since = message.since or now
        if not why or now - since >= TRIED:
            body = json.dumps({"message": json.loads(message.to_json())})
            self._take_out(name, body, f"{why}, for an hour" if why else "")
            return
        tries = message.tries + 1
        try:
            self._table.retry(name, replace(message, due=next_try(tries, now), tries=tries, since=since))
        except CallError as error:
            say(f"the outbox keeps {name}: {error}")

    def _take_out(self, name: str, body: str, why: str) -> None:
        """Takes a message out of the outbox; into the dead letters where there is a reason."""
        try:
            if why:
                self.bury(body, why)
            self._table.remove(OUTBOX, name)
        except CallError as error:
            say(f"the outbox keeps {name}: {error}")
