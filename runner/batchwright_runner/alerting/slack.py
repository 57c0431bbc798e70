"""Tells Slack: the listener's and the test's way to a channel, by a bot's token."""

import http.client
import json
import os
import urllib.error
import urllib.request

from batchwright_runner.alerting.clients import Call, CallError, say
from batchwright_runner.contract.alerting.forms import slack
from batchwright_runner.contract.alerting.message import Message
from batchwright_runner.contract.alerting.settings import AlertSettings
from batchwright_runner.contract.json_text import object_or_empty

SECONDS = 3
"""Seconds that Slack has to take a message."""
LONGEST = 65536
"""Bytes of an answer that are read."""
INVALID_TOKEN = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"})
"""Slack's errors for a token that is not valid any more (Slack, chat.postMessage, "Errors", 2026-11)."""


class SlackError(Exception):
    """Slack did not take a message."""


class Slack:
    """Slack, as one bot."""

    def __init__(self, call: Call, settings: AlertSettings) -> None:
        self._call = call
        self._settings = settings
        self._token = ""

    def tell(self, message: Message) -> None:
        """Gives a message of this stage to its owner's channel, else to the stage's, where there is one."""
        channel = self._settings.owners.get(message.owner, self._settings.slack)
        if channel and (message.project, message.stage) == (self._settings.project, self._settings.stage):
            self.post(message, channel)
            say(f"told: {message.title} ({channel})")

    def post(self, message: Message, channel: str) -> None:
        """Gives a channel a message; with the token as it is now, where Slack does not know the one of before."""
        before = self._token
        why = self._answer(message, channel, before or self._read())
        if why in INVALID_TOKEN and before and self._read() != before:
            why = self._answer(message, channel, self._token)
        if why:
            raise SlackError(why)

    def _answer(self, message: Message, channel: str, token: str) -> str:
        """Why Slack does not take a message, empty if it does; it answers 200 also where it refuses."""
        base = os.environ.get("BATCHWRIGHT_SLACK_URL", "https://slack.com")
        data = json.dumps(slack(message, channel), ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
        url = f"{base}/api/chat.postMessage"
        request = urllib.request.Request(url, data, headers, method="POST")  # noqa: S310 - https, or what a test names
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310 - likewise
                answer = object_or_empty(response.read(LONGEST).decode(errors="replace"))
        except urllib.error.HTTPError as error:
            return "invalid_auth" if error.code in (401, 403) else f"HTTP {error.code}"
        except (OSError, ValueError, http.client.HTTPException) as error:
            return str(getattr(error, "reason", "") or error) or type(error).__name__
        if answer.get("ok") is True:
            return ""
        return str(answer.get("error") or "an answer that does not come from Slack")[:200]

    def _read(self) -> str:
        """Reads the token."""
        secret, _, field = self._settings.token.partition("#")
        try:
            text = str(self._call("secretsmanager", "get_secret_value", SecretId=secret).get("SecretString", ""))
            self._token = str(json.loads(text)[field] if field else text).strip()
        except CallError as error:
            raise SlackError(f"the secret {secret} cannot be read: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise SlackError(f"the secret {secret} has no field {field}") from error
        return self._token
