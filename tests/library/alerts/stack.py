"""The stack of a stage with alerts."""

from functools import cache
from typing import Any

from batchwright.testing import Template
from tests.library.support import app, platform, stack, templates

HERE = "ap-northeast-1:111111111111"

SLACK = {"channel": "#batches", "token": "batches/slack#token"}

ALL = {
    "emails": ["sre@example.com"],
    "slack": SLACK,
    "owners": {"finance": {"slack": "#finance", "emails": ["finance@example.com"]}},
}


def made(alerts: dict[str, Any] | None = None, **arguments: Any) -> dict[str, Template]:  # noqa: ANN401 - any argument
    home = app()
    platform(stack(home, "platform"), alerts=ALL if alerts is None else alerts, **arguments)
    return templates(home)


@cache
def whole() -> dict[str, Template]:
    """A stage that has all that alerts have."""
    return made()


def alerts_stack(alerts: dict[str, Any] | None = None, **arguments: Any) -> Template:  # noqa: ANN401 - any argument
    return (made(alerts, **arguments) if alerts or arguments else whole())["batches-staging-alerts"]
