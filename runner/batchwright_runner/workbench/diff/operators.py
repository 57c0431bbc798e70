"""IAM's condition operators: which values pass one, compared with those that pass another. Pure.

It errs on the side of a person who reviews: what cannot be told to pass is said not to.
"""

import ipaddress
from collections.abc import Callable
from datetime import UTC, datetime

from batchwright_runner.workbench.diff.spans import covers

_IF_EXISTS = "ifexists"
_SAME = {"arnequals": "arnlike", "arnnotequals": "arnnotlike"}
"""Operators that IAM treats alike (IAM's reference of condition operators, 2026-11)."""
_PATTERNS = ("stringlike", "arnlike")
_LESS = {"lessthan": False, "lessthanequals": True}
_MORE = {"greaterthan": False, "greaterthanequals": True}
"""What a bound is called in IAM's operators for numbers and dates, and whether it is itself within."""


def passes_all(operator: str, values: frozenset[str], other: str, others: frozenset[str]) -> bool:
    """Whether whatever passes the other operator with its values passes this one with its own.

    Args:
        operator: The operator, ``ForAnyValue:StringLike``.
        values: Its values.
        other: The other operator.
        others: Its values.
    """
    (each, ours, ours_if), (every, theirs, theirs_if) = map(_parts, (operator, other))
    if each != every or (theirs_if and not ours_if):
        return False
    if (bound := _bound(ours)) and bound[:2] == (_bound(theirs) or ())[:2]:
        return _reaches(ours, values, theirs, others)
    positive, its_positive = ours.replace("not", "", 1), theirs.replace("not", "", 1)
    if (positive == ours) is not (its_positive == theirs):
        return False
    if positive == ours:
        return _within(others, theirs, values, ours)
    return _within(values, positive, others, its_positive)


def _parts(operator: str) -> tuple[str, str, bool]:
    """Its quantifier, its plain name, and whether it passes where the key is missing."""
    quantifier, _, plain = operator.lower().rpartition(":")
    name = plain.removesuffix(_IF_EXISTS)
    return quantifier, _SAME.get(name, name), name != plain


def _within(few: frozenset[str], narrow: str, many: frozenset[str], wide: str) -> bool:
    """Whether all that equals, or is like, one of some values does so with one of the others."""
    one_of = _of(narrow, wide)
    return one_of is not None and all(any(one_of(one, other) for other in many) for one in few)


def _of(narrow: str, wide: str) -> Callable[[str, str], bool] | None:
    """Tells whether a value of an operator is part of one of another; none where they have nothing in common."""
    if wide in _PATTERNS and narrow in (wide, wide.replace("like", "equals")):
        return lambda one, other: covers(other, one)
    if wide == "stringequals" and narrow == "stringlike":
        return lambda one, other: one == other and not {"*", "?"} & {*one}
    if wide == "stringequalsignorecase" and narrow in (wide, "stringequals"):
        return lambda one, other: one.lower() == other.lower()
    if wide != narrow:
        return None
    if wide == "ipaddress":
        return in_network
    if wide in ("bool", "null"):
        return lambda one, other: one.lower() == other.lower()
    return lambda one, other: one == other


def in_network(narrow: str, wide: str) -> bool:
    """Whether an address range is part of another."""
    try:
        inner, outer = ipaddress.ip_network(narrow, strict=False), ipaddress.ip_network(wide, strict=False)
    except ValueError:
        return narrow == wide
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


def _bound(operator: str) -> tuple[str, bool, bool] | None:
    """``numeric`` or ``date``, whether it is an upper bound, and whether the bound itself passes; none for others."""
    for kind in ("numeric", "date"):
        name = operator.removeprefix(kind)
        if operator.startswith(kind) and name in {**_LESS, **_MORE}:
            return kind, name in _LESS, {**_LESS, **_MORE}[name]
    return None


def _reaches(ours: str, values: frozenset[str], theirs: str, others: frozenset[str]) -> bool:
    """The same for two upper or two lower bounds. Of several the widest one counts."""
    kind, is_upper, included = _bound(ours) or ("", False, False)
    reads = _number if kind == "numeric" else _moment
    here, there = ([reads(one) for one in ones] for ones in (values, others))
    known, its = ([one for one in ones if one is not None] for ones in (here, there))
    if not its or len(known) < len(here) or len(its) < len(there) or not known:
        return ours == theirs and others <= values
    widest, its_widest = (max(known), max(its)) if is_upper else (min(known), min(its))
    if widest == its_widest:
        return included or not (_bound(theirs) or ("", False, False))[2]
    return (widest > its_widest) is is_upper


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    """A date of IAM: in ISO 8601, or in seconds since 1970."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _number(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
