"""Values of a template that follow from its conditions: ``Fn::If``. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

NO_VALUE = "<AWS::NoValue>"
"""What is written for a value that is left out."""
_MOST = 6
"""Conditions in one value whose outcomes are told apart: 64 ways. With more of them the value stays a text."""


@dataclass(frozen=True, slots=True, order=True)
class Outcome:
    """What has come of a condition of a template.

    Attributes:
        condition: Its name.
        holds: Whether it holds.
    """

    condition: str
    holds: bool

    def __str__(self) -> str:
        """``IsProduction holds``."""
        return f"{self.condition} {'holds' if self.holds else 'does not hold'}"


Where = frozenset[Outcome]
"""The outcomes on which something is in a template."""
ALWAYS: Where = frozenset()


def only(where: Where) -> str:
    """`` only if IsProduction holds``; empty for always."""
    return f" only if {' and '.join(map(str, sorted(where)))}" if where else ""


class Choice(str):
    """``Fn::If`` as text, which knows its parts.

    Attributes:
        condition: The name of the template's condition.
        yes: The value where it holds.
        no: The value where it does not.
    """

    __slots__ = ("condition", "no", "yes")

    condition: str
    yes: Any
    no: Any

    @classmethod
    def of(cls, text: str, condition: str, yes: Any, no: Any) -> "Choice":  # noqa: ANN401 - JSON
        """Makes one."""
        made = cls(text)
        made.condition, made.yes, made.no = condition, yes, no
        return made


def items(value: Any, where: Where = ALWAYS) -> Iterator[tuple[Any, Where]]:  # noqa: ANN401 - JSON
    """What is in a list, or a value by itself, and where each is there. What is left out everywhere is not given."""
    if isinstance(value, Choice):
        for holds, branch in ((True, value.yes), (False, value.no)):
            found = Outcome(value.condition, holds)
            if Outcome(value.condition, not holds) not in where:
                yield from items(branch, where | {found})
    elif isinstance(value, list):
        for one in value:
            yield from items(one, where)
    elif value is not None and value != NO_VALUE:
        yield value, where


def settled(value: Any, where: Where = ALWAYS) -> Iterator[tuple[Any, Where]]:  # noqa: ANN401 - JSON
    """A value without choices, once for each way in which the conditions in it may come out, and where it is so."""
    taken = _taken(value, {one.condition: one.holds for one in where})
    condition = next(_conditions(taken), None)
    if condition is None or len(where) >= _MOST:
        yield taken, where
        return
    for holds in (True, False):
        yield from settled(taken, where | {Outcome(condition, holds)})


def _conditions(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(value, Choice):
        yield value.condition
    elif isinstance(value, list | Mapping):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _conditions(one)


def _taken(value: Any, known: Mapping[str, bool]) -> Any:  # noqa: ANN401 - JSON
    """A value in which conditions that are known have come out, and without what is left out then."""
    if isinstance(value, Choice):
        return _taken(value.yes if known[value.condition] else value.no, known) if value.condition in known else value
    if isinstance(value, list):
        return [each for one in value for each in _spread(one, _taken(one, known)) if each != NO_VALUE]
    if isinstance(value, Mapping):
        pairs = ((key, _taken(one, known)) for key, one in value.items())
        return {key: one for key, one in pairs if one != NO_VALUE}
    return value


def _spread(before: Any, after: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """What an item of a list becomes: a choice may stand for several."""
    return after if isinstance(before, Choice) and isinstance(after, list) else [after]
