"""What a stage's alerts get from the stack that makes them: the stage, its channels, and who owns what. Pure."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from batchwright_runner.contract.json_text import filled
from batchwright_runner.contract.notices.rules import LINES

VARIABLE = "BATCHWRIGHT_ALERTS"
"""The environment variable of the function that holds these settings as JSON."""
ENVIRONMENT_LIMIT = 4096
"""Bytes of all variables of a function (AWS Lambda developer guide, "Lambda quotas", 2026-11)."""


class SettingsError(ValueError):
    """The text holds no settings: it is not a JSON object, or lacks a field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsChannel:
    """A channel over HTTPS: Slack or Datadog."""

    # Slack's channel, or Datadog's site
    to: str
    # Name or ARN of the secret that holds the token or the key
    secret: str
    # The field of a secret that is a JSON object. Default: the whole secret.
    field: str = ""
    # What is sent there. Default: all.
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who gets the messages of an owner's batches, in place of the stage's people."""

    # The Slack channel. Default: the stage's.
    channel: str = ""
    # What is sent. Default: as the stage's channels say.
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who receives what, as a stage declares it."""

    # ARN of the SNS topic, or ``ssm:/NAME`` of a parameter that holds it. Default: there is none.
    topic: str = ""
    # What is published to it. Default: all.
    kinds: tuple[str, ...] = ()
    # The Slack channel. Default: there is none.
    slack: HttpsChannel | None = None
    # Datadog. Default: there is none.
    datadog: HttpsChannel | None = None
    # Owner to who gets the messages of their batches. Default: the stage's people get all.
    owners: Mapping[str, Owner] = field(default_factory=dict)
    # Log lines in a message, where a batch declares no number
    lines: int = LINES
    metrics: bool = True
    # Whether a runner that was stopped while no one sat at it is reported
    stopped: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings(Telling):
    """The settings."""

    project: str
    stage: str
    region: str
    account: str
    cluster: str
    table: str
    # The zone of the times in messages. Default: UTC.
    timezone: str = ""
    # URL of the queue of what could not be treated. Default: there is none.
    dead_letters: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its fields as plain data, without what is empty."""
        data = asdict(self) | {"owners": {name: filled(owner) for name, owner in self.owners.items()}}
        return {name: value for name, value in data.items() if value not in (None, "", (), {})}

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads JSON; fields that are not known are passed over."""
        try:
            return cls._of(json.loads(text))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise SettingsError(f"{VARIABLE} cannot be read: {type(error).__name__}: {error}") from error

    @classmethod
    def _of(cls, data: Mapping[str, Any]) -> Self:
        known: dict[str, Any] = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        services = {name: HttpsChannel(**_tuples(known[name])) for name in ("slack", "datadog") if known.get(name)}
        owners = {name: Owner(**_tuples(owner)) for name, owner in known.get("owners", {}).items()}
        return cls(**{**known, **services, "owners": owners, "kinds": tuple(known.get("kinds", ()))})

    @property
    def prefix(self) -> str:
        """How the names of the stage's resources begin."""
        return f"{self.project}-{self.stage}"


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "kinds": tuple(data.get("kinds", ()))}
