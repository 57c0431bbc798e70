"""What Copilot fills into a manifest where it says ``${NAME}``. Pure.

Two names are Copilot's own, and all others are variables of the shell in which somebody deployed (aws/copilot-cli,
internal/pkg/manifest/interpolate.go, 2026-11).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from batchwright_runner.workbench.moving.found import Left
from batchwright_runner.workbench.moving.sources import SourceTable, as_text

_NAME = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)\}")
_ADVICE = "Copilot took it from the shell that deployed: write its value"


@dataclass(frozen=True, slots=True)
class CopilotNames:
    """Copilot's own names.

    Attributes:
        application: The application; empty where it is not known.
        environment: The environment.
    """

    application: str
    environment: str

    def fill(self, text: str) -> str:
        """A text with the names that are known."""
        own = {"COPILOT_ENVIRONMENT_NAME": self.environment, "COPILOT_APPLICATION_NAME": self.application}
        return _NAME.sub(lambda match: own.get(match["name"]) or match[0], text)

    def knows(self, text: str) -> bool:
        """Whether all that a text asks for is known."""
        return _NAME.search(self.fill(text)) is None

    def unknown(self, value: object, field: str) -> Iterator[Left]:
        """Each text below a field that asks for more than is known; a list is one, as it is written.

        Args:
            value: What the manifest says.
            field: The field.
        """
        if isinstance(value, SourceTable):
            for key, inner in value.items():
                yield from self.unknown(inner, f"{field}.{key}")
        elif not self.knows(as_text(value)):
            yield Left(field, as_text(value), _ADVICE)
