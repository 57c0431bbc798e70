"""The messages to people: a queue beside the e-mail addresses of the topics, which the emulator sends nothing to."""

import json
import time
from contextlib import suppress
from typing import Any

from batchwright_runner.contract.alerting.forms import FormError, plain, received
from tests.e2e.account import Account

PATIENCE = 60.0
"""Seconds until a message is there."""


class Inbox:
    """Somebody's mail.

    Args:
        account: The account whose topics are read.
    """

    def __init__(self, account: Account) -> None:
        self._topics, self._queue = account.client("sns"), account.client("sqs")
        self._url = str(self._queue.create_queue(QueueName="inbox")["QueueUrl"])
        asked = {"QueueUrl": self._url, "AttributeNames": ["QueueArn"]}
        self._arn = str(self._queue.get_queue_attributes(**asked)["Attributes"]["QueueArn"])

    def confirm(self) -> None:
        """Confirms the subscriptions, as a person does who finds the first mail of a topic."""
        for topic in self._topics.list_topics()["Topics"]:
            self._topics.subscribe(TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=self._arn)

    def next(self) -> str:
        """The next message, waited for; empty where none comes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            asked: dict[str, Any] = {"QueueUrl": self._url, "MaxNumberOfMessages": 1, "WaitTimeSeconds": 1}
            for message in self._queue.receive_message(**asked).get("Messages", ()):
                self._queue.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                text = str(json.loads(message["Body"])["Message"])
                with suppress(FormError):  # a queue gets the facts, of which a mail is made
                    text = plain(received(text))
                return f"{text}\n"
        return ""

    def close(self) -> None:
        """Takes the queue away."""
        self._queue.delete_queue(QueueUrl=self._url)
