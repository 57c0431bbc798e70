"""The beginning of a machine: what the execution was given, checked, and the variables of all other states. Pure."""

import re
from typing import Any

from batchwright.automation import judgment
from batchwright.automation.facts import MachineFacts
from batchwright.automation.jsonata import END, among, block, expression, literal, or_else
from batchwright_runner.contract.options import COMMAND, SCHEDULED, STARTED_BY, RunOption
from batchwright_runner.contract.verdicts import Row, name

FIRST = "Begin"
_WRONG = "The input is wrong"

_BREAK = r"/[\u0000\n-\r\u001c-\u001e\u0085\u2028\u2029]/"
"""What a text of one line does not hold, as the runner takes it: where Python breaks lines, and NUL."""
LONGEST = 64
"""Characters of ``scheduled``: ISO 8601 with an offset has 25."""


def states(facts: MachineFacts, *, following: str) -> dict[str, dict[str, Any]]:
    """The states.

    Args:
        facts: The batch.
        following: The state after them.
    """
    return {
        FIRST: {
            "Type": "Pass",
            "Assign": {
                "run": expression("$states.context.Execution.Name"),
                "problem": expression(_problem(facts)),
                "attempt": 1,
                "retried": 0,
                "failedStarts": 0,
                "refusals": 0,
                "tasks": [],
                "reasons": judgment.rules(),
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
        "Take the input": {
            "Type": "Pass",
            "Assign": {
                "scheduled": expression(or_else(f"$states.input.{SCHEDULED}")),
                "command": expression(_command(facts)),
                "options": expression(_options(facts)),
            },
            "Next": following,
        },
    }


def _command(facts: MachineFacts) -> str:
    return f"($exists($states.input.{COMMAND}) ? [$states.input.{COMMAND}] : [])" if facts.command else "[]"


def _options(facts: MachineFacts) -> str:
    """What was given of the declared options, as variables. A blank one is as none."""
    names = literal([option.name for option in facts.manifest.options])
    given = "$keys($given)[$ in $names and $trim($lookup($given, $)) != '']"
    return block(
        "$given := $states.input",
        f"$names := {names}",
        f"[[{given}].{{ 'Name': $, 'Value': $lookup($given, $) }}]",
    )


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


def _problem(facts: MachineFacts) -> str:
    """What is wrong with the input; empty where nothing is."""
    options = facts.manifest.options
    allowed = [SCHEDULED, *([COMMAND] if facts.command else []), *(option.name for option in options)]
    unknown = f"[$keys($given)[$not{among('$', [*allowed, STARTED_BY])}]]"
    lone = f"$type($given.{SCHEDULED}) != 'string' or $length($given.{SCHEDULED}) > {LONGEST}"
    texts = f"$count([$given.{COMMAND}[$type($) != 'string']]) = 0 and $count($given.{COMMAND}) > 0"
    words = f"$not($type($given.{COMMAND}) = 'array' and {texts})"
    rules = [
        ("$type($given) != 'object'", literal("the input is not an object")),
        (
            "$count($unknown) > 0",
            f"'the input has ' & $join($unknown, ', ') & {literal(': allowed are ' + ', '.join(allowed))}",
        ),
        (
            f"$exists($given.{SCHEDULED}) and ({lone})",
            literal(
                f"{SCHEDULED} is not a time: allowed is ISO 8601 with an offset, such as 2026-11-25T02:30:00+09:00"
            ),
        ),
    ]
    if facts.command:
        rules.append(
            (
                f"$exists($given.{COMMAND}) and ({words})",
                literal(f"{COMMAND} is not a list of texts: allowed is such as {json_example()}"),
            )
        )
    for option in options:
        expected = ", ".join(option.values) or (f"what matches {option.pattern}" if option.pattern else "one line")
        wrong = literal(f"{option.name} is not allowed: allowed is {expected}")
        rules.append((_wrong_option(option), wrong))
    chain = " : ".join(f"{condition} ? {text}" for condition, text in rules) + " : ''"
    return block("$given := $states.input", f"$unknown := $type($given) = 'object' ? {unknown} : []", f"({chain})")


def json_example() -> str:
    """A command as JSON writes it."""
    return '["python", "-m", "report"]'
