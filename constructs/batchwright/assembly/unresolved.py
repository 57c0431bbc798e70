"""Values that only a deployment knows, seen from a synthesis.

`evaluate` computes what CloudFormation's functions mean where the parts are known, and marks the rest. Pure: it works
on the plain data that ``Stack.resolve`` gives.
"""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Token

from batchwright_runner.contract.batch_file import PLUS, is_marked, mark, unresolved

_UNRESOLVED = "Fn::Unresolved"
REFERENCE = "{{resolve:"
"""How a dynamic reference begins, which CloudFormation replaces in any text."""


def unresolved_token(what: str) -> str:
    """A string that stands for a value which is not known on this machine; it must not reach a deployment."""
    return Token.as_string({_UNRESOLVED: what})


def evaluate(value: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """The value with every function of CloudFormation computed, or marked where a part of it is not known.

    `known`: what ``Ref``s mean: pseudo parameter or logical id to value.
    Returns the same data; in the place of a function its value, or ``{"unresolved": "what it is"}``.
    """
    if isinstance(value, list):
        return [evaluate(element, known) for element in value]
    if not isinstance(value, dict):
        return mark(value) if isinstance(value, str) and REFERENCE in value else value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Ref":
            return known.get(argument, mark(f"Ref {argument}"))
        if name == "Fn::Join":
            return _join(argument, known)
        if name == "Fn::Sub" and isinstance(argument, str) and "${" not in argument:
            return argument
        if name == _UNRESOLVED:
            return mark(argument)
        if name == "Fn::GetAtt":
            return mark(".".join(argument) if isinstance(argument, list) else str(argument))
        if name.startswith("Fn::"):
            return mark(f"{name} {json.dumps(argument, separators=(',', ':'))}")
    return {name: evaluate(element, known) for name, element in value.items()}


def _join(argument: Any, known: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    separator, parts = argument
    values = evaluate(parts, known)
    if not isinstance(values, list):
        return mark(f"Fn::Join {json.dumps(argument, separators=(',', ':'))}")
    marks = [unresolved(value) for value in values if is_marked(value)]
    if len(marks) == 1 and is_marked(values[0]) and not separator:
        # What is inside of something: the objects of a bucket are not the bucket.
        return mark(PLUS.join([marks[0], *(["".join(map(str, values[1:]))] if values[1:] else [])]))
    return mark(", ".join(marks)) if marks else separator.join(str(value) for value in values)
