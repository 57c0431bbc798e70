"""A statement of a policy, in the form in which two policies can be compared. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from batchwright_runner.contract.batch_file import unresolved
from batchwright_runner.workbench.diff.operators import passes_all
from batchwright_runner.workbench.diff.spans import Span
from batchwright_runner.workbench.permissions.statements import texts

EVERYTHING = Span(("*",))
EVERYONE = "*"
_ROOT = ":root"
IF = "If"
"""The operator of a test that is a condition of the template, whose name is its key."""


@dataclass(frozen=True, slots=True)
class Test:
    """A condition: an operator, a key, and the values of which one must fit.

    Attributes:
        operator: ``StringEquals``, ``ForAnyValue:StringLike``; `IF` for a condition of the template.
        key: ``aws:SourceAccount``.
        values: The values.
    """

    operator: str
    key: str
    values: frozenset[str]

    def admits(self, other: "Test") -> bool:
        """Whether whatever passes the other passes this one too."""
        if self.key.lower() != other.key.lower():
            return False
        return passes_all(self.operator, self.values, other.operator, other.values)


@dataclass(frozen=True, slots=True)
class Rule:
    """A statement.

    Attributes:
        allowed: It allows; else it denies.
        actions: Its actions, in small letters.
        resources: Its resources.
        principals: Who, ``AWS:arn:…``; everyone in the policy of an identity.
        tests: Its conditions, all of which must hold.
        spelled: Action in small letters to the action as it is written.
        at: The line that granted it; empty where that is not known.
        reason: The reason that the declaration gives.
    """

    allowed: bool
    actions: Span
    resources: Span
    principals: Span
    tests: tuple[Test, ...]
    spelled: tuple[tuple[str, str], ...] = ()
    at: str = ""
    reason: str = ""

    def covers(self, other: "Rule") -> bool:
        """Whether whatever the other is about is something that this one is about."""
        return self.reaches(other) and all(any(ours.admits(one) for one in other.tests) for ours in self.tests)

    def reaches(self, other: "Rule") -> bool:
        """The same without the conditions."""
        return (
            self.allowed == other.allowed
            and self.actions.covers(other.actions)
            and self.resources.covers(other.resources)
            and include(self.principals, other.principals)
        )

    def parts(self) -> Iterable["Rule"]:
        """The rule for each of its actions, resources and principals alone."""
        for action in self.actions.each():
            for resource in self.resources.each():
                for principal in self.principals.each():
                    yield replace(self, actions=action, resources=resource, principals=principal)

    def written(self, action: str) -> str:
        """An action as it is written."""
        return dict(self.spelled).get(action, action)


def rule_of(statement: Mapping[str, Any], at: str = "", reason: str = "") -> Rule:
    """Reads a statement, whose values are plain or marked as not known.

    Args:
        statement: The statement.
        at: The line that granted it.
        reason: The reason that the declaration gives.
    """
    actions = _span(statement, "Action", lower=True)
    written = texts(statement.get("Action", statement.get("NotAction")))
    return Rule(
        allowed=statement.get("Effect", "Allow") == "Allow",
        actions=actions,
        resources=_span(statement, "Resource"),
        principals=_principals(statement),
        tests=tuple(_tests(statement.get("Condition") or {})),
        spelled=tuple((one.lower(), one) for one in written),
        at=at,
        reason=reason,
    )


def _span(statement: Mapping[str, Any], element: str, *, lower: bool = False) -> Span:
    all_but = f"Not{element}" in statement
    found = texts(statement.get(f"Not{element}" if all_but else element))
    if not found and not all_but:
        return EVERYTHING  # a trust policy names no resource
    return Span(tuple(one.lower() if lower else one for one in found), all_but)


def _principals(statement: Mapping[str, Any]) -> Span:
    all_but = "NotPrincipal" in statement
    given = statement.get("NotPrincipal" if all_but else "Principal")
    if given is None:
        return Span((EVERYONE,))
    if not isinstance(given, Mapping):
        return Span(tuple(texts(given)), all_but)
    found = [_principal(kind, one) for kind, ones in given.items() for one in texts(ones)]
    return Span(tuple(found), all_but)


def _principal(kind: str, name: str) -> str:
    if kind == "AWS" and name == EVERYONE:
        return EVERYONE
    account = kind == "AWS" and len(name) == 12 and name.isdecimal()
    return f"AWS:arn:aws:iam::{name}{_ROOT}" if account else f"{kind}:{name}"


def include(ours: Span, theirs: Span) -> bool:
    """Whether principals include others. An account's root stands for all that are in it."""
    if ours.all_but:
        return theirs.all_but and {*ours.patterns} <= {*theirs.patterns}
    if theirs.all_but:
        return EVERYONE in ours.patterns
    return all(any(_includes(one, other) for one in ours.patterns) for other in theirs.patterns)


def _includes(one: str, other: str) -> bool:
    account = one.removesuffix(_ROOT)
    return one in (EVERYONE, other) or (account != one and other.startswith(f"{account}:"))


def _tests(condition: Any) -> Iterable[Test]:  # noqa: ANN401 - JSON
    if not _is_known(condition):
        yield _unknown(condition)
        return
    for operator, keys in sorted(condition.items()):
        if not _is_known(keys):
            yield _unknown(keys, f"{operator} ")
            continue
        for key, values in sorted(keys.items()):
            yield Test(operator, key, frozenset(map(_text, values if isinstance(values, list) else [values])))


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    """A value of a condition, which may be written as a text or not: ``true``, ``"true"``."""
    return str(value).lower() if isinstance(value, bool) else " ".join(texts(value))


def _is_known(value: Any) -> bool:  # noqa: ANN401 - JSON
    return isinstance(value, Mapping) and not unresolved(value)


def _unknown(value: Any, lead: str = "") -> Test:  # noqa: ANN401 - JSON
    """A condition of which only a deployment knows what it is."""
    return Test(IF, f"{lead}{' '.join(texts(value))}", frozenset({"true"}))
