"""Two assemblies compared: every change, each once for each stage. Pure."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.names import TAG_PROJECT, TAG_STAGE
from batchwright_runner.workbench.diff.access import access_changes
from batchwright_runner.workbench.diff.arrivals import arrival, departure, renamed, renames
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide, Side, WorkflowPair
from batchwright_runner.workbench.diff.change import Change, ChangeList, ChangeSubject, FailOn, Topic, When
from batchwright_runner.workbench.diff.owners import (
    Home,
    Move,
    aligned,
    carried,
    described,
    homes,
    moved,
    moves,
    tasks,
    workflow_stacks,
)
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.rules import Difference
from batchwright_runner.workbench.diff.schedules import schedule_changes
from batchwright_runner.workbench.diff.settings import setting_changes
from batchwright_runner.workbench.diff.stacks import Covered, StackChanges, inventory
from batchwright_runner.workbench.diff.task import cost_changes, task_changes
from batchwright_runner.workbench.diff.template import Stack, StackKey, StackResource
from batchwright_runner.workbench.diff.variables import variable_changes
from batchwright_runner.workbench.diff.watched import comparable, watch_changes
from batchwright_runner.workbench.diff.wording import differing
from batchwright_runner.workbench.diff.workflows import workflow_arrival, workflow_changes, workflow_departure


def compare(before: Assembly, after: Assembly, now: datetime) -> list[Change]:
    """All that differs between two assemblies."""
    before = aligned(before, after)
    elsewhere = moves(before, after)
    return _AssemblyChanges(carried(before, after, elsewhere.values()), after, now, elsewhere).changes()


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
        new_names = renames(self.before, self.after)
        for key, old, new in _sides(self.before.batches, self.after.batches):
            changes = self._about("batch", key[1], key[0])
            if old and new:
                if old.raw != new.raw or key in self.moves:
                    self._both(key, old, new, changes)
            elif new:
                self._come(key, new, changes)
            elif old:
                self._gone(key, old, changes)
                if key in new_names:
                    renamed(old, new_names[key], changes)
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
            self.known[stage] = frozenset(source for side in sides for source in side.secret_sources)
        return self.known[stage]

    def _workflows(self) -> None:
        """Adds what differs of workflows, and notes whose stacks are theirs."""
        batch_stacks = {home.stack for places in self.homes for home in places.values()}
        for key, old, new in _sides(self.before.workflows, self.after.workflows):
            changes = self._about("workflow", key[1], key[0])
            flow = new or old
            stacks = workflow_stacks((self.before, self.after), flow.manifest.path) if flow else {}
            self.flows.update(dict.fromkeys({*stacks} - batch_stacks, changes))
            for stack, record in stacks.items():
                self.covered.setdefault(stack, Covered()).resources.add(record)
            if old and new:
                workflow_changes(WorkflowPair(before=old, after=new, now=self.now), changes)
            elif new:
                workflow_arrival(new, self.now, changes, elsewhere=_has(self.before.workflows, key[1]))
            elif old:
                stays = any(stack.outermost not in self.after.stacks for stack in stacks)
                workflow_departure(old, changes, stays=stays, elsewhere=_has(self.after.workflows, key[1]))

    def _both(self, key: BatchKey, old: BatchSide, new: BatchSide, changes: ChangeList) -> None:
        if key in self.moves:
            moved(self.moves[key], changes)
        pair = BatchPair(before=old, after=new, now=self.now, known=self._known(key[0]))
        differences = access_changes(pair, changes)
        schedule_changes(pair, changes)
        setting_changes(pair, changes)
        task_changes(pair, changes)
        cost_changes(pair, changes)
        variable_changes(pair, changes)
        watch_changes(pair, changes)
        if not changes.entries:
            changes.add_leaves(Topic.ABOUT, "its file,", comparable(old.raw), comparable(new.raw), When.DEPLOY)
        properties = {f"{name[:1].upper()}{name[1:]}" for name, _, _ in differing(old.task, new.task)}
        is_described = any(old.raw.get(name) != new.raw.get(name) for name in ("manifest", "parameters", "watch"))
        for assembly, side, places in zip((self.before, self.after), (old, new), self.homes, strict=True):
            if home := places.get(key):
                covered, stack = self._cover(home, side, changes, differences), assembly.stacks[home.stack]
                covered.resources.update(described(side, stack) if is_described else ())
                covered.tasks.update(dict.fromkeys(tasks(side, stack), properties))

    def _cover(
        self, home: Home, side: BatchSide, changes: ChangeList, differences: Mapping[str, list[Difference]]
    ) -> Covered:
        """What files describe of a batch's stack, with what differs of its roles in the batch's own."""
        covered = self.covered.setdefault(home.stack, Covered())
        covered.families[changes.about] = side.family
        covered.differences.update(differences)
        return covered

    def _come(self, key: BatchKey, new: BatchSide, changes: ChangeList) -> None:
        home = self.homes[1].get(key)
        resources = self._resources(home, self.after, 1)
        elsewhere = _has(self.before.batches, key[1])
        differences = arrival(new, resources, self.now, self._known(key[0]), changes, elsewhere=elsewhere)
        if home is not None:
            self._cover(home, new, changes, differences).resources.update(resource.id for resource in resources)

    def _gone(self, key: BatchKey, old: BatchSide, changes: ChangeList) -> None:
        home = self.homes[0].get(key)
        had = self._resources(home, self.before, 0)
        stays = home.stack.outermost.name if home and home.stack.outermost not in self.after.stacks else ""
        elsewhere = _has(self.after.batches, key[1])
        departure(old, [resource for resource in had if resource.kept], stays, changes, elsewhere=elsewhere)
        if home is not None:
            self._cover(home, old, changes, {}).resources.update(resource.id for resource in had)

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
                listing = inventory(new.resources.values()) or "nothing"
                text = f"new stack {key.name}{self._place(key)}: makes {listing}"
                whole.add(Topic.ADDED, text, When.DEPLOY, come=whole.about.kind == "stack")
                covered.resources.update(new.resources)
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


def _sides(
    before: Mapping[BatchKey, Side], after: Mapping[BatchKey, Side]
) -> list[tuple[BatchKey, Side | None, Side | None]]:
    """Batches or workflows of two assemblies, as each has them; none where it does not."""
    return [(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]


def _has(declared: Iterable[BatchKey], name: str) -> bool:
    """Whether any stage has a batch or a workflow of this name."""
    return any(known == name for _, known in declared)


def _stack_gone(stack: StackKey, place: str, changes: ChangeList) -> None:
    text = f"stack {stack.name}{place} is no longer in the app, and stays deployed until it is deleted"
    region = f" --region {stack.region}" if place else ""
    command = f"aws cloudformation delete-stack --stack-name {shlex.quote(stack.name)}{region}"
    changes.add(Topic.REMOVED, text, When.STAY, commands=[command], gates=[FailOn.REMOVED])
