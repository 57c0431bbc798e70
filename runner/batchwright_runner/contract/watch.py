"""The record of what is watched of a batch: when it is due, who starts it, how long it usually takes at most. Pure.

The batch's stack makes it, ``/{project}/{stage}/watch/{batch}``, where there is something to watch; the runner and the
stage's alerts function read it, so that neither needs the project. Readers ignore fields that they do not know.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from batchwright_runner.contract.json_text import compact, filled, parsed, positive


class WatchError(ValueError):
    """A text that is no such record: it is not a JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is watched of a batch. All fields have defaults: where nothing is watched there is no record."""

    # When it is due: the five fields of a crontab and a time zone, ``30 2 * * MON-FRI Asia/Tokyo``. Default: it has no
    # schedule.
    schedule: str = ""
    # Who starts it then: ``aws``, ``rundeck``. Default: nobody.
    scheduler: str = ""
    # How long a run usually takes at most, in seconds. Default: 0, not known.
    expected_seconds: int = 0
    # Seconds after a due time within which AWS starts it at some moment. Default: 0, at once.
    window_seconds: int = 0
    # What the batch asks of the stage's alerts, as their function reads it. Default: what the stage says.
    alerts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def says_something(self) -> bool:
        """Whether there is something to watch. Who starts a batch says nothing without a schedule."""
        return bool(self.schedule or self.expected_seconds or self.alerts)

    def to_dict(self) -> dict[str, Any]:
        """Its fields, without what is empty."""
        return filled(self)

    def to_json(self) -> str:
        """The form in which it is kept: ASCII JSON."""
        return compact(filled(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads that form. A field that cannot be read is as one that is not there."""
        try:
            data = parsed(text)
        except ValueError as error:
            raise WatchError(f"it is not JSON: {error}") from error
        return cls.from_dict(data)

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Reads its fields."""
        if not isinstance(data, Mapping):
            raise WatchError("it is not a JSON object")
        texts = {name: data[name] for name in ("schedule", "scheduler") if isinstance(data.get(name), str)}
        alerts = data.get("alerts")
        return cls(
            **texts,
            expected_seconds=positive(data.get("expected_seconds")),
            window_seconds=positive(data.get("window_seconds")),
            alerts=alerts if isinstance(alerts, Mapping) else {},
        )
