"""Gives a message to its channel: SNS through the SDK, Slack and Datadog over HTTPS."""

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from batchwright_runner.alerting.clients import Call, CallError
from batchwright_runner.contract.alerting.messages import Message
from batchwright_runner.contract.alerting.settings import AlertSettings, HttpsChannel
from batchwright_runner.contract.json_text import object_or_empty
from batchwright_runner.contract.notices.channels import datadog_event, datadog_tags, slack, sns
from batchwright_runner.contract.notices.note import Note, Notice

SECONDS = 3
"""Seconds that Slack and Datadog have to take a message. What they do not take goes into the outbox."""
LONGEST = 65536
"""Bytes of an answer that are read."""
INVALID_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""Slack's errors for a token that is not valid any more (Slack, chat.postMessage, "Errors", 2026-11)."""


class ChannelError(Exception):
    """A channel did not take a message."""


class AwayError(ChannelError):
    """The service does not answer, or asks to wait: another message would only cost time now."""


class InvalidTokenError(ChannelError):
    """The channel does not know the token: it may have been rotated."""


class Channels:
    """The stage's channels."""

    def __init__(self, call: Call, settings: AlertSettings) -> None:
        self._call = call
        self._settings = settings
        self._secrets: dict[str, str] = {}

    def send(self, message: Message, notice: Notice, note: Note) -> None:
        """Gives a channel a message."""
        if message.channel == "sns":
            self._publish(message.to, sns(notice, note))
        elif message.channel == "slack" and self._settings.slack is not None:
            body = slack(notice, note, message.to)
            self._with_token(self._settings.slack, lambda token: self._post_slack(token, body))
        elif message.channel == "datadog" and self._settings.datadog is not None:
            event = datadog_event(notice, note, self._settings.project)
            self._with_token(self._settings.datadog, lambda key: self._post_datadog(key, "/api/v1/events", event))
        else:
            raise ChannelError(f"the stage has no {message.channel} any more")

    def count(self, notice: Notice, metrics: Mapping[str, float], now: float) -> None:
        """Gives Datadog the points of a run."""
        service = self._settings.datadog
        if service is None:
            return
        tags = datadog_tags(notice, self._settings.project)
        kinds = {"Runs": 1, "Failures": 1, "Duration": 3}
        series = [
            {
                "metric": f"batchwright.{name.lower()}",
                "type": kinds[name],
                "points": [{"timestamp": int(now), "value": value}],
                "tags": tags,
            }
            for name, value in metrics.items()
        ]
        self._with_token(service, lambda key: self._post_datadog(key, "/api/v2/series", {"series": series}))

    def _publish(self, topic: str, request: dict[str, Any]) -> None:
        text = json.dumps(request["Message"], ensure_ascii=False)
        try:
            self._call("sns", "publish", **{**request, "TopicArn": topic, "Message": text})
        except CallError as error:
            kind = ChannelError if error.code else AwayError
            raise kind(f"SNS: {error}") from error

    def _post_slack(self, token: str, body: Mapping[str, Any]) -> None:
        """Slack answers 200 also where it refuses."""
        base = os.environ.get("BATCHWRIGHT_SLACK_URL", "https://slack.com")
        answer = _post("Slack", f"{base}/api/chat.postMessage", {"Authorization": f"Bearer {token}"}, body)
        if answer.get("ok") is True:
            return
        why = str(answer.get("error") or "an answer that does not come from Slack")[:200]
        raise InvalidTokenError(f"Slack: {why}") if why in INVALID_TOKEN else ChannelError(f"Slack: {why}")

    def _post_datadog(self, key: str, path: str, body: Mapping[str, Any]) -> None:
        site = self._settings.datadog.to if self._settings.datadog is not None else ""
        base = os.environ.get("BATCHWRIGHT_DATADOG_URL", f"https://api.{site}")
        _post("Datadog", f"{base}{path}", {"DD-API-KEY": key}, body)

    def _with_token(self, service: HttpsChannel, post: Any) -> None:  # noqa: ANN401 - a function of the token
        """Posts with the secret; once more with the secret as it is now, where the channel does not know it."""
        try:
            post(self._secret(service))
        except InvalidTokenError:
            before = self._secrets.pop(service.secret, "")
            if self._secret(service) == before:
                raise
            post(self._secret(service))

    def _secret(self, service: HttpsChannel) -> str:
        if service.secret not in self._secrets:
            try:
                answer = self._call("secretsmanager", "get_secret_value", SecretId=service.secret)
            except CallError as error:
                raise ChannelError(f"the secret {service.secret} cannot be read: {error}") from error
            self._secrets[service.secret] = str(answer.get("SecretString", ""))
        text = self._secrets[service.secret]
        if not service.field:
            return text.strip()
        try:
            return str(json.loads(text)[service.field]).strip()
        except (ValueError, KeyError, TypeError) as error:
            self._secrets.pop(service.secret, None)
            raise ChannelError(f"the secret {service.secret} has no field {service.field}") from error


def _post(service: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Posts JSON, and reads the answer's JSON object; an empty one where it has none."""
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    request = urllib.request.Request(url, data, headers, method="POST")  # noqa: S310 - https, or what a test names
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - likewise
            return object_or_empty(response.read(LONGEST).decode(errors="replace"))
    except urllib.error.HTTPError as error:
        kind = InvalidTokenError if error.code in (401, 403) else AwayError
        raise kind(f"{service}: HTTP {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        why = str(getattr(error, "reason", "") or error) or type(error).__name__
        raise AwayError(f"{service}: {why}") from error
