"""Where a batch is: which resources of which stack are its own, and which its file describes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from batchwright_runner.contract.names import StageNames
from batchwright_runner.workbench.diff.batch import BatchSide
from batchwright_runner.workbench.diff.change import ChangeList, FailOn, Topic, When
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.template import Stack, StackKey, StackResource

_TASK = "AWS::ECS::TaskDefinition"
_PARAMETER = "AWS::SSM::Parameter"


@dataclass(frozen=True, slots=True)
class Home:
    """Where a batch is in an assembly."""

    stack: StackKey
    path: str

    def holds(self, stack: StackKey, resource: StackResource) -> bool:
        """Whether a resource is the batch's own."""
        return stack == self.stack and bool(self.path) and resource.path.startswith(self.path)


def homes(assembly: Assembly) -> dict[BatchKey, Home]:
    """Where each batch is, as far as the templates say: by the family of its task definition."""
    families: dict[tuple[str, str], Home] = {}
    for key, stack in assembly.stacks.items():
        for resource in stack.resources.values():
            if resource.type == _TASK:
                path = resource.path
                path = path.removesuffix("TaskDefinition") if path.endswith("/TaskDefinition") else ""
                families[stack.key.account, str(resource.properties.get("Family"))] = Home(key, path)
    places = {}
    for batch, side in assembly.batches.items():
        home = families.get((side.manifest.account, side.family)) or families.get(("", side.family))
        if home is not None:
            places[batch] = home
    return places


def workflow_stacks(sides: Iterable[Assembly], path: str) -> dict[StackKey, str]:
    """The stack of a workflow in each assembly, with the logical id of the parameter that holds its record."""
    return {
        key: resource.id
        for side in sides
        for key, stack in side.stacks.items()
        for resource in stack.find(_PARAMETER, "Name", {path})
    }


def tasks(side: BatchSide, stack: Stack) -> set[str]:
    """The logical ids of a batch's task definitions."""
    return {resource.id for resource in stack.find(_TASK, "Family", {side.family})}


def aligned(before: Assembly, after: Assembly) -> Assembly:
    """The base, in which a stack that is deployed elsewhere now is the one that it becomes.

    That is so where one alone of its name has gone and one alone has come.
    """
    gone, come = (
        _by_name(key for key in ours.stacks if key not in others.stacks)
        for ours, others in ((before, after), (after, before))
    )
    moved = {gone[name][0]: come[name][0] for name in gone if len(gone[name]) == len(come.get(name, ())) == 1}
    return replace(before, stacks={moved.get(key, key): stack for key, stack in before.stacks.items()})


def _by_name(keys: Iterable[StackKey]) -> dict[str, list[StackKey]]:
    by_name: dict[str, list[StackKey]] = {}
    for key in keys:
        by_name.setdefault(key.name, []).append(key)
    return by_name


def described(side: BatchSide, stack: Stack) -> set[str]:
    """The logical ids of the resources that a batch's file describes: manifest, watch, and the parameters it makes."""
    names, batch = StageNames.of(side.manifest), side.manifest.batch
    paths = {names.manifest(batch), names.watch(batch)}
    values = side.raw.get("parameters", {}).values()
    paths |= {str(value.get("path")) for value in values if isinstance(value, Mapping)}
    return {resource.id for resource in stack.find(_PARAMETER, "Name", paths)}


@dataclass(frozen=True, slots=True)
class Move:
    """A batch that another stack makes now."""

    before: Home
    after: Home
    # What it makes has the same names in both
    keeps_names: bool


def moves(before: Assembly, after: Assembly) -> dict[BatchKey, Move]:
    """The batches that another stack makes now."""
    old, new = homes(before), homes(after)
    moved: dict[BatchKey, Move] = {}
    for key in sorted(old.keys() & new.keys()):
        here, there = old[key], new[key]
        if here.stack != there.stack:
            families = {str(assembly.batches[key].task.get("family")) for assembly in (before, after)}
            same_place = here.stack._replace(name=there.stack.name) == there.stack
            moved[key] = Move(here, there, keeps_names=len(families) == 1 and same_place)
    return moved


def carried(before: Assembly, after: Assembly, moved: Iterable[Move]) -> Assembly:
    """The base, in which what a batch makes is in the stack that makes it now, if it keeps its names."""
    stacks = dict(before.stacks)
    for move in moved:
        here, there = move.before.stack, move.after.stack
        old, new = stacks[here], stacks.get(there) or replace(after.stacks[there], resources={})
        going = {id: resource for id, resource in old.resources.items() if move.before.holds(here, resource)}
        if move.keeps_names and not going.keys() & new.resources.keys():
            staying = {id: resource for id, resource in old.resources.items() if id not in going}
            stacks |= {here: replace(old, resources=staying), there: replace(new, resources={**new.resources, **going})}
    return replace(before, stacks=stacks)


def moved(move: Move, changes: ChangeList) -> None:
    """Adds that another stack makes a batch."""
    old, new = move.before.stack.name, move.after.stack.name
    text = f"the stack {new} makes it instead of {old}"
    if move.keeps_names:
        text += f", which has to let go of it first: two stacks cannot both make what has one name. What {old} keeps "
        text += f"when it does so, such as the log group, has to be imported into {new}"
    changes.add(Topic.REPLACED, text, When.DEPLOY, gates=[FailOn.REPLACED])
