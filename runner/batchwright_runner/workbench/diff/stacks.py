"""The changes of the resources of a stack. Nothing is left out, and nothing is weighed. Pure."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources

from batchwright_runner.host.terminal.text import listed
from batchwright_runner.workbench.diff.changes import ChangeList, FailOn, Topic, became, edits
from batchwright_runner.workbench.diff.declared import permission_changes
from batchwright_runner.workbench.diff.read import Stack, StackResource
from batchwright_runner.workbench.diff.statements import as_in_file, holders, is_sensitive, of_resource
from batchwright_runner.workbench.permissions.statements import Statement

TASK = "AWS::ECS::TaskDefinition"
HARMLESS = frozenset({TASK, "AWS::Lambda::Version", "AWS::Lambda::LayerVersion"})
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
    whole = f"{_PLACE.sub('', path.removesuffix(' (order)'))}."
    known = [f"{path.replace('.*', '')}." for path in create_only().get(type, frozenset())]
    return any(whole.startswith(path) or path.startswith(whole) for path in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What batches' files have said already of a stack."""

    # Logical ids of the parameters that hold what a file has
    resources: set[str] = field(default_factory=set)
    # Logical ids of what a batch makes that is new or has gone: what is in it is on its page
    whole: set[str] = field(default_factory=set)
    # Logical id of a task definition to its properties that a file has
    tasks: dict[str, set[str]] = field(default_factory=dict)
    # Name of a role to what its batch calls it, and the parts of it that have gone, and have come
    roles: dict[str, tuple[str, set[Statement], set[Statement]]] = field(default_factory=dict)


def inventory(resources: Iterable[StackResource]) -> str:
    """How many resources of which types: ``3 IAM::Role, Logs::LogGroup``."""
    counts = Counter(resource.type.removeprefix("AWS::") for resource in resources)
    return listed(f"{count} {name}" if count > 1 else name for name, count in sorted(counts.items()))


@dataclass(frozen=True)
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
            text = f"is deployed in {after.place} instead of {before.place}, where the old one stays"
            self.whole.add(Topic.REPLACED, text, FailOn.REPLACED)
        for path, was, now, _ in edits(self.before.rest, self.after.rest):
            self._property(self.whole, None, path, was, now)

    def _resource(self, old: StackResource | None, new: StackResource | None) -> None:
        resource = new or old
        assert resource is not None  # noqa: S101 - one of them is there
        changes, is_told = self.owner(resource), resource.id in self.covered.whole
        was, now = (of_resource(side) if side else {} for side in (old, new))
        gone, come = self._uncovered(resource, was, now)
        permission_changes(gone, come, changes)
        if new is None and not is_told:
            kept = f"no longer makes {resource.name}, which stays with what it holds, and is no longer managed"
            changes.add(Topic.REMOVED, kept if resource.kept else f"deletes {resource.name}", FailOn.REMOVED)
        if new is None:
            return
        if old is None:
            if not is_told:
                changes.add(Topic.OTHER, f"also makes {new.name}")
            told = self.covered.tasks.get(new.id, ())
            for path, value in new.properties.items():
                rest = {name: other for name, other in new.properties.items() if name != path}
                if is_sensitive(new.type, path) and path not in told and of_resource(_with(new, rest)) == now:
                    self._property(changes, new, path, None, value)
        elif old.type != new.type:
            text = f"replaces {old.name} by {new.name}"
            changes.add(Topic.REPLACED, text, FailOn.REPLACED, FailOn.REMOVED)
        elif new.id not in self.covered.resources:
            self._properties(old, new, changes)

    def _uncovered(
        self, resource: StackResource, was: Iterable[Statement], now: Iterable[Statement]
    ) -> list[dict[Statement, str]]:
        """The parts without those that the file of the batch has, whose only role it is, or is attached to."""
        all_of = {**self.before.resources, **self.after.resources}
        names = {f"<{role.path}>": str(role.properties.get("RoleName")) for role in all_of.values()}
        named = [names.get(name, name) for name in holders(resource)]
        holder, *covered = self.covered.roles.get(named[0] if len(named) == 1 else "", ("", set(), set()))
        paths = {id: known.path for id, known in all_of.items()}
        told = [{as_in_file(part, paths, holder) for part in parts} for parts in covered]
        return [
            {part: "" for part in ours if part not in others and as_in_file(part, paths, holder) not in known}
            for ours, others, known in ((was, now, told[0]), (now, was, told[1]))
        ]

    def _properties(self, old: StackResource, new: StackResource, changes: ChangeList) -> None:
        """Adds that the resource is replaced, and each property that differs and of which no statement tells."""
        found = [*edits(old.properties, new.properties)]
        paths = [path for path, *_ in found if replacing(new.type, path)]
        if paths and new.type not in HARMLESS:
            text = f"replaces {new.name}: it cannot change {listed(dict.fromkeys(paths))} in place"
            text += "; the old one stays, with what it holds" * (old.others.get("UpdateReplacePolicy") == "Retain")
            changes.add(Topic.REPLACED, text, FailOn.REPLACED)
        parts, in_file = (of_resource(old), of_resource(new)), self.covered.tasks.get(new.id, ())
        back = {path: undone for path, _, _, undone in edits(new.properties, old.properties)}
        for path, was, now, alone in found:
            undone = back.get(path, new.properties)
            told = of_resource(_with(old, alone)) != parts[0] or of_resource(_with(new, undone)) != parts[1]
            if told and now is None and not {*".["} & {*path}:
                # A resource without such a property may let more through than one with it, such as a VPC endpoint.
                told = new.type.startswith("AWS::IAM::") or path == "SecurityGroupIngress"
            if not told and re.split(r"[.\[ ]", path)[0] not in in_file:
                self._property(changes, new, path, was, now)
        for path, was, now, _ in edits(old.others, new.others):
            self._property(changes, new, path, was, now)

    def _property(self, changes: ChangeList, of: StackResource | None, path: str, old: object, new: object) -> None:
        """Adds that a property differs, of a resource or of the template; one that permissions depend on is one."""
        name, kind = (f"{of.name}.{path}", of.type) if of else (path, "")
        if is_sensitive(kind, path) or (new is None and old is not None and path in _RULES):
            is_less = isinstance(old, list) and isinstance(new, list) and all(item in old for item in new)
            changes.permission(f"{name}: {became(old, new)}", counts=not is_less)
        else:
            changes.also(name, old, new)


def _with(resource: StackResource, properties: Mapping[str, object]) -> StackResource:
    return replace(resource, properties=properties)
