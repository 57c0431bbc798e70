"""What a batch's file marks as known to a deployment alone, where it says enough to be told apart. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from batchwright_runner.contract.access import Grant
from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.workbench.diff.conditional import both_ways, rules_of
from batchwright_runner.workbench.diff.rules import Rule
from batchwright_runner.workbench.diff.template import Place, Resolver

_IF = "Fn::If"


def rules_granted(grants: Iterable[Grant], place: Place) -> list[Rule]:
    """The rules of what a batch's file says is granted.

    Args:
        grants: The grants.
        place: Where the batch is deployed.
    """
    return both_ways(
        rule for one in grants for rule in rules_of(with_choices(one.statement, place), at=one.at, reason=one.reason)
    )


def with_choices(value: Any, place: Place) -> Any:  # noqa: ANN401 - JSON
    """A value of a batch's file, with each ``Fn::If`` that it marks as the choice that it is.

    Args:
        value: The value.
        place: Where the batch is deployed.
    """
    if isinstance(value, list):
        return [with_choices(one, place) for one in value]
    if not isinstance(value, Mapping):
        return value
    function, _, argument = unresolved(value).partition(" ")
    if function == _IF:
        try:
            return Resolver({}, place)({_IF: json.loads(argument)})
        except ValueError:
            return value
    return {key: with_choices(one, place) for key, one in value.items()}
