"""When a message is sent, as data and as a rule. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from batchwright_runner.contract.last import KEPT, Last, RecordedEnd, later

LINES = 10
"""Log lines of a message where nothing else was declared."""
MOST_LINES = 20
MOST_FAILURES = KEPT
"""A row of failures that may be waited for: what is kept of a batch is its last twenty runs."""
SLOW_FACTOR, SLOW_SECONDS = 2, 300
"""Longer than usual is at least twice as long, and five minutes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a batch asks of its stage's alerts; the field ``alerts`` of its record ``watch``."""

    # Whether no message is sent about it. Its ends are kept and counted all the same. Default: false.
    off: bool = False
    # How many runs in a row must have failed. Default: 1.
    after_failures: int = 1
    # Log lines of a message. Default: as the stage says.
    lines: int | None = None
    # The Slack channel. Default: the stage's.
    channel: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Its fields, without the defaults."""
        fields: dict[str, Any] = {"off": True} if self.off else {}
        fields |= {"after_failures": self.after_failures} if self.after_failures > 1 else {}
        fields |= {} if self.lines is None else {"lines": self.lines}
        return fields | ({"channel": self.channel} if self.channel else {})

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Reads them; what cannot be read is as what is not there."""
        after, lines, channel = data.get("after_failures"), data.get("lines"), data.get("channel")
        return cls(
            off=data.get("off") is True,
            after_failures=after if isinstance(after, int) and after in range(1, MOST_FAILURES + 1) else 1,
            lines=lines if isinstance(lines, int) and lines in range(MOST_LINES + 1) else None,
            channel=channel if isinstance(channel, str) else "",
        )


def message_kind(
    before: Last, after: Last, end: RecordedEnd, ask: Ask, *, expected_seconds: int = 0
) -> Literal["failed", "recovered", "slow", ""]:
    """The message that people get about an end; none for most.

    A failure causes one although another run has ended well since: that was not the same work.

    `expected_seconds`: how long a run usually takes at most, as the batch says; 0 where it does not.
    """
    if ask.off:
        return ""
    if not end.good:
        enough = ask.after_failures == 1 or after.failures >= ask.after_failures
        return "failed" if end.counts and enough else ""
    if before.failures >= ask.after_failures and later(end.ended, before.ended):
        return "recovered"
    usual = before.usual_seconds or 0
    longer = 0 < usual * SLOW_FACTOR < end.seconds and end.seconds - usual >= SLOW_SECONDS
    return "slow" if longer or 0 < expected_seconds < end.seconds else ""
