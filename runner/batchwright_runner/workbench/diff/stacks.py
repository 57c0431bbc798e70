"""The changes of the resources of a stack. Nothing is left out, and nothing is weighed. Pure."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

from batchwright_runner.workbench.diff.changes import ChangeList, FailOn, Topic, became, edits, listed
from batchwright_runner.workbench.diff.declared import permission_changes
from batchwright_runner.workbench.diff.read import Stack, StackKey, StackResource
from batchwright_runner.workbench.diff.statements import Line, as_in_file, holders, is_sensitive, of_resource

_TASK = "AWS::ECS::TaskDefinition"
HARMLESS = frozenset({_TASK, "AWS::Lambda::Version", "AWS::Lambda::LayerVersion"})
"""Types of which a replacement is a new revision, and what uses the old one is not disturbed."""
_RULES = ("Rules", "SecurityGroupEgress")
"""Properties without which more may be let through."""
_PLACE = re.compile(r"\[[^\]]*\]")


@lru_cache(maxsize=1)
def create_only() -> Mapping[str, frozenset[str]]:
    """Type to the properties that only a new resource can have otherwise, ``VolumeSpecification.Size``."""
    text = resources.files(__package__).joinpath("replacement.json").read_text(encoding="utf-8")
    return {type: frozenset(paths.split()) for type, paths in json.loads(text).items()}  # noqa: A001 - CloudFormation's word


def replacing(type: str, path: str) -> bool:  # noqa: A002 - CloudFormation's word
    """Whether a change of a property replaces the resource.

    `path`: the property, ``Policies[0].PolicyName``.
    """
    whole = _PLACE.sub("", path.removesuffix(" (order)"))
    parts = whole.split(".")
    begins = {".".join(parts[: place + 1]) for place in range(len(parts))}
    known = {path.replace(".*", "") for path in create_only().get(type, frozenset())}
    return bool(known & begins) or any(path.startswith(f"{whole}.") for path in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What batches' files have said already of a stack."""

    # Logical ids of the parameters that hold what a file has
    resources: set[str] = field(default_factory=set)
    # Logical ids of what a batch makes that is new or has gone: what is in it is on its page
    whole: set[str] = field(default_factory=set)
    # Logical id of a task definition to its properties that a file has
    tasks: dict[str, set[str]] = field(default_factory=dict)
    # Name of a role to what its batch calls it, and the lines of it that have gone, and have come
    roles: dict[str, tuple[str, set[Line], set[Line]]] = field(default_factory=dict)


def inventory(resources: Iterable[StackResource]) -> str:
    """How many resources of which types: ``3 IAM::Role, Logs::LogGroup``."""
    counts = Counter(resource.type.removeprefix("AWS::") for resource in resources)
    return listed(f"{count} {name}" if count > 1 else name for name, count in sorted(counts.items()))


