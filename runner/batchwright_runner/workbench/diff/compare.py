"""Two assemblies compared: every change, each once for each stage. Pure."""

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.names import TAG_PROJECT, TAG_STAGE, StageNames
from batchwright_runner.workbench.diff.changes import Change, ChangeList, ChangeSubject, FailOn, Topic
from batchwright_runner.workbench.diff.declared import Parts, arrival, both, departure, renamed, renames, to_do
from batchwright_runner.workbench.diff.read import Assembly, BatchKey, Declared, Stack, StackKey, StackResource
from batchwright_runner.workbench.diff.stacks import TASK, Covered, StackChanges, inventory

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
            if resource.type == TASK:
                path, end, _ = resource.path.rpartition("TaskDefinition")
                path = path if end and resource.path == f"{path}{end}" and path.endswith("/") else ""
                families[stack.key.account, str(resource.properties.get("Family"))] = Home(key, path)
    found = {key: (side.batch.account, family(side)) for key, side in assembly.batches.items()}
    places = {key: families.get(place) or families.get(("", place[1])) for key, place in found.items()}
    return {key: home for key, home in places.items() if home}


def family(side: Declared) -> str:
    """The family of its task definitions, by which its resources are found in a template."""
    return StageNames.of(side.batch).family(side.batch.batch)


def aligned(before: Assembly, after: Assembly) -> Assembly:
    """The base, in which a stack that is deployed elsewhere now is the one that it becomes.

    That is so where one alone of its name has gone and one alone has come.
    """
    gone, come = before.stacks.keys() - after.stacks.keys(), after.stacks.keys() - before.stacks.keys()
    names = [Counter(key.name for key in keys) for keys in (gone, come)]
    moved = {old: new for old in gone for new in come if old.name == new.name and names[0][old.name] == 1}
    moved = {old: new for old, new in moved.items() if names[1][new.name] == 1}
    return replace(before, stacks={moved.get(key, key): stack for key, stack in before.stacks.items()})


def followed(before: Assembly, after: Assembly) -> tuple[Assembly, dict[BatchKey, str]]:
    """The base, in which what a batch makes is in the stack that makes it now, if it keeps its names.

    With it the batches that another stack makes now, each with a sentence.
    """
    old, new = homes(before), homes(after)
    stacks, moved = dict(before.stacks), dict[BatchKey, str]()
    for key in sorted(old.keys() & new.keys()):
        here, there = old[key].stack, new[key].stack
        if here == there:
            continue
        moved[key] = f"the stack {there.name} makes it instead of {here.name}"
        families = {str(assembly.batches[key].task.get("family")) for assembly in (before, after)}
        if len(families) > 1 or here._replace(name=there.name) != there:
            continue
        moved[key] += ", which has to let go of it first: two stacks cannot both make what has one name. What "
        moved[key] += f"{here.name} keeps when it does so, such as the log group, has to be imported into {there.name}"
        source, target = stacks[here], stacks.get(there) or replace(after.stacks[there], resources={})
        going = {id: resource for id, resource in source.resources.items() if old[key].holds(here, resource)}
        if not going.keys() & target.resources.keys():
            staying = {id: resource for id, resource in source.resources.items() if id not in going}
            stacks[here] = replace(source, resources=staying)
            stacks[there] = replace(target, resources={**target.resources, **going})
    return replace(before, stacks=stacks), moved


UNSAID = "also changes: only the lines on which something is declared, or the order of statements"
"""Where two assemblies are not equal, and nothing else differs."""


def compare(before: Assembly, after: Assembly, now: datetime) -> list[Change]:
    """All that differs between two assemblies."""
    before = aligned(before, after)
    base, moved = followed(before, after)
    changes = _AssemblyChanges(base, after, now, moved).changes()
    if not changes and before != after:
        return [Change(about=ChangeSubject(kind="lines", name="lines and order"), kind=Topic.OTHER, text=UNSAID)]
    return changes


