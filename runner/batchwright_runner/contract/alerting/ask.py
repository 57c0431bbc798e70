"""What a batch asks of its stage's alerts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from batchwright_runner.contract.last import KEPT

LINES = 10
"""Log lines of a message where nothing else was declared."""
MOST_LINES = 20
MOST_FAILURES = KEPT
"""A row of failures that may be waited for: what is kept of a batch is its last twenty runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a batch asks; the field ``alerts`` of its record ``watch``."""

    # Whether no message is sent about it. Its ends are kept and counted all the same. Default: false.
    off: bool = False
    # How many runs in a row must have failed. Default: 1.
    after_failures: int = 1
    # Log lines of a message. Default: as the stage says.
    lines: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Its fields, without the defaults."""
        fields: dict[str, Any] = {"off": True} if self.off else {}
        fields |= {"after_failures": self.after_failures} if self.after_failures > 1 else {}
        return fields | ({} if self.lines is None else {"lines": self.lines})

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Reads them; what cannot be read is as what is not there."""
        after, lines = data.get("after_failures"), data.get("lines")
        return cls(
            off=data.get("off") is True,
            after_failures=after if isinstance(after, int) and after in range(1, MOST_FAILURES + 1) else 1,
            lines=lines if isinstance(lines, int) and lines in range(MOST_LINES + 1) else None,
        )
