"""Two policies compared: what is allowed now that was not, and the other way round. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from batchwright_runner.workbench.diff.rules import EVERYONE, IF, Rule, Test, include

_RESPECTS = ("actions", "resources", "principals")
How = Literal["new", "actions", "resources", "principals", "conditions", "denial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that one policy allows and the other does not.

    Attributes:
        broader: The new policy allows it; else the old one did.
        how: In which respect: it is ``new`` altogether, or reaches further than a statement of the other policy in its
            actions, resources, principals or conditions; or a ``denial`` has gone or come.
        rule: The statement that says so, of the actions and resources that are concerned alone.
        other: What the nearest statement of the other policy has in that respect; none for what is new. Of a denial,
            what the other policy denies of it.
    """

    broader: bool
    how: How
    rule: Rule
    other: tuple[str, ...] = ()


def compare(before: Sequence[Rule], after: Sequence[Rule]) -> list[Difference]:
    """What differs, the broader first.

    A statement that another one of the same policy includes counts for nothing. What is allowed is held against each
    statement of the other policy by itself; a person is asked where several of them together would include it.
    """
    if before == after:
        return []
    broader = [*_more(before, after, allowed=True, broader=True), *_more(after, before, allowed=False, broader=True)]
    narrower = [*_more(after, before, allowed=True, broader=False), *_more(before, after, allowed=False, broader=False)]
    return _joined([*broader, *narrower])


def _more(old: Sequence[Rule], new: Sequence[Rule], *, allowed: bool, broader: bool) -> Iterable[Difference]:
    """What rules of one effect of ``new`` say that none of ``old`` does."""
    known = [one for one in old if one.allowed is allowed]
    same = set(known)
    for rule in new:
        if rule.allowed is not allowed or rule in same:
            continue
        for part in rule.parts():
            if not any(one.covers(part) for one in known):
                yield _difference(known, part, broader=broader)


def _difference(known: Sequence[Rule], part: Rule, *, broader: bool) -> Difference:
    if not part.allowed:
        return Difference(broader=broader, how="denial", rule=part, other=_denied(known, part))
    for one in known:
        if one.reaches(part):
            lost = sorted(test_text(test) for test in one.tests if not any(test.admits(ours) for ours in part.tests))
            return Difference(broader=broader, how="conditions", rule=part, other=tuple(lost))
    for how, others in (
        ("resources", _nearest(known, part, "resources")),
        ("actions", _nearest(known, part, "actions")),
        ("principals", _nearest(known, part, "principals")),
    ):
        if others:
            return Difference(broader=broader, how=how, rule=part, other=others)  # type: ignore[arg-type] # one of How
    return Difference(broader=broader, how="new", rule=part)


def _denied(known: Sequence[Rule], part: Rule) -> tuple[str, ...]:
    """What statements that deny have of a part that none of them includes."""
    conditions = [" and ".join(map(test_text, one.tests)) for one in known if one.reaches(part)]
    if conditions:
        return tuple(f"only if {one}" for one in dict.fromkeys(conditions))
    return next(filter(None, (_nearest(known, part, how) for how in ("resources", "actions"))), ())


def _nearest(known: Sequence[Rule], part: Rule, how: str) -> tuple[str, ...]:
    """What statements have that differ from a part in one respect alone, and are less than it in that."""
    found: dict[str, None] = {}
    for one in known:
        if not all(_of(name, one, part) for name in _RESPECTS if name != how):
            continue
        span = getattr(one, how)
        if _of(how, part, one):
            found.update(
                dict.fromkeys(f"all but {one.written(each)}" if span.all_but else each for each in span.patterns)
            )
        elif not span.all_but:
            each = [replace(one, **{how: alone}) for alone in span.each()]
            found.update(dict.fromkeys(getattr(less, how).patterns[0] for less in each if _of(how, part, less)))
    written = {each: one.written(each) for one in known for each in one.actions.patterns} if how == "actions" else {}
    return tuple(written.get(one, one) for one in found if one != EVERYONE)


def _of(how: str, one: Rule, other: Rule) -> bool:
    """Whether a rule covers another in one respect."""
    if how == "principals":
        return include(one.principals, other.principals)
    return bool(getattr(one, how).covers(getattr(other, how)))


def _joined(found: Sequence[Difference]) -> list[Difference]:
    """The differences with those of one statement put together that differ in their actions alone, and so on."""
    for name in _RESPECTS:
        groups: dict[object, list[Difference]] = {}
        rest = [one for one in _RESPECTS if one != name]
        for one in found:
            alike = (one.broader, one.how, one.other, one.rule.allowed, one.rule.tests, one.rule.at, one.rule.reason)
            span = getattr(one.rule, name)
            key = (*alike, *(getattr(one.rule, each) for each in rest), span.all_but, span if span.all_but else None)
            groups.setdefault(key, []).append(one)
        found = [_one(ones, name) for ones in groups.values()]
    return list(found)


def _one(ones: Sequence[Difference], name: str) -> Difference:
    first = ones[0]
    span = getattr(first.rule, name)
    if len(ones) == 1 or span.all_but:
        return first
    patterns = dict.fromkeys(each for one in ones for each in getattr(one.rule, name).patterns)
    spelled = dict(pair for one in ones for pair in one.rule.spelled)
    rule = first.rule
    values = {each: getattr(rule, each) for each in _RESPECTS}
    values[name] = type(span)(tuple(patterns))
    made = Rule(
        rule.allowed, tests=rule.tests, spelled=tuple(spelled.items()), at=rule.at, reason=rule.reason, **values
    )
    return Difference(broader=first.broader, how=first.how, rule=made, other=first.other)


def test_text(test: Test) -> str:
    """A condition in words."""
    if test.operator == IF:
        return f"{test.key} {'holds' if 'true' in test.values else 'does not hold'}"
    quantifier, _, plain = test.operator.rpartition(":")
    words = {"StringEquals": "is", "ArnEquals": "is", "StringLike": "is like", "ArnLike": "is like", "Bool": "is"}
    one_of = {"ForAnyValue": "one of ", "ForAllValues": "each of "}.get(quantifier, "")
    return f"{one_of}{test.key} {words.get(plain, plain)} {' or '.join(sorted(test.values))}"
