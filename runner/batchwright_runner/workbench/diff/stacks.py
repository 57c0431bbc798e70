"""What is said of the resources of a stack that no batch's file tells of. Nothing is left out. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from batchwright_runner.workbench.diff import doors, grants
from batchwright_runner.workbench.diff.change import Gate, Kind, When
from batchwright_runner.workbench.diff.choices import only
from batchwright_runner.workbench.diff.doors import Door
from batchwright_runner.workbench.diff.grants import Held, Holder, Managed
from batchwright_runner.workbench.diff.permission_words import sentence
from batchwright_runner.workbench.diff.policies import Difference
from batchwright_runner.workbench.diff.replacement import HARMLESS, replacing
from batchwright_runner.workbench.diff.said import Said
from batchwright_runner.workbench.diff.template import Place, Resource, Stack
from batchwright_runner.workbench.diff.told_roles import Told, differences, untold
from batchwright_runner.workbench.diff.wording import became, leaves, listed

Owner = Callable[[Resource], Said]
"""Gives where changes of a resource are said: with its batch, or with its stack."""
_TASK = "AWS::ECS::TaskDefinition"
_MACHINE = "AWS::StepFunctions::StateMachine"
_ROLES = ("TaskRoleArn", "ExecutionRoleArn", "RoleArn", "Role")
"""What the properties are called that name the role with which a task, a function, a machine or a target acts."""
_OWN_SERVICES = {f"Service:{one}.amazonaws.com" for one in ("ecs-tasks", "scheduler", "states")}
"""Those that take the roles that the library makes for a batch."""
_Part = TypeVar("_Part", Door, Managed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What batches' files have told already.

    Attributes:
        resources: Logical ids of the resources that are told of as a whole.
        last: Logical ids of those that are made when all else of a batch has been, whatever that is.
        tasks: Logical id of a task definition to the properties that are told of.
        roles_before: What `grants.holders` calls roles whose statements files told of before, and what those told.
        roles: The same as files tell of them now.
        own: Names that are a batch's own roles, made with it.
    """

    resources: set[str] = field(default_factory=set)
    last: set[str] = field(default_factory=set)
    tasks: dict[str, set[str]] = field(default_factory=dict)
    roles_before: dict[str, list[Told]] = field(default_factory=dict)
    roles: dict[str, list[Told]] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)


def empty(stack: Stack) -> Stack:
    """A stack of the same name with nothing in it."""
    return Stack(name=stack.name, place=Place(), resources={})


def stack_changes(before: Stack, after: Stack, covered: Covered, owner: Owner, whole: Said) -> None:
    """Says what differs.

    Args:
        before: The stack as the base has it; an empty one for none.
        after: The stack as it is now.
        covered: What has been told already.
        owner: Where changes of a resource are said.
        whole: Where changes of the stack as a whole are said.
    """
    _permissions(before, after, covered, owner)
    _doors(before, after, covered, owner)
    for id, resource in before.resources.items():
        if id not in after.resources:
            _gone(resource, covered, owner(resource))
    for id, resource in after.resources.items():
        if id not in before.resources:
            _come(resource, covered, owner(resource))
        elif before.resources[id] != resource:
            _other(before.resources[id], resource, covered, owner(resource))
    _rest(before, after, whole)


def inventory(resources: Iterable[Resource]) -> str:
    """How many resources of which types: ``3 IAM::Role, Logs::LogGroup``."""
    counts = Counter(one.type.removeprefix("AWS::") for one in resources)
    return listed(f"{count} {name}" if count > 1 else name for name, count in sorted(counts.items()))


def _gone(resource: Resource, covered: Covered, said: Said) -> None:
    if resource.id in covered.resources:
        return
    if resource.kept:
        text = f"no longer makes {resource.name}, which stays with what it holds, and is no longer managed"
        said.say(Kind.REMOVED, text, When.DEPLOY, gates=[Gate.REMOVED])
    else:
        said.say(Kind.REMOVED, f"deletes {resource.name}", When.DEPLOY, gates=[Gate.REMOVED])


def _come(resource: Resource, covered: Covered, said: Said) -> None:
    if resource.id not in covered.resources:
        said.say(Kind.RESOURCE, f"also makes {resource.name}", When.DEPLOY)


