"""The record of a pause: who keeps a batch from being started, why, and until when. Pure.

The runner writes and reads it; a batch's machine reads it too. It is in SSM beside the stage's other records, where no
deployment touches it.
"""

from dataclasses import dataclass
from typing import Self

from batchwright_runner.contract.json_text import compact, filled, json_object
from batchwright_runner.contract.moments import moment, shown
from batchwright_runner.contract.values import LIMIT, without_references

REASON_LIMIT = 500
"""Characters that a reason may have: it is shown in one line, and in the failure of a machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A pause."""

    reason: str
    # The ARN of the caller who paused it. Default: not known.
    by: str = ""
    # When, as ISO 8601 in UTC. Default: not known.
    since: str = ""
    # When it ends by itself, as ISO 8601 in UTC. Default: it does not.
    until: str = ""

    def to_json(self) -> str:
        """The form in which it is kept: ASCII JSON, without what SSM would take for a reference."""
        return without_references(compact(filled(self)))

    @property
    def fits(self) -> bool:
        """Whether SSM keeps it: a character outside of ASCII takes six or twelve of `LIMIT`."""
        return len(self.to_json()) <= LIMIT

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Reads that form. Any other text is a pause without an end: nothing starts on a record that cannot be read."""
        try:
            data = json_object(text)
        except ValueError:
            return cls(reason=text)
        texts = {name: str(data[name]) for name in ("reason", "by", "since", "until") if data.get(name)}
        return cls(**{"reason": "no reason was given", **texts})

    def holds(self, now: float) -> bool:
        """Whether it has not ended by itself.

        `now`: Now, in seconds since 1970.
        """
        end = moment(self.until)
        return end is None or now < end

    @property
    def who(self) -> str:
        """Who did it, for people: the last part of the ARN."""
        return self.by.rpartition("/")[2] or self.by or "someone"

    def words(self) -> str:
        """Who, since when, until when and why: ``by alice since 2026-11-25 18:30 JST: …``."""
        since = f" since {shown(self.since)}" if self.since else ""
        by_hand = f"it is ended by hand ({self.until!r} is no time with an offset)"
        end = by_hand if moment(self.until) is None else shown(self.until)
        until = f", until {end}" if self.until else ""
        return f"by {self.who}{since}{until}: {self.reason}"
