"""The changes of the resources of a stack that no batch's file describes. Nothing is left out. Pure."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from batchwright_runner.workbench.diff.change import ChangeList, ChangeSubject, FailOn, Topic, When
from batchwright_runner.workbench.diff.exposures import HARMLESS, NOT_COMPARED, exposed, replacing
from batchwright_runner.workbench.diff.openings import is_opening, openings
from batchwright_runner.workbench.diff.policies import holder, holders, properties_read, rules, uncovered
from batchwright_runner.workbench.diff.rules import Difference, Rule, compare
from batchwright_runner.workbench.diff.template import Stack, StackKey, StackResource
from batchwright_runner.workbench.diff.wording import became, leaves, listed

Owner = Callable[[StackResource], ChangeList]
"""Gives the changes that a resource's belong to: those of its batch, or of its stack."""
_MACHINE = "AWS::StepFunctions::StateMachine"
_OWN_SERVICES = {f"the service {name}.amazonaws.com" for name in ("ecs-tasks", "scheduler", "states")}
"""Those that take the roles that the library makes for a batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What batches' files have described already."""

    # Logical ids of the resources that are described as a whole
    resources: set[str] = field(default_factory=set)
    # Logical id of a task definition to the properties that are described
    tasks: dict[str, set[str]] = field(default_factory=dict)
    # Name of a batch's role to what differs of it in the batch's file
    differences: dict[str, list[Difference]] = field(default_factory=dict)
    # What the names of each batch's own roles begin with
    families: dict[ChangeSubject, str] = field(default_factory=dict)


def inventory(resources: Iterable[StackResource]) -> str:
    """How many resources of which types: ``3 IAM::Role, Logs::LogGroup``."""
    counts = Counter(resource.type.removeprefix("AWS::") for resource in resources)
    return listed(f"{count} {name}" if count > 1 else name for name, count in sorted(counts.items()))