def _other(before: Resource, after: Resource, covered: Covered, said: Said) -> None:
    if after.id in covered.resources:
        return None
    if before.type != after.type:
        text = f"replaces {before.name} by {after.name}"
        return said.say(Kind.REPLACED, text, When.DEPLOY, gates=[Gate.REPLACED, Gate.REMOVED])
    if before.path != after.path and before.properties == after.properties and before.others == after.others:
        return None
    found = list(leaves(before.properties, after.properties))
    replaced = [path for path, _, _ in found if replacing(after.type, path)]
    if replaced and after.type not in HARMLESS:
        stays = (
            "; the old one stays, with what it holds" if before.others.get("UpdateReplacePolicy") == "Retain" else ""
        )
        text = f"replaces {after.name}: it cannot change {listed(dict.fromkeys(replaced))} in place{stays}"
        said.say(Kind.REPLACED, text, When.DEPLOY, gates=[Gate.REPLACED])
    read = doors.properties_said(before) & doors.properties_said(after)
    read |= {key for key in grants.properties_said(before) if key not in after.properties}
    _properties(after, found, read | covered.tasks.get(after.id, set()), said)
    for path, old, new in leaves(before.others, after.others):
        if path == "DependsOn" and after.id in covered.last:
            continue
        said.say(Kind.RESOURCE, f"also changes {after.name}, {path}: {became(old, new)}", When.DEPLOY)
    return None


def _properties(resource: Resource, found: list[tuple[str, object, object]], told: set[str], said: Said) -> None:
    told = grants.properties_said(resource) | told
    for path, old, new in found:
        name = path.partition(".")[0].partition("[")[0].removesuffix(" (order)")
        if (doors.is_door(resource) or name in told) and not doors.is_unsaid(path):
            continue
        if resource.type == _MACHINE and path == "DefinitionString":
            text = (
                f"its state machine {resource.path} has other steps; an execution in progress goes on with the old ones"
            )
            said.say(Kind.RESOURCE, text, When.DEPLOY)
            continue
        text = f"{resource.name}, {path}: {became(old, new)}"
        if new and path.rpartition(".")[2] in _ROLES:
            said.say(Kind.BROADER, f"acts with another role: {text}", When.DEPLOY, gates=[Gate.PERMISSIONS])
        else:
            said.say(Kind.RESOURCE, f"also changes {text}", When.DEPLOY)


def _permissions(before: Stack, after: Stack, covered: Covered, owner: Owner) -> None:
    old, new = grants.holders(before), grants.holders(after)
    for holder in dict.fromkeys([*old, *new]):
        was = old.get(holder) or _without(new[holder], before)
        now = new.get(holder) or _without(old[holder], after)
        said = owner(_resource_of(was, now, before, after))
        names = (covered.roles_before, covered.roles) if holder.where == "identity" else ({}, {})
        told = [one.get(holder.name, []) for one in names]
        is_told = holder.where == "identity" and holder.name in covered.roles  # then nothing that is left is its own
        made_with_batch = holder not in old and holder.name in covered.own and not is_told
        is_left = holder not in new and _is_deleted(was, holder, before, after)
        _compared(holder, (was, now), told, said, made_with_batch=made_with_batch, is_left=is_left)


def _is_deleted(was: Held, holder: Holder, before: Stack, after: Stack) -> bool:
    """Whether what a policy was about is deleted with it, so that no one may do more because a denial is gone."""
    gone = {f"<{one.path}": one for id, one in before.resources.items() if id not in after.resources and not one.kept}
    holding = [before.resources[id] for id in was.resources]
    if holder.where != "resource":
        return any(one.type in grants.IDENTITIES and f"<{one.path}" in gone for one in holding)
    return all(one.id not in after.resources and grants.attached_to(one) <= {*gone} for one in holding)


def _without(other: Held, stack: Stack) -> Held:
    """What a stack says that has no policy, where the other has one, of the resource that is in both."""
    kept = [stack.resources[id] for id in sorted(other.resources) if id in stack.resources]
    return grants.without_policy(kept[0]) if kept else Held()


