"""Two assemblies compared: every change, each once for each stage. Pure."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.names import TAG_PROJECT, TAG_STAGE, StageNames
from batchwright_runner.workbench.diff.changes import Change, ChangeList, ChangeSubject, FailOn, Topic
from batchwright_runner.workbench.diff.declared import arrival, both, departure, renamed, renames, to_do
from batchwright_runner.workbench.diff.read import Assembly, BatchKey, BatchSide, Stack, StackKey, StackResource
from batchwright_runner.workbench.diff.stacks import Covered, StackChanges, inventory
from batchwright_runner.workbench.diff.statements import ROLES, Line

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
        home = families.get((side.manifest.account, family(side))) or families.get(("", family(side)))
        if home is not None:
            places[batch] = home
    return places


def family(side: BatchSide) -> str:
    """The family of its task definitions, by which its resources are found in a template."""
    return StageNames.of(side.manifest).family(side.manifest.batch)


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
    return {resource.id for resource in stack.find(_TASK, "Family", {family(side)})}


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
    changes.add(Topic.REPLACED, text, gates=[FailOn.REPLACED])


UNSAID = "also changes: only the lines on which something is declared, or the order of statements"
"""Where two assemblies are not equal, and nothing else differs."""


def compare(before: Assembly, after: Assembly, now: datetime) -> list[Change]:
    """All that differs between two assemblies."""
    before = aligned(before, after)
    elsewhere = moves(before, after)
    changes = _AssemblyChanges(carried(before, after, elsewhere.values()), after, now, elsewhere).changes()
    if not changes and before != after:
        return [Change(about=ChangeSubject(kind="lines", name="lines and order"), kind=Topic.OTHER, text=UNSAID)]
    return changes


@dataclass
class _AssemblyChanges:
    before: Assembly
    after: Assembly
    now: datetime
    moves: Mapping[BatchKey, Move]
    lists: dict[tuple[str, str, str], ChangeList] = field(default_factory=dict)
    covered: dict[StackKey, Covered] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    flows: dict[StackKey, ChangeList] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        self.homes = homes(self.before), homes(self.after)
        batches, others = self.before.batches, self.after.batches
        new_names = renames(_without(batches, others), _without(others, batches))
        for key in sorted({*batches, *others}):
            changes = self._about("batch", key[1], key[0])
            self._batch(key, batches.get(key), others.get(key), changes)
            if key in new_names:
                renamed(batches[key], new_names[key], changes)
        self._workflows()
        for stack in sorted({*self.before.stacks, *self.after.stacks}):
            self._stack(stack)
        return [change for changes in self.lists.values() for change in changes.entries]

    def _about(self, kind: str, name: str, stage: str) -> ChangeList:
        return self.lists.setdefault((kind, name, stage), ChangeList(ChangeSubject(kind=kind, name=name), stage))

    def _known(self, stage: str) -> frozenset[str]:
        """Where secrets come from that the base's batches of a stage take."""
        if stage not in self.known:
            sides = [side for (of, _), side in self.before.batches.items() if of == stage]
            self.known[stage] = frozenset(
                source for side in sides for source in side.sources if source not in side.parameter_sources
            )
        return self.known[stage]

    def _workflows(self) -> None:
        """Adds what differs of workflows, and notes whose stacks are theirs."""
        batch_stacks = {home.stack for places in self.homes for home in places.values()}
        before, after = self.before.workflows, self.after.workflows
        for key in sorted({*before, *after}):
            changes, old, new = self._about("workflow", key[1], key[0]), before.get(key), after.get(key)
            flow = new or old
            stacks = workflow_stacks((self.before, self.after), flow.manifest.path) if flow else {}
            self.flows.update(dict.fromkeys({*stacks} - batch_stacks, changes))
            if old and new:
                both(old, new, self.now, changes)
            elif new:
                arrival(new, self.now, changes, elsewhere=_has(before, key[1]))
            elif old:
                gone = [stack.outermost.name for stack in stacks if stack.outermost not in self.after.stacks]
                departure(old, (), gone[0] if gone else "", changes, elsewhere=_has(after, key[1]))
            if not old or not new or old.raw != new.raw:
                for stack, record in stacks.items():
                    self.covered.setdefault(stack, Covered()).resources.add(record)

    def _batch(self, key: BatchKey, old: BatchSide | None, new: BatchSide | None, changes: ChangeList) -> None:
        if old and new:
            if key in self.moves:
                moved(self.moves[key], changes)
            if old.raw == new.raw:
                return
            lines = both(old, new, self.now, changes)
        elif new:
            lines = arrival(new, self.now, changes, elsewhere=_has(self.before.batches, key[1]))
        elif old:
            lines = self._gone(key, old, changes)
        if new:
            to_do(old, new, self._known(key[0]), changes)
        for place, assembly, side in ((0, self.before, old), (1, self.after, new)):
            if side and (home := self.homes[place].get(key)):
                self._cover(home, assembly, side, lines, (old, new))
                self._whole(home, assembly, place, changes, is_new=old is None, is_gone=new is None)

    def _whole(
        self, home: Home, assembly: Assembly, place: int, changes: ChangeList, *, is_new: bool, is_gone: bool
    ) -> None:
        """Notes all that a batch makes that is new, or has gone."""
        if is_new or is_gone:
            makes = self._resources(home, assembly, place)
            self.covered[home.stack].whole.update(resource.id for resource in makes)
            if is_new and (listing := inventory(makes)):
                changes.add(Topic.OTHER, f"makes {listing}")

    def _gone(self, key: BatchKey, old: BatchSide, changes: ChangeList) -> tuple[set[Line], set[Line]]:
        home = self.homes[0].get(key)
        stays = home.stack.outermost.name if home and home.stack.outermost not in self.after.stacks else ""
        kept = [resource.name for resource in self._resources(home, self.before, 0) if resource.kept]
        departure(old, kept, stays, changes, elsewhere=_has(self.after.batches, key[1]))
        return set(), set()

    def _cover(
        self,
        home: Home,
        assembly: Assembly,
        side: BatchSide,
        lines: tuple[set[Line], set[Line]],
        sides: tuple[BatchSide | None, BatchSide | None],
    ) -> None:
        """Notes what its file has of a batch's stack, so that each thing is shown once."""
        covered, stack = self.covered.setdefault(home.stack, Covered()), assembly.stacks[home.stack]
        raws = [side.raw if side else {} for side in sides]
        if any(raws[0].get(name) != raws[1].get(name) for name in ("manifest", "parameters", "watch")):
            covered.resources.update(described(side, stack))
        old, new = (raw.get("task") or {} for raw in raws)
        properties = {f"{name[:1].upper()}{name[1:]}" for name in {*old, *new} if old.get(name) != new.get(name)}
        covered.tasks.update(dict.fromkeys(tasks(side, stack), properties))
        for name in ROLES:
            arn = str(((side.raw.get("access") or {}).get(name) or {}).get("arn") or "")
            if role := arn.rpartition("/")[2]:
                covered.roles[role] = (f"its {name} role", *lines)

    def _resources(self, home: Home | None, assembly: Assembly, side: int) -> list[StackResource]:
        """The resources of a batch: all of its stack, where it has that for itself."""
        if home is None:
            return []
        is_alone = [place.stack for place in self.homes[side].values()].count(home.stack) == 1
        resources = assembly.stacks[home.stack].resources.values()
        return [resource for resource in resources if is_alone or home.holds(home.stack, resource)]

    def _stack(self, key: StackKey) -> None:
        old, new = self.before.stacks.get(key), self.after.stacks.get(key)
        if old == new:
            return
        stack = new or old
        assert stack is not None  # noqa: S101 - one of them has it
        stage, label = self._label(key, stack)
        of_batch = self._owner(key)
        whole = of_batch(None) or self.flows.get(key) or self._about("stack", label, stage)
        if new is None and key.is_nested and key.outermost in self.after.stacks:
            new = replace(stack, resources={})  # the deployment of the stack that it was in deletes it
        if new is None:
            if not key.is_nested and not self._departs(key):
                _stack_gone(key, self._place(key), whole)
            return
        covered = self.covered.setdefault(key, Covered())
        if old is None:
            if of_batch(None) is None:
                text = f"new stack {key.name}{self._place(key)}: makes {inventory(new.resources.values()) or 'nothing'}"
                whole.add(Topic.ADDED, text, come=whole.about.kind == "stack")
                covered.whole.update(new.resources)
            old, new = Stack(key=StackKey(new.key.name), resources={}), replace(new, rest={})
        StackChanges(
            before=old, after=new, covered=covered, owner=lambda resource: of_batch(resource) or whole, whole=whole
        ).add()

    def _departs(self, stack: StackKey) -> bool:
        """Whether a batch of a stack has gone from the app: then the batch's own change says what becomes of it."""
        return any(home.stack == stack and key not in self.after.batches for key, home in self.homes[0].items())

    def _owner(self, stack: StackKey) -> Callable[[StackResource | None], ChangeList | None]:
        """Gives the batch that a resource of a stack belongs to; for no resource the only batch of the stack."""
        candidates = {key: home for places in self.homes for key, home in places.items() if home.stack == stack}

        def owner(resource: StackResource | None) -> ChangeList | None:
            fitting = [key for key, home in candidates.items() if resource is not None and home.holds(stack, resource)]
            chosen = fitting or (list(candidates) if len(candidates) == 1 else [])
            return self._about("batch", chosen[0][1], chosen[0][0]) if chosen else None

        return owner

    def _place(self, stack: StackKey) -> str:
        """Where a stack is, if there is another of its name; else nothing."""
        names = [key.name for key in {*self.before.stacks, *self.after.stacks}]
        return f" ({stack.account} {stack.region})" if names.count(stack.name) > 1 else ""

    def _label(self, key: StackKey, stack: Stack) -> tuple[str, str]:
        """Stage and short name of a stack."""
        tags = stack.rest.get("tags")
        tags = tags if isinstance(tags, Mapping) else {}
        project, stage = str(tags.get(TAG_PROJECT, "")), str(tags.get(TAG_STAGE, ""))
        if not stage:
            stages = {batch[0] for places in self.homes for batch, home in places.items() if home.stack == key}
            stage = stages.pop() if len(stages) == 1 else ""
        for start in (f"{project}-{stage}-", f"{project}-"):
            if project and key.name.startswith(start) and key.name != start:
                return stage, f"{key.name.removeprefix(start)}{self._place(key)}"
        return stage, f"{key.name}{self._place(key)}"


def _without(ours: Mapping[BatchKey, BatchSide], others: Mapping[BatchKey, BatchSide]) -> dict[BatchKey, BatchSide]:
    return {key: side for key, side in ours.items() if key not in others}


def _has(declared: Iterable[BatchKey], name: str) -> bool:
    """Whether any stage has a batch or a workflow of this name."""
    return any(known == name for _, known in declared)


def _stack_gone(stack: StackKey, place: str, changes: ChangeList) -> None:
    text = f"stack {stack.name}{place} is no longer in the app, and stays deployed until it is deleted"
    region = f" --region {stack.region}" if place else ""
    command = f"aws cloudformation delete-stack --stack-name {shlex.quote(stack.name)}{region}"
    changes.add(Topic.REMOVED, text, commands=[command], gates=[FailOn.REMOVED])
