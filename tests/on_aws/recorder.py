"""A plugin of pytest: writes down what the tests ask of the kit's IAM and of moto's EventBridge, with the answers."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ASKED = "BATCHWRIGHT_TRIAL_ASKED"
"""The variable that names the file."""
REQUESTS: list[list[Any]] = []
DELIVERIES: list[list[Any]] = []


def pytest_configure() -> None:
    """Listens, before any test has taken the functions for itself."""
    from moto.events.models import EventPattern

    from tests.kit import iam

    judged, matched = iam.allowed, EventPattern.matches_event

    def allowed(
        statements: Iterable[iam.Statement], action: str, resource: str = "*", context: iam.Context | None = None
    ) -> bool:
        listed, known = list(statements), {key: value for key, value in (context or {}).items() if value is not None}
        answer = judged(listed, action, resource, context)
        REQUESTS.append([listed, action, resource, known, answer])
        return answer

    def matches_event(self: EventPattern, event: Any) -> bool:  # noqa: ANN401 - JSON
        answer: bool = matched(self, event)
        DELIVERIES.append([self.get_pattern(), event, answer])
        return answer

    iam.allowed = allowed
    EventPattern.matches_event = matches_event  # type: ignore[method-assign] # that is what it is here for


def pytest_sessionfinish() -> None:
    """Writes the file."""
    written = json.dumps({"requests": REQUESTS, "deliveries": DELIVERIES})
    Path(os.environ[ASKED]).write_text(written, encoding="utf-8")
