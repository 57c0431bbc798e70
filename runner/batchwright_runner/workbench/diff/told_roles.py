"""What a batch's file has told of its own roles, taken from what their templates say. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from batchwright_runner.contract.access import Access, RoleAccess
from batchwright_runner.workbench.diff.batch import Side
from batchwright_runner.workbench.diff.grants import Held
from batchwright_runner.workbench.diff.marks import rules_granted
from batchwright_runner.workbench.diff.policies import Difference, compare
from batchwright_runner.workbench.diff.rules import Rule, Test
from batchwright_runner.workbench.diff.spans import Span, meet
from batchwright_runner.workbench.diff.template import Stack
from batchwright_runner.workbench.diff.wording import shown

_LATER = re.compile(r"<[^<>]*>")
"""What only a deployment knows."""
_PARTS = re.compile(r"<[^<>]*>(, <[^<>]*>)*")
"""A text of which a batch's file has only such parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a batch's file has told of a role.

    Attributes:
        rules: Its statements, with the stack's resources by their paths, as in its template.
        managed: The managed policies that are attached to it, likewise.
        paths: The paths of the stack's resources, which both write alike.
    """

    rules: Sequence[Rule]
    managed: Sequence[str]
    paths: frozenset[str]

    def tells(self, part: Rule) -> bool:
        """Whether a statement of one action and one resource is among what was told."""
        return any(one.covers(part) or self._may_be(one, part) for one in self.rules)

    def tells_policy(self, arn: str) -> bool:
        """Whether a managed policy is."""
        return any(arn == one or self._may_mean(one, arn) for one in self.managed)

    def _may_be(self, one: Rule, part: Rule) -> bool:
        """The same for what both write in their own ways: an import, a parameter of the stack."""
        return (
            one.allowed == part.allowed
            and one.actions.covers(part.actions)
            and self._over(one.resources, part.resources)
            and all(any(self._admits(ours, theirs) for theirs in part.tests) for ours in one.tests)
        )

    def _over(self, ours: Span, theirs: Span) -> bool:
        if ours.all_but or theirs.all_but:
            return ours.covers(theirs)
        return all(
            any(Span((wide,)).covers(Span((narrow,))) or self._may_mean(wide, narrow) for wide in ours.patterns)
            for narrow in theirs.patterns
        )

    def _admits(self, ours: Test, theirs: Test) -> bool:
        if ours.admits(theirs):
            return True
        alike = (ours.operator, ours.key.lower()) == (theirs.operator, theirs.key.lower())
        return alike and all(any(self._may_mean(one, other) for one in ours.values) for other in theirs.values)

    def _may_mean(self, ours: str, theirs: str) -> bool:
        """Whether a text of the file and one of the template may be the same, of which a deployment knows parts."""
        known, marks = _LATER.findall(ours), _LATER.findall(theirs)
        if _PARTS.fullmatch(ours) and not theirs.startswith("<") and known == marks:
            return True
        vague = [not all(map(self._is_own, found)) for found in (known, marks)]
        if not all(vague) and not (marks and all(mark.startswith("<AWS::") for mark in marks)):
            return False
        one, other = (_LATER.sub("*", text) for text in (ours, theirs))
        return meet(one, other)

    def _is_own(self, mark: str) -> bool:
        name = mark.strip("<>")
        return any(name == path or name.startswith(f"{path}.") for path in self.paths)


def told_roles(side: Side, stack: Stack) -> dict[str, Told]:
    """What `grants.holders` calls the batch's two roles, whose statements its file has, and what it tells of each."""
    access = Access.from_dict(side.raw.get("access") or {})
    return {
        f"role {shown(one.arn).rpartition('/')[2]}": _told(one, stack)
        for one in (access.task, access.execution)
        if one.arn
    }


def differences(was: Held, now: Held, before: Sequence[Told], after: Sequence[Told]) -> list[Difference]:
    """What differs of a role's statements and was not told.

    Args:
        was: What its template said.
        now: What it says now.
        before: What batches' files told of it; those that grant a statement tell of it.
        after: What they tell now.
    """
    if not before and not after:
        return compare(was.rules, now.rules)
    was_new, now_new = _untold(was.rules, before), _untold(now.rules, after)
    more = compare([*_of(was.rules, True), *_of(was_new, False)], [*_of(now_new, True), *_of(now.rules, False)])
    less = compare([*_of(was_new, True), *_of(was.rules, False)], [*_of(now.rules, True), *_of(now_new, False)])
    return [*(one for one in more if one.broader), *(one for one in less if not one.broader)]


def untold(held: Held, told: Sequence[Told]) -> Held:
    """The same without the statements and managed policies that were told."""
    managed = [each for each in held.managed if not any(one.tells_policy(each.arn) for one in told)]
    return replace(held, rules=_untold(held.rules, told), managed=managed)


def _untold(rules: Sequence[Rule], told: Sequence[Told]) -> list[Rule]:
    return [part for rule in rules for part in rule.parts() if not any(one.tells(part) for one in told)]


def _of(rules: Sequence[Rule], allowed: bool) -> list[Rule]:
    return [one for one in rules if one.allowed is allowed]


def _told(role: RoleAccess, stack: Stack) -> Told:
    paths = {one.id: one.path for one in stack.resources.values()}

    def of_part(part: str) -> str:
        name, dot, attribute = part.removeprefix("Ref ").partition(".")
        return f"<{paths[name]}{dot}{attribute}>" if name in paths else f"<{part}>"

    def by_path(text: str) -> str:
        return _LATER.sub(lambda found: ", ".join(map(of_part, found[0][1:-1].split(", "))), text)

    def span(given: Span) -> Span:
        return replace(given, patterns=tuple(map(by_path, given.patterns)))

    def rule(given: Rule) -> Rule:
        tests = tuple(replace(one, values=frozenset(map(by_path, one.values))) for one in given.tests)
        return replace(given, resources=span(given.resources), tests=tests)

    return Told(
        rules=[rule(one) for one in rules_granted(role.grants, stack.place)],
        managed=[by_path(shown(one.arn)) for one in role.managed],
        paths=frozenset(paths.values()),
    )