@dataclass(kw_only=True)
class StackChanges:
    """What differs of a stack."""

    # The stack as the base has it; one with nothing in it for none
    before: Stack
    after: Stack
    covered: Covered
    owner: Owner
    whole: ChangeList
    made: list[StackResource] = field(default_factory=list, init=False)
    changed: dict[str, dict[str, None]] = field(default_factory=dict, init=False)

    def add(self) -> None:
        """Adds it: of resources of no batch what broadens and what goes, and the rest in one line."""
        old, new = self.before.resources, self.after.resources
        for id, resource in {**old, **new}.items():
            self._permissions(old.get(id), new.get(id), resource)
        self._openings()
        for id, resource in old.items():
            if id not in new and not self._is_covered(resource):
                self._gone(resource)
        for id, resource in new.items():
            if id not in old:
                self._come(resource)
            elif id not in self.covered.resources:
                self._other(old[id], resource)
        self._rest()

    def _is_covered(self, resource: StackResource) -> bool:
        """Whether nothing more is added of it: of a batch's policies what they say has been."""
        is_policy = resource.type == "AWS::IAM::Policy" and self.owner(resource).about.kind == "batch"
        return is_policy or resource.id in self.covered.resources

    def _permissions(self, old: StackResource | None, new: StackResource | None, resource: StackResource) -> None:
        was, now = (rules(side) if side else [] for side in (old, new))
        if was == now:
            return
        changes, name = self.owner(resource), holder(resource)
        covered, family = self._differences(resource), self.covered.families.get(changes.about, "")
        paths = {id: known.path for id, known in {**self.before.resources, **self.after.resources}.items()}
        plain: dict[str, None] = {}
        for difference in filter(None, (uncovered(difference, covered, paths) for difference in compare(was, now))):
            if difference.broader and new is None and self._is_about_what_goes(resource):
                continue
            if old is None and _is_plain(resource, difference.rule, family):
                plain |= dict.fromkeys(difference.rule.actions if difference.rule.whose == "identity" else ())
            else:
                changes.permission(f"{name} {difference}", broader=difference.broader)
        if plain:
            changes.add(Topic.RESOURCE, f"its own {name} may {listed(plain)}", When.DEPLOY)

    def _differences(self, resource: StackResource) -> list[Difference]:
        """What a file has of the role that a resource is, or that a policy is attached to and to nothing else."""
        resources = [*self.before.resources.values(), *self.after.resources.values()]
        names = {f"<{role.path}>": str(role.properties.get("RoleName")) for role in resources}
        roles = [names.get(name, name) for name in holders(resource)]
        return self.covered.differences.get(roles[0], []) if len(roles) == 1 else []

    def _is_about_what_goes(self, resource: StackResource) -> bool:
        """Whether what a policy is about goes with it, so that the end of a denial lets no one do more."""
        old, new = self.before.resources, self.after.resources
        gone = {known.path for id, known in old.items() if id not in new and not known.kept}
        named = {name: value for name, value in resource.properties.items() if name not in properties_read(resource)}
        about = {*re.findall(r"<([^<>.]*)", json.dumps(named, ensure_ascii=False))} or {""}
        return (about if resource.type.endswith("Policy") else {resource.path}) <= gone

    def _openings(self) -> None:
        old, new = openings(self.before), openings(self.after)
        for opening, resource in new.items():
            if any(known.includes(opening) for known in old):
                continue
            if opening.way == "out to" and resource.id in self.covered.resources:  # the group of a batch that is new
                self.owner(resource).add(Topic.NETWORK, f"its security group {opening}", When.DEPLOY)
            else:
                self.owner(resource).permission(f"opens more: {opening}", broader=True)
        for opening, resource in old.items():
            if not any(known.includes(opening) for known in new):
                self.owner(resource).permission(f"closes: {opening}", broader=False)

    def _gone(self, resource: StackResource) -> None:
        text = f"deletes {resource.name}"
        if resource.kept:
            text = f"no longer makes {resource.name}, which stays with what it holds, and is no longer managed"
        self.owner(resource).add(Topic.REMOVED, text, When.DEPLOY, gates=[FailOn.REMOVED])

    def _come(self, resource: StackResource) -> None:
        for name, value in resource.properties.items():
            says = exposed(resource.type, name, None, value, is_new=True)
            if says and name not in properties_read(resource):
                text = f"{says}: {resource.name}, {name}: {became(None, value)}"
                self.owner(resource).permission(text, broader=True)
        if self._is_covered(resource):
            return
        if self.owner(resource).about.kind == "stack":
            self.made.append(resource)
        else:
            self.owner(resource).add(Topic.RESOURCE, f"also makes {resource.name}", When.DEPLOY)

    def _other(self, before: StackResource, after: StackResource) -> None:
        changes = self.owner(after)
        if before.type != after.type:
            text = f"replaces {before.name} by {after.name}"
            return changes.add(Topic.REPLACED, text, When.DEPLOY, gates=[FailOn.REPLACED, FailOn.REMOVED])
        differences = list(leaves(before.properties, after.properties))
        replaced = [path for path, _, _ in differences if replacing(after.type, path)]
        if replaced and after.type not in HARMLESS:
            is_kept = before.others.get("UpdateReplacePolicy") == "Retain"
            stays = "; the old one stays, with what it holds" if is_kept else ""
            text = f"replaces {after.name}: it cannot change {listed(dict.fromkeys(replaced))} in place{stays}"
            changes.add(Topic.REPLACED, text, When.DEPLOY, gates=[FailOn.REPLACED])
        covered = properties_read(after) | self.covered.tasks.get(after.id, set())
        was_read = properties_read(before)
        for path, old, new in differences:
            name = path.partition(".")[0].partition("[")[0].removesuffix(" (order)")
            if name not in covered and not is_opening(after, path):
                self._property(after, path, old, new, NOT_COMPARED if name in was_read else "")
        for path, old, new in leaves(before.others, after.others):
            if path != "DependsOn":  # what is made first
                self._property(after, path, old, new)
        return None

    def _property(self, resource: StackResource | None, path: str, old: object, new: object, says: str = "") -> None:
        """Adds that a property differs, of a resource or of the template: of what is of no batch without its values."""
        name, text = f"{resource.name}, " if resource else "", f"{path}: {became(old, new)}"
        changes = self.owner(resource) if resource else self.whole
        if says := exposed(resource.type if resource else "", path, old, new) or says:
            changes.permission(f"{says}: {name}{text}", broader=True)
        elif resource and resource.type == _MACHINE and path == "DefinitionString":
            text = (
                f"its state machine {resource.path} has other steps; an execution in progress goes on with the old ones"
            )
            changes.add(Topic.RESOURCE, text, When.DEPLOY)
        elif changes.about.kind == "stack":
            self.changed.setdefault(resource.name if resource else "", {})[re.split(r"[.\[ ]", path)[0]] = None
        else:
            changes.add(Topic.RESOURCE, f"also changes {name}{text}", When.DEPLOY)

    def _rest(self) -> None:
        before, after = self.before, self.after
        if before.key[1:] != after.key[1:] and before.resources:
            text = f"is deployed in {_at(after.key)} instead of {_at(before.key)}, where the old one stays"
            self.whole.add(Topic.REPLACED, text, When.DEPLOY, gates=[FailOn.REPLACED])
        for path, old, new in leaves(before.rest, after.rest):
            self._property(None, path, old, new)
        making = f"makes {inventory(self.made)}" if self.made else ""
        changed = listed(_with(name, properties) for name, properties in self.changed.items())
        if texts := [*filter(None, [making, f"changes {changed}" if changed else ""])]:
            self.whole.add(Topic.RESOURCE, f"also {' and '.join(texts)}", When.DEPLOY)


def _is_plain(resource: StackResource, rule: Rule, family: str) -> bool:
    """Whether a rule of a new role that is a batch's own is like those that the library gives it."""
    name = resource.properties.get("RoleName")
    if not rule.allowed or rule.actions[0].startswith("<"):
        return False
    if rule.whose == "trust":
        is_own = name in {f"{family}-{part}" for part in ("task", "exec", "stop", "flow")}
        return is_own and {*re.split(", | and ", rule.who)} <= _OWN_SERVICES
    return name in (f"{family}-stop", f"{family}-flow") and not any("*" in action for action in rule.actions)


def _with(name: str, properties: Iterable[str]) -> str:
    return f"{name} ({', '.join(properties)})" if name else ", ".join(properties)


def _at(place: StackKey) -> str:
    return f"{place.account or 'an account that is not known'} {place.region}".strip()
