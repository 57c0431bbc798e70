"""What doctor found: one fact about this machine, this project or the way to AWS, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from batchwright_runner.host.settings.setting import Setting

State = Literal["ok", "warn", "fail", "unknown"]
"""``warn`` may be as it is meant; ``fail`` stops a verb; ``unknown`` could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding.

    Attributes:
        section: What it is about: ``settings``, ``machine``, ``aws``.
        name: What was looked at.
        state: How it is.
        text: What was found.
        remedy: What to do about it; empty for nothing.
        settings: The settings that it is about.
    """

    section: str
    name: str
    state: State
    text: str
    remedy: str = ""
    settings: Sequence[Setting] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        found: dict[str, Any] = {
            "section": self.section,
            "name": self.name,
            "state": self.state,
            "text": self.text,
            "remedy": self.remedy,
        }
        if self.settings:
            found["settings"] = [
                {
                    "name": one.name,
                    "value": one.value,
                    "source": one.source,
                    "overridden": [{"value": other.value, "source": other.source} for other in one.overridden],
                }
                for one in self.settings
            ]
        return found
