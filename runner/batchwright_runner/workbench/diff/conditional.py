"""The rules of statements, which may follow from conditions of a template. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from batchwright_runner.workbench.diff.choices import ALWAYS, Outcome, Where, settled
from batchwright_runner.workbench.diff.rules import IF, Rule, Test, rule_of

_HOLDS = {True: frozenset({"true"}), False: frozenset({"false"})}


def rules_of(
    statement: Any,  # noqa: ANN401 - JSON
    where: Where = ALWAYS,
    at: str = "",
    reason: str = "",
) -> Iterator[Rule]:
    """Reads a statement: one rule for each way in which the template's conditions in it may come out.

    Args:
        statement: The statement; a text where only a deployment knows it.
        where: Where the template has it.
        at: The line that granted it.
        reason: The reason that the declaration gives.
    """
    known = statement if isinstance(statement, dict) else {"Action": statement}
    for plain, held in settled(known, where):
        rule = rule_of(plain, at, reason)
        yield replace(rule, tests=(*rule.tests, *map(_test, sorted(held))))


def both_ways(rules: Iterable[Rule]) -> list[Rule]:
    """The rules, without the conditions of the template on whose outcome nothing depends."""
    found = list(rules)
    always = [one for one in found if not any(_conditions(one))]
    parts = dict.fromkeys(_alone(part) for one in found if any(_conditions(one)) for part in one.parts())
    pair = next(_pairs(parts), None)
    while pair is not None:
        one, other, test = pair
        del parts[one], parts[other]
        parts[_without(one, test)] = None
        pair = next(_pairs(parts), None)
    return [*always, *parts]


def _pairs(parts: Iterable[Rule]) -> Iterator[tuple[Rule, Rule, Test]]:
    """Two that differ in the outcome of one condition alone, and the test of the first."""
    known = frozenset(parts)
    for one in parts:
        for test in _conditions(one):
            tests = tuple(_otherwise(each) if each == test else each for each in one.tests)
            other = replace(one, tests=tests)
            if other in known:
                yield one, other, test


def _test(outcome: Outcome) -> Test:
    return Test(IF, outcome.condition, _HOLDS[outcome.holds])


def _otherwise(test: Test) -> Test:
    return replace(test, values=_HOLDS[test.values != _HOLDS[True]])


def _conditions(rule: Rule) -> Iterator[Test]:
    return (one for one in rule.tests if one.operator == IF)


def _without(rule: Rule, test: Test) -> Rule:
    return replace(rule, tests=tuple(one for one in rule.tests if one != test))


def _alone(part: Rule) -> Rule:
    """A part with the spelling of its own actions."""
    return replace(part, spelled=tuple(pair for pair in part.spelled if pair[0] in part.actions.patterns))
