"""What Copilot fills into a manifest where it says ``${NAME}``. Pure.

Two names are Copilot's own, and all others are variables of the shell in which somebody deployed (aws/copilot-cli,
internal/pkg/manifest/interpolate.go, 2026-11).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from batchwright_runner.workbench.moving.found import Left
from batchwright_runner.workbench.moving.sources import SourceTable, as_text

_NAME = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)\}")
_ADVICE = "Copilot took it from the shell that deployed: write its value"


def filled(value: Any, own: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever a manifest holds
    """A value of a manifest with Copilot's own names filled in; a text that asks for others too stays as it is.

    Args:
        value: The value.
        own: Copilot's own names.
    """
    if isinstance(value, SourceTable):
        table = SourceTable(value.place)
        table.lines.update(value.lines)
        table.update((key, filled(inner, own)) for key, inner in value.items())
        return table
    if isinstance(value, list):
        return [filled(inner, own) for inner in value]
    whole = _NAME.sub(lambda match: own.get(match["name"]) or match[0], value or "")
    return whole if value and is_known(whole) else value


def is_known(text: str) -> bool:
    """Whether a text that was filled in asks for nothing more."""
    return _NAME.search(text) is None


def unknown(value: object, field: str) -> Iterator[Left]:
    """Each text below a field that asks for more than is known; a list is one, as it is written.

    Args:
        value: What the manifest says.
        field: The field.
    """
    if isinstance(value, SourceTable):
        for key, inner in value.items():
            yield from unknown(inner, f"{field}.{key}")
    elif not is_known(as_text(value)):
        yield Left(field, as_text(value), _ADVICE)
