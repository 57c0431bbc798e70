"""Texts of JSONata expressions, as Step Functions takes them. Pure.

Step Functions user guide, "Transforming data with JSONata in Step Functions" (2026-11): an expression stands between
``{%`` and ``%}``, and one that is undefined fails its state. A line break in it is refused by the validator.
"""

import json
from collections.abc import Sequence
from typing import Any

NOW = "$toMillis($states.context.State.EnteredTime)"
"""When the state was entered, in milliseconds since 1970."""

MILLISECONDS = "function($at) { $type($at) = 'string' ? $toMillis($at) : $at < 100000000000 ? $at * 1000 : $at }"
"""A moment in milliseconds: calls through the SDK give text, ``.sync`` gives a number, of seconds or milliseconds."""


def expression(text: str) -> str:
    """An expression as the value of a field."""
    return "{% " + " ".join(text.split()) + " %}"


def literal(value: Any) -> str:  # noqa: ANN401 - any JSON
    """A constant in an expression. JSON is JSONata; its texts hold no character that ends the expression."""
    return json.dumps(value, ensure_ascii=True).replace("%}", "%\\u007d")


def block(*statements: str) -> str:
    """Statements, the last of which is the value."""
    return f"( {'; '.join(statements)} )"


def either(choices: Sequence[tuple[str, str]], otherwise: str) -> str:
    """The value of the first condition that holds.

    Args:
        choices: Pairs of condition and value.
        otherwise: The value where none holds.
    """
    return " ".join([*(f"{condition} ? {value} :" for condition, value in choices), otherwise])


def or_else(path: str, otherwise: str = "''") -> str:
    """A path's value, or another where it leads to nothing."""
    return f"($exists({path}) ? {path} : {otherwise})"
