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
    """A channel over HTTPS: Slack or Datadog.

    Attributes:
        to: Slack's channel, or Datadog's site.
        secret: Name or ARN of the secret that holds the token or the key.
        field: The field of a secret that is a JSON object. Default: the whole secret.
        kinds: What is sent there. Default: all.
    """

    to: str
    secret: str
    field: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who gets the messages of an owner's batches, in place of the stage's people.

    Attributes:
        channel: The Slack channel. Default: the stage's.
        kinds: What is sent. Default: as the stage's channels say.
    """

    channel: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Who receives what, as a stage declares it.

    Attributes:
        topic: ARN of the SNS topic, or ``ssm:/NAME`` of a parameter that holds it. Default: there is none.
        kinds: What is published to it. Default: all.
        slack: The Slack channel. Default: there is none.
        datadog: Datadog. Default: there is none.
        owners: Owner to who gets the messages of their batches. Default: the stage's people get all.
        lines: Log lines in a message, where a batch declares no number.
        metrics: Whether CloudWatch gets the metrics.
        stopped: Whether a runner that was stopped while no one sat at it is reported.
    """

    topic: str = ""
    kinds: tuple[str, ...] = ()
    slack: HttpsChannel | None = None
    datadog: HttpsChannel | None = None
    owners: Mapping[str, Owner] = field(default_factory=dict)
    lines: int = LINES
    metrics: bool = True
    stopped: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings(Telling):
    """The settings.

    Attributes:
        project: Name of the project.
        stage: Name of the stage.
        region: Its region.
        account: Its account.
        cluster: Name of its cluster.
        timezone: The zone of the times in messages. Default: UTC.
        table: Name of the table.
        dead_letters: URL of the queue of what could not be treated. Default: there is none.
    """

    project: str
    stage: str
    region: str
    account: str
    cluster: str
    table: str
    timezone: str = ""
    dead_letters: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its fields as plain data, without what is empty."""
        data = asdict(self) | {"owners": {name: filled(owner) for name, owner in self.owners.items()}}
        return {name: value for name, value in data.items() if value not in (None, "", (), {})}

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads JSON; fields that are not known are passed over.

        Raises:
            SettingsError: It is not a JSON object, or a field is missing.
        """
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