def _resource_of(was: Held, now: Held, before: Stack, after: Stack) -> Resource:
    for held, stack in ((now, after), (was, before)):
        if held.resources:
            return stack.resources[min(held.resources)]
    raise AssertionError("a holder without a resource")


def _compared(
    holder: Holder,
    helds: tuple[Held, Held],
    told: Sequence[Sequence[Told]],
    said: Said,
    *,
    made_with_batch: bool,
    is_left: bool,
) -> None:
    was, now = helds
    had, has = (untold(held, one) for held, one in zip(helds, told, strict=True))
    found = [one for one in differences(was, now, *told) if not (is_left and one.broader)]
    plain = made_with_batch and all(_is_plain(one, holder) for one in found)
    if plain and holder.where == "identity":
        actions = dict.fromkeys(rule.written(one) for rule in has.rules for one in rule.actions.patterns)
        if actions:
            said.say(Kind.RESOURCE, f"its own {holder.name} may {listed(actions)}", When.DEPLOY)
    for each in () if plain else found:
        text = f"{holder.name}: {sentence(each, holder.where)}" if holder.where == "resource" else ""
        text = text or f"{holder.name} {sentence(each, holder.where)}"
        kind = Kind.BROADER if each.broader else Kind.NARROWER
        said.say(kind, text, When.DEPLOY, gates=[Gate.PERMISSIONS] if each.broader else [])
    for one in _more(was.managed, has.managed):
        text = f"{holder.name} may now also do what the {one.kind} {one.arn} allows{only(one.where)}"
        said.say(Kind.BROADER, text, When.DEPLOY, gates=[Gate.PERMISSIONS])
    for one in _more(now.managed, had.managed):
        has_had = "is in" if one.kind == "group" else "has"
        text = f"{holder.name} no longer {has_had} the {one.kind} {one.arn}{only(one.where)}"
        said.say(Kind.NARROWER, text, When.DEPLOY)
    if was.boundary != now.boundary and not made_with_batch and not is_left:
        text = f"{holder.name}, permissions boundary: {became(listed(was.boundary), listed(now.boundary))}"
        tighter = not was.boundary
        kind = Kind.NARROWER if tighter else Kind.BROADER
        said.say(kind, text, When.DEPLOY, gates=[] if tighter else [Gate.PERMISSIONS])


def _is_plain(found: Difference, holder: Holder) -> bool:
    """Whether a statement of a batch's own role is like those that the library gives it: it names what it allows."""
    rule = found.rule
    if holder.where == "trust":
        return rule.allowed and not rule.principals.all_but and all(map(_is_service, rule.principals.patterns))
    wild = rule.actions.all_but or rule.resources.all_but or any("*" in one for one in rule.actions.patterns)
    return rule.allowed and not wild


def _is_service(principal: str) -> bool:
    return principal in _OWN_SERVICES


def _doors(before: Stack, after: Stack, covered: Covered, owner: Owner) -> None:
    old, new = doors.doors(before), doors.doors(after)
    for door in _more(old, new):
        said = owner(after.resources[new[door]])
        if door.way == "to" and new[door] in covered.resources:  # the group of a batch that is new
            said.say(Kind.NETWORK, f"its security group {door}", When.DEPLOY)
        else:
            said.say(Kind.BROADER, f"opens more: {door}", When.DEPLOY, gates=[Gate.PERMISSIONS])
    for door in _more(new, old):
        owner(before.resources[old[door]]).say(Kind.NARROWER, f"closes: {door}", When.DEPLOY)


def _more(old: Iterable[_Part], new: Iterable[_Part]) -> list[_Part]:
    """What is new, and in nothing that there was."""
    return [one for one in new if not any(each.covers(one) for each in old)]


def _rest(before: Stack, after: Stack, said: Said) -> None:
    if before.place != after.place and before.resources:
        text = f"is deployed in {_at(after.place)} instead of {_at(before.place)}, where the old one stays"
        said.say(Kind.REPLACED, text, When.DEPLOY, gates=[Gate.REPLACED])
    for path, old, new in leaves(before.rest, after.rest):
        said.say(Kind.RESOURCE, f"also changes {path}: {became(old, new)}", When.DEPLOY)


def _at(place: Place) -> str:
    return f"{place.account or 'an account that is not known'} {place.region}".strip()
