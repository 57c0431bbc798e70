"""The beginning of a machine: what the execution was given, checked, and the variables of all other states. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from batchwright.workflows.jsonata import END, among, block, expression, literal
from batchwright_runner.contract.options import SCHEDULED, STARTED_BY, RunOption
from batchwright_runner.contract.variables import SCHEDULED_DATE
from batchwright_runner.contract.verdicts import Row, name

FIRST = "Begin"
_WRONG = "The input is wrong"

_BREAK = r"/[\u0000\n-\r\u001c-\u001e\u0085\u2028\u2029]/"
"""What a text of one line does not hold, as the runner takes it: where Python breaks lines, and NUL."""
LONGEST = 64
"""Characters of ``scheduled``: ISO 8601 with an offset has 25."""
TEXTS = "$count({0}[$type($) != 'string']) = 0"
"""Whether what is in a list are texts."""
_OF_A_STEP = f"$exists($states.input.{SCHEDULED_DATE})"
"""Whether a workflow has started it, which alone says the day. Keys that are not known are then passed over, as what
the workflow knows may be older; and no other run for the same due time is looked for, as each step is to run."""


def checked(run: str, wrong: str, taken: dict[str, Any], *, following: str) -> dict[str, dict[str, Any]]:
    """The states that check the input, and take of it what later states need."""
    return {
        FIRST: {
            "Type": "Pass",
            "Assign": {
                "run": expression(run),
                "problem": expression(wrong),
                "attempt": 1,
                "end": expression(f"{{ 'name': {literal(name(Row.NO_RESULT, 0))}, 'why': 'nothing was started' }}"),
            },
            "Next": "Is the input right?",
        },
        "Is the input right?": {
            "Type": "Choice",
            "Choices": [{"Condition": expression("$problem != ''"), "Next": _WRONG}],
            "Default": "Take the input",
        },
        _WRONG: {"Type": "Fail", "Error": name(Row.USAGE, 0), "Cause": expression("$problem")},
        "Take the input": {"Type": "Pass", "Assign": taken, "Next": following},
    }


def _wrong_option(option: RunOption) -> str:
    """Whether an option's value is not allowed, as a condition on ``$given``."""
    value = f"$given.{option.name}"
    if option.values:
        fits = f"{value} in {literal(list(option.values))}"
    elif option.pattern:
        pattern = re.sub(r"(?<!\\)((?:\\\\)*)/", r"\1\\/", option.pattern)
        fits = f"$contains({value}, /^(?:{pattern}){END}/)"
    else:
        fits = f"$not($contains({value}, {_BREAK}))"
    text = f"$type({value}) = 'string'"
    return f"$exists({value}) and $not({text} ? $trim({value}) = '' or {fits} : false)"


def problem(options: Sequence[RunOption], more: Sequence[tuple[str, str, str]] = ()) -> str:
    """What is wrong with the input, as an expression; empty where nothing is.

    `more`: Other keys that may be given: each with a condition on ``$given.KEY`` that is true of a wrong value, and the
    message for that.
    """
    allowed = [SCHEDULED, *(key for key, *_ in more), *(option.name for option in options)]
    unknown = f"[$keys($given)[$not{among('$', [*allowed, STARTED_BY])}]]"
    lone = f"$type($given.{SCHEDULED}) != 'string' or $length($given.{SCHEDULED}) > {LONGEST}"
    rules = [
        ("$type($given) != 'object'", literal("the input is not an object")),
        (
            f"$not({_OF_A_STEP}) and $count($unknown) > 0",
            f"'the input has ' & $join($unknown, ', ') & {literal(': allowed are ' + ', '.join(allowed))}",
        ),
        (
            f"$exists($given.{SCHEDULED}) and ({lone})",
            literal(
                f"{SCHEDULED} is not a time: allowed is ISO 8601 with an offset, such as 2026-11-25T02:30:00+09:00"
            ),
        ),
        *((f"$exists($given.{key}) and ({wrong})", literal(f"{key} {fault}")) for key, wrong, fault in more),
    ]
    for option in options:
        expected = ", ".join(option.values) or (f"what matches {option.pattern}" if option.pattern else "one line")
        wrong = literal(f"{option.name} is not allowed: allowed is {expected}")
        rules.append((_wrong_option(option), wrong))
    chain = " : ".join(f"{condition} ? {text}" for condition, text in rules) + " : ''"
    return block("$given := $states.input", f"$unknown := $type($given) = 'object' ? {unknown} : []", f"({chain})")
