"""What a stage's alerts get from the stack that makes them: the stage, the topic, and whom Slack tells. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Self

from batchwright_runner.contract.alerting.ask import LINES
from batchwright_runner.contract.json_text import compact, json_object

VARIABLE = "BATCHWRIGHT_ALERTS"
"""The environment variable of the functions that holds these settings as JSON."""
ENVIRONMENT_LIMIT = 4096
"""Bytes of all variables of a function (AWS Lambda developer guide, "Lambda quotas", 2026-11)."""


class SettingsError(ValueError):
    """The text holds no settings: it is not a JSON object, or lacks a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """The settings."""

    project: str
    stage: str
    region: str
    account: str
    cluster: str
    table: str
    # ARN of the topic of messages
    topic: str
    # URL of the queue of what could not be treated. Default: there is none.
    dead_letters: str = ""
    # The zone of the times in messages. Default: UTC.
    timezone: str = ""
    # Log lines in a message, where a batch declares no number
    lines: int = LINES
    metrics: bool = True
    # The stage's Slack channel. Default: there is none.
    slack: str = ""
    # Name or ARN of the secret that holds the bot's token; with ``#FIELD`` for a field of a JSON object
    token: str = ""
    # Owner that is told in a place of its own to the Slack channel there; empty for no Slack
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """How the names of the stage's resources begin."""
        return f"{self.project}-{self.stage}"

    @property
    def channels(self) -> list[str]:
        """All Slack channels, each once."""
        return [channel for channel in dict.fromkeys((self.slack, *self.owners.values())) if channel]

    def to_json(self) -> str:
        """The form in which a function gets them."""
        return compact(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads that form; fields that are not known are passed over."""
        try:
            data = json_object(text)
            return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{VARIABLE} cannot be read: {error}") from error
