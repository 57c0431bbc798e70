"""Condition operators: a table, and a search for a value that passes one, and not another that is said to pass all."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.diff.operators import in_network, passes_all

DATES = ["2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z", "1798761600"]


@pytest.mark.parametrize(
    ("operator", "values", "other", "others", "expected"),
    [
        ("StringLike", ["a*"], "StringEquals", ["abc"], True),
        ("StringEquals", ["abc"], "StringLike", ["a*"], False),
        ("StringEquals", ["abc"], "StringLike", ["abc"], True),
        ("StringNotEquals", ["abc"], "StringNotLike", ["a*"], True),
        ("StringNotLike", ["a*"], "StringNotEquals", ["abc"], False),
        ("StringNotEquals", ["a"], "StringEquals", ["b"], False),
        ("StringEqualsIgnoreCase", ["ABC"], "StringEquals", ["abc"], True),
        ("ArnLike", ["arn:a*"], "ArnEquals", ["arn:a*"], True),
        ("ArnEquals", ["arn:a*"], "ArnLike", ["arn:ab"], True),
        ("Bool", ["true"], "Bool", ["True"], True),
        ("Null", ["true"], "Null", ["false"], False),
        ("NumericLessThan", ["20"], "NumericLessThan", ["10"], True),
        ("NumericLessThan", ["10"], "NumericLessThan", ["20"], False),
        ("NumericLessThan", ["10"], "NumericLessThanEquals", ["10"], False),
        ("NumericGreaterThanEquals", ["10.0"], "NumericGreaterThan", ["10"], True),
        ("NumericLessThan", ["10"], "NumericGreaterThan", ["1"], False),
        ("NumericLessThan", ["5", "20"], "NumericLessThan", ["10"], True),
        ("NumericLessThan", ["${x}"], "NumericLessThan", ["${x}"], True),
        ("NumericLessThan", ["${x}"], "NumericLessThan", ["1"], False),
        ("DateLessThan", [DATES[1]], "DateLessThan", [DATES[0]], True),
        ("DateLessThan", [DATES[2]], "DateLessThanEquals", [DATES[1]], False),
        ("DateLessThanEquals", [DATES[2]], "DateLessThan", [DATES[1]], True),
        ("DateGreaterThan", [DATES[1]], "DateGreaterThan", [DATES[0]], False),
        ("IpAddress", ["10.0.0.0/8"], "IpAddress", ["10.1.0.0/16"], True),
        ("IpAddress", ["10.1.0.0/16"], "IpAddress", ["10.0.0.0/8"], False),
        ("NotIpAddress", ["10.1.0.0/16"], "NotIpAddress", ["10.0.0.0/8"], True),
        ("StringEqualsIfExists", ["a"], "StringEquals", ["a"], True),
        ("StringEquals", ["a"], "StringEqualsIfExists", ["a"], False),
        ("ForAnyValue:StringLike", ["a*"], "ForAnyValue:StringEquals", ["ab"], True),
        ("ForAnyValue:StringEquals", ["a"], "ForAllValues:StringEquals", ["a"], False),
        ("StringEquals", ["a"], "NumericEquals", ["a"], False),
    ],
)
def test_what_passes(operator: str, values: list[str], other: str, others: list[str], expected: bool) -> None:
    assert passes_all(operator, frozenset(values), other, frozenset(others)) is expected


TEXTS = ["a", "A", "ab", "b"]
NUMBERS = ["1", "2", "3"]
ADDRESSES = ["10.0.0.1", "10.1.0.1", "11.0.0.1"]
Operator = tuple[Callable[[str, str], bool], list[str], list[str]]
OPERATORS: dict[str, Operator] = {
    "StringEquals": (lambda value, one: value == one, TEXTS, [*TEXTS]),
    "StringLike": (lambda value, one: _like(one, value), TEXTS, [*TEXTS, "a*", "?"]),
    "StringEqualsIgnoreCase": (lambda value, one: value.lower() == one.lower(), TEXTS, TEXTS),
    "NumericEquals": (lambda value, one: float(value) == float(one), NUMBERS, NUMBERS),
    "NumericLessThan": (lambda value, one: float(value) < float(one), NUMBERS, NUMBERS),
    "NumericLessThanEquals": (lambda value, one: float(value) <= float(one), NUMBERS, NUMBERS),
    "NumericGreaterThan": (lambda value, one: float(value) > float(one), NUMBERS, NUMBERS),
    "NumericGreaterThanEquals": (lambda value, one: float(value) >= float(one), NUMBERS, NUMBERS),
    "IpAddress": (in_network, ADDRESSES, [*ADDRESSES, "10.0.0.0/16", "10.0.0.0/8"]),
}
NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "NumericNotEquals": "NumericEquals",
    "NotIpAddress": "IpAddress",
}
CONDITIONS = st.sampled_from([*OPERATORS, *NEGATED]).flatmap(
    lambda operator: st.tuples(
        st.just(operator), st.frozensets(st.sampled_from(OPERATORS[NEGATED.get(operator, operator)][2]), min_size=1)
    )
)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.replace("*", ".*").replace("?", "."), text) is not None


def passes(value: str, operator: str, values: frozenset[str]) -> bool:
    fits, known, _ = OPERATORS[NEGATED.get(operator, operator)]
    if value not in known:
        return operator in NEGATED
    return any(fits(value, one) for one in values) is not (operator in NEGATED)


@given(CONDITIONS, CONDITIONS)
def test_what_is_said_to_pass_passes(one: tuple[str, frozenset[str]], other: tuple[str, frozenset[str]]) -> None:
    if passes_all(*one, *other):
        assert [
            value for value in [*TEXTS, *NUMBERS, *ADDRESSES] if passes(value, *other) and not passes(value, *one)
        ] == []


@given(CONDITIONS)
def test_a_condition_passes_what_it_passes(one: tuple[str, frozenset[str]]) -> None:
    assert passes_all(*one, *one)