@dataclass
class _AssemblyChanges:
    before: Assembly
    after: Assembly
    now: datetime
    # Batches that another stack makes now, each with a sentence
    moved: Mapping[BatchKey, str]
    lists: dict[tuple[str, str, str], ChangeList] = field(default_factory=dict)
    covered: dict[StackKey, Covered] = field(default_factory=lambda: defaultdict(Covered))
    flows: dict[StackKey, ChangeList] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        self.homes = homes(self.before), homes(self.after)
        # Stage to where secrets come from that the base's batches of it take
        self.known: dict[str, set[str]] = defaultdict(set)
        for (stage, _), side in self.before.batches.items():
            self.known[stage].update({*side.sources} - side.parameter_sources)
        batches, others = self.before.batches, self.after.batches
        new_names = renames(batches, others)
        for key in sorted({*batches, *others}):
            self._batch(key)
            if key in new_names:
                renamed(batches[key], new_names[key], self._about("batch", key[1], key[0]))
        self._workflows()
        for stack in sorted({*self.before.stacks, *self.after.stacks}):
            self._stack(stack)
        return [change for changes in self.lists.values() for change in changes.entries]

    def _about(self, kind: str, name: str, stage: str) -> ChangeList:
        return self.lists.setdefault((kind, name, stage), ChangeList(ChangeSubject(kind=kind, name=name), stage))

    def _workflows(self) -> None:
        """Adds what differs of workflows, and notes whose stacks are theirs."""
        batch_stacks = {home.stack for places in self.homes for home in places.values()}
        before, after = self.before.workflows, self.after.workflows
        for key in sorted({*before, *after}):
            changes, old, new = self._about("workflow", key[1], key[0]), before.get(key), after.get(key)
            stacks = self._records([side.manifest.path for side in (old, new) if side])
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
                    self.covered[stack].resources.add(record)

    def _records(self, paths: list[str]) -> dict[StackKey, str]:
        """The stacks of a workflow, each with the logical id of the parameter that holds its record."""
        stacks = [item for side in (self.before, self.after) for item in side.stacks.items()]
        return {key: found.id for key, stack in stacks for found in stack.find(_PARAMETER, "Name", paths)}

    def _batch(self, key: BatchKey) -> None:
        changes = self._about("batch", key[1], key[0])
        sides = old, new = self.before.batches.get(key), self.after.batches.get(key)
        makes = [self._makes(key, place) for place in (0, 1)]
        if key in self.moved:
            changes.add(Topic.REPLACED, self.moved[key], FailOn.REPLACED)
        if old and new and old.raw == new.raw:
            return
        if old and new:
            parts = both(old, new, self.now, changes)
        elif new:
            parts = arrival(new, self.now, changes, elsewhere=_has(self.before.batches, key[1]))
        elif old:
            home = self.homes[0].get(key)
            stays = home.stack.outermost.name if home and home.stack.outermost not in self.after.stacks else ""
            kept = [resource.name for resource in makes[0] if resource.kept]
            parts = departure(old, kept, stays, changes, elsewhere=_has(self.after.batches, key[1]))
        if new:
            to_do(old, new, self.known[key[0]], changes)
            if not old and (listing := inventory(makes[1])):
                changes.add(Topic.OTHER, f"makes {listing}")
        for place, assembly in ((0, self.before), (1, self.after)):
            side, home = sides[place], self.homes[place].get(key)
            if side and home:
                covered = self.covered[home.stack]
                _cover(covered, assembly.stacks[home.stack], side, parts, sides)
                covered.whole.update(resource.id for resource in makes[place] if not old or not new)

    def _makes(self, key: BatchKey, place: int) -> list[StackResource]:
        """The resources of a batch: all of its stack, where it has that for itself."""
        home = self.homes[place].get(key)
        if home is None:
            return []
        is_alone = [other.stack for other in self.homes[place].values()].count(home.stack) == 1
        resources = (self.before, self.after)[place].stacks[home.stack].resources.values()
        return [resource for resource in resources if is_alone or home.holds(home.stack, resource)]

    def _stack(self, key: StackKey) -> None:
        old, new = self.before.stacks.get(key), self.after.stacks.get(key)
        stack = new or old
        if stack is None or old == new:
            return
        of_batch = self._owner(key)
        whole = of_batch(None) or self.flows.get(key) or self._about("stack", *self._label(key, stack))
        if new is None and key.is_nested and key.outermost in self.after.stacks:
            new = replace(stack, resources={})  # the deployment of the stack that it was in deletes it
        if new is None:
            # Of a batch that has gone with its stack its own change says what becomes of it.
            departs = any(home.stack == key and name not in self.after.batches for name, home in self.homes[0].items())
            if not key.is_nested and not departs:
                place = self._place(key)
                text = f"stack {key.name}{place} is no longer in the app, and stays deployed until it is deleted"
                region = f" --region {key.region}" if place else ""
                command = f"aws cloudformation delete-stack --stack-name {shlex.quote(key.name)}{region}"
                whole.add(Topic.REMOVED, text, FailOn.REMOVED, commands=[command])
            return
        covered = self.covered[key]
        if old is None:
            if of_batch(None) is None:
                text = f"new stack {key.name}{self._place(key)}: makes {inventory(new.resources.values()) or 'nothing'}"
                whole.add(Topic.ADDED, text, state="new" if whole.about.kind == "stack" else "")
                covered.whole.update(new.resources)
            old, new = Stack(key=StackKey(new.key.name), resources={}), replace(new, rest={})
        StackChanges(old, new, covered, owner=lambda resource: of_batch(resource) or whole, whole=whole).add()

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
        """Short name and stage of a stack."""
        tags = stack.rest.get("tags")
        tags = tags if isinstance(tags, Mapping) else {}
        project, stage = str(tags.get(TAG_PROJECT, "")), str(tags.get(TAG_STAGE, ""))
        stages = {batch[0] for places in self.homes for batch, home in places.items() if home.stack == key}
        stage = stage or (stages.pop() if len(stages) == 1 else "")
        leads = (f"{project}-{stage}-", f"{project}-") if project else ()
        names = [key.name.removeprefix(lead) for lead in leads if key.name.startswith(lead) and key.name != lead]
        return f"{names[0] if names else key.name}{self._place(key)}", stage