@dataclass(frozen=True, kw_only=True)
class StackChanges:
    """What differs of a stack."""

    # The stack as the base has it; one with nothing in it for none
    before: Stack
    after: Stack
    covered: Covered
    # Gives the changes that a resource's belong to: those of its batch, or of its stack
    owner: Callable[[StackResource], ChangeList]
    whole: ChangeList

    def add(self) -> None:
        """Adds it."""
        old, new = self.before.resources, self.after.resources
        for id in dict.fromkeys([*old, *new]):
            if old.get(id) != new.get(id):
                self._resource(old.get(id), new.get(id))
        before, after = self.before.key, self.after.key
        if before[1:] != after[1:] and old:
            text = f"is deployed in {_at(after)} instead of {_at(before)}, where the old one stays"
            self.whole.add(Topic.REPLACED, text, gates=[FailOn.REPLACED])
        for path, was, now, _ in edits(self.before.rest, self.after.rest):
            self._property(self.whole, "", "", path, was, now)

    def _resource(self, old: StackResource | None, new: StackResource | None) -> None:
        resource = new or old
        assert resource is not None  # noqa: S101 - one of them is there
        changes, is_told = self.owner(resource), resource.id in self.covered.whole
        was, now = (self._lines(side) for side in (old, new))
        left, come = self._uncovered(resource, was, now)
        permission_changes(dict.fromkeys(left, ""), dict.fromkeys(come, ""), changes)
        if new is None:
            if not is_told:
                self._gone(resource, changes)
            return
        if old is None:
            if not is_told:
                changes.add(Topic.OTHER, f"also makes {new.name}")
            for path, value in new.properties.items():
                rest = {name: other for name, other in new.properties.items() if name != path}
                told = path in self.covered.tasks.get(new.id, ()) or of_resource(_with(new, rest)) != now
                if is_sensitive(new.type, path) and not told:
                    self._property(changes, new.type, f"{new.name}.", path, None, value)
            return
        if old.type != new.type:
            text = f"replaces {old.name} by {new.name}"
            changes.add(Topic.REPLACED, text, gates=[FailOn.REPLACED, FailOn.REMOVED])
        elif new.id not in self.covered.resources:
            self._replaced(old, new, changes)
            self._other(old, new, changes)

    def _lines(self, resource: StackResource | None) -> dict[Line, None]:
        return of_resource(resource) if resource else {}

    def _uncovered(
        self, resource: StackResource, was: dict[Line, None], now: dict[Line, None]
    ) -> tuple[list[Line], list[Line]]:
        """The lines without those that the file of the batch has, whose only role it is, or is attached to."""
        all_of = {**self.before.resources, **self.after.resources}
        names = {f"<{role.path}>": str(role.properties.get("RoleName")) for role in all_of.values()}
        named = [names.get(name, name) for name in holders(resource)]
        holder, gone, come = self.covered.roles.get(named[0] if len(named) == 1 else "", ("", set(), set()))
        paths = {id: known.path for id, known in all_of.items()}
        told = [{as_in_file(line, paths, holder) for line in lines} for lines in (gone, come)]
        left, right = [line for line in was if line not in now], [line for line in now if line not in was]
        return (
            [line for line in left if as_in_file(line, paths, holder) not in told[0]],
            [line for line in right if as_in_file(line, paths, holder) not in told[1]],
        )

    def _gone(self, resource: StackResource, changes: ChangeList) -> None:
        text = f"deletes {resource.name}"
        if resource.kept:
            text = f"no longer makes {resource.name}, which stays with what it holds, and is no longer managed"
        changes.add(Topic.REMOVED, text, gates=[FailOn.REMOVED])

    def _replaced(self, old: StackResource, new: StackResource, changes: ChangeList) -> None:
        paths = [path for path, *_ in edits(old.properties, new.properties) if replacing(new.type, path)]
        if paths and new.type not in HARMLESS:
            is_kept = old.others.get("UpdateReplacePolicy") == "Retain"
            stays = "; the old one stays, with what it holds" if is_kept else ""
            text = f"replaces {new.name}: it cannot change {listed(dict.fromkeys(paths))} in place{stays}"
            changes.add(Topic.REPLACED, text, gates=[FailOn.REPLACED])

    def _other(self, old: StackResource, new: StackResource, changes: ChangeList) -> None:
        """Adds each property that differs and of which no line tells."""
        lines = of_resource(old), of_resource(new)
        back = {path: undone for path, _, _, undone in edits(new.properties, old.properties)}
        for path, was, now, alone in edits(old.properties, new.properties):
            undone = back.get(path, new.properties)
            told = of_resource(_with(old, alone)) != lines[0] or of_resource(_with(new, undone)) != lines[1]
            if told and now is None and "." not in path and "[" not in path and _is_open_without(new.type, path):
                self._property(changes, new.type, f"{new.name}.", path, was, now)
            is_in_file = re.split(r"[.\[ ]", path)[0] in self.covered.tasks.get(new.id, ())
            if not told and not is_in_file:
                self._property(changes, new.type, f"{new.name}.", path, was, now)
        for path, was, now, _ in edits(old.others, new.others):
            self._property(changes, new.type, f"{new.name}.", path, was, now)

    def _property(self, changes: ChangeList, type: str, name: str, path: str, old: object, new: object) -> None:  # noqa: A002
        """Adds that a property differs, of a resource or of the template; one that permissions depend on is one."""
        if is_sensitive(type, path) or (new is None and old is not None and path in _RULES):
            is_less = isinstance(old, list) and isinstance(new, list) and all(item in old for item in new)
            changes.permission(f"{name}{path}: {became(old, new)}", counts=not is_less)
        else:
            changes.also(f"{name}{path}", old, new)


def _is_open_without(type: str, name: str) -> bool:  # noqa: A002 - CloudFormation's word
    """Whether a resource without such a property may let more through than one with it, such as a VPC endpoint."""
    return not type.startswith("AWS::IAM::") and name != "SecurityGroupIngress"


def _with(resource: StackResource, properties: Mapping[str, object]) -> StackResource:
    return StackResource(id=resource.id, type=resource.type, path=resource.path, properties=properties)


def _at(place: StackKey) -> str:
    return f"{place.account or 'an account that is not known'} {place.region}".strip()
