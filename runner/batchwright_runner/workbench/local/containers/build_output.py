"""What an engine prints of a build or a pull, and how that has ended. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_LINES = 15
_STEP = re.compile(r"^(?:\[\d+/\d+\] )?step \d+(?:/\d+)? ?: *(.*)$", re.IGNORECASE)
_NOT_TO_BE_HAD = re.compile(
    r"no such host|dial tcp|connection refused|i/o timeout|deadline exceeded|pull access denied|manifest unknown"
    r"|toomanyrequests|pinging container registry|error getting credentials|network is unreachable|TLS handshake"
    r"|failed to resolve source metadata",
    re.IGNORECASE,
)
"""What engines say when a registry, or an image in it, cannot be reached."""


@dataclass(frozen=True, slots=True)
class Built:
    """How a build, or a pull, has ended.

    Attributes:
        error: Why it failed; empty when it did not.
        step: The instruction it was at.
        lines: What it said.
    """

    error: str
    step: str
    lines: Sequence[str]

    @property
    def unavailable(self) -> bool:
        """Whether it failed for an image it begins with, and not for what the Dockerfile does."""
        words = self.step.split()
        fetches = bool(words) and (words[0].upper() == "FROM" or "--from=" in self.step)
        return bool(self.error) and (fetches or (not words and bool(_NOT_TO_BE_HAD.search(self.error))))


def read_progress(events: Iterator[Mapping[str, Any]]) -> Built:
    """Reads what an engine says of a build or a pull to its end."""
    error = step = ""
    lines: list[str] = []
    for event in events:
        for line in str(event.get("stream") or "").splitlines():
            if line.strip():
                lines.append(line.rstrip())
                found = _STEP.match(line.strip())
                step = found[1] if found else step
        del lines[: -10 * SHOWN_LINES]
        if event.get("error"):
            error = str((event.get("errorDetail") or {}).get("message") or event["error"]).strip()
    return Built(error, step, tuple(lines))