def _cover(covered: Covered, stack: Stack, side: Declared, parts: Parts, sides: Iterable[Declared | None]) -> None:
    """Notes what its file has of a batch's stack, so that each thing is shown once."""
    old, new = (each.raw if each else {} for each in sides)
    if any(old.get(name) != new.get(name) for name in ("manifest", "parameters", "watch")):
        names, batch = StageNames.of(side.batch), side.batch.batch
        values = side.raw.get("parameters", {}).values()
        paths = {str(value.get("path")) for value in values if isinstance(value, Mapping)}
        described = stack.find(_PARAMETER, "Name", {*paths, names.manifest(batch), names.watch(batch)})
        covered.resources.update(resource.id for resource in described)
    was, now = (raw.get("task") or {} for raw in (old, new))
    properties = {f"{name[:1].upper()}{name[1:]}" for name in {*was, *now} if was.get(name) != now.get(name)}
    covered.tasks.update((task.id, properties) for task in stack.find(TASK, "Family", {family(side)}))
    for name in ("task", "execution"):
        arn = str(((side.raw.get("access") or {}).get(name) or {}).get("arn") or "")
        if role := arn.rpartition("/")[2]:
            covered.roles[role] = (f"its {name} role", *parts)


def _has(declared: Iterable[BatchKey], name: str) -> bool:
    """Whether any stage has a batch or a workflow of this name."""
    return any(known == name for _, known in declared)
