"""Patterns of policies, held to what they stand for."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.workbench.diff.spans import Span, covers, meet

PATTERN = st.text(alphabet="ab*?", max_size=5)
TEXTS = ["".join(one) for length in range(6) for one in itertools.product("ab", repeat=length)]


def stands_for(pattern: str) -> set[str]:
    """The short texts that a pattern stands for."""
    parts = {"*": ".*", "?": "."}
    return {text for text in TEXTS if re.fullmatch("".join(parts.get(one, one) for one in pattern), text)}


@given(PATTERN, PATTERN)
def test_what_is_covered_is_a_part(wide: str, narrow: str) -> None:
    if covers(wide, narrow):
        assert stands_for(narrow) <= stands_for(wide)


@given(PATTERN, PATTERN)
def test_patterns_meet_where_they_have_a_text_in_common(one: str, other: str) -> None:
    if stands_for(one) & stands_for(other):
        assert meet(one, other)
    if not meet(one, other):
        assert not stands_for(one) & stands_for(other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("s3:Get*", "s3:*Object", True),
        ("s3:Get*", "s3:Put*", False),
        ("a?c", "a*", True),
        ("a?c", "ac", False),
        ("*", "", True),
        ("", "?", False),
        ("a*b*c", "axxbyyc", True),
    ],
)
def test_patterns_that_meet(one: str, other: str, expected: bool) -> None:
    assert meet(one, other) is meet(other, one) is expected


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("*", "s3:*", True),
        ("s3:Get*", "s3:GetObject*", True),
        ("s3:GetObject*", "s3:Get*", False),
        ("s3:?etObject", "s3:GetObject", True),
        ("s3:?etObject", "s3:*etObject", False),
        ("*?", "?*", True),
        ("arn:aws:s3:::a/*", "arn:aws:s3:::a", False),
    ],
)
def test_patterns_that_cover(wide: str, narrow: str, expected: bool) -> None:
    assert covers(wide, narrow) is expected


def test_all_but_some() -> None:
    everything_but_iam = Span(("iam:*",), all_but=True)

    assert everything_but_iam.covers(Span(("s3:getobject",)))
    assert not everything_but_iam.covers(Span(("iam:passrole",)))
    assert not everything_but_iam.covers(Span(("i*",)))
    assert everything_but_iam.covers(Span(("iam:*", "s3:*"), all_but=True))
    assert not everything_but_iam.covers(Span(("iam:get*",), all_but=True))
    assert Span(("*",)).covers(everything_but_iam)
    assert not Span(("s3:*", "iam:*")).covers(everything_but_iam)
