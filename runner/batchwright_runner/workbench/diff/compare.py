"""Two assemblies compared: every change, each said once for each stage. Pure."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.names import TAG_PROJECT, TAG_STAGE, family
from batchwright_runner.workbench.diff.access import access_changes
from batchwright_runner.workbench.diff.arrivals import arrival, departure, renamed, renames
from batchwright_runner.workbench.diff.batch import BatchPair, BatchSide, WorkflowPair, WorkflowSide
from batchwright_runner.workbench.diff.change import Change, ChangeList, ChangeSubject, Gate, Kind, When
from batchwright_runner.workbench.diff.owners import (
    Home,
    Move,
    aligned,
    carried,
    homes,
    moved,
    moves,
    tasks,
    told,
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
from batchwright_runner.workbench.diff.wording import became, leaves
from batchwright_runner.workbench.diff.workflows import workflow_arrival, workflow_changes, workflow_departure


def compare(before: Assembly, after: Assembly, now: datetime) -> list[Change]:
    """All that differs between two assemblies.

    Args:
        before: The base.
        after: What it becomes.
        now: The time from which on next due times count. With a time zone.
    """
    before = aligned(before, after)
    elsewhere = moves(before, after)
    return _AssemblyChanges(carried(before, after, elsewhere.values()), after, now, elsewhere).changes()


@dataclass
class _AssemblyChanges:
    before: Assembly
    after: Assembly
    now: datetime
    moves: Mapping[BatchKey, Move]
    said: dict[tuple[str, str, str], ChangeList] = field(default_factory=dict)
    covered: dict[StackKey, Covered] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)
    flows: dict[StackKey, ChangeList] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        self.homes = homes(self.before), homes(self.after)
        new_names = renames(self.before, self.after)
        for key in sorted({*self.before.batches, *self.after.batches}):
            old, new = (
                BatchSide.of(raw) if (raw := side.batches.get(key)) else None for side in (self.before, self.after)
            )
            said = self._about("batch", key[1], key[0])
            if old and new:
                if old.raw != new.raw or key in self.moves:
                    self._both(key, old, new, said)
            elif new:
                self._come(key, new, said)
            elif old:
                self._gone(key, old, said)
                if key in new_names:
                    renamed(old, new_names[key], said)
        self._workflows()
        for stack in sorted({*self.before.stacks, *self.after.stacks}):
            self._stack(stack)
        return [change for said in self.said.values() for change in said.changes]

    def _about(self, kind: str, name: str, stage: str) -> ChangeList:
        return self.said.setdefault((kind, name, stage), ChangeList(ChangeSubject(kind=kind, name=name), stage))

    def _known(self, stage: str) -> frozenset[str]:
        """Where secrets come from that the base's batches of a stage take."""
        if stage not in self.known:
            sides = [BatchSide.of(raw) for (of, _), raw in self.before.batches.items() if of == stage]
            self.known[stage] = frozenset(source for side in sides for source in side.secret_sources)
        return self.known[stage]

    def _workflows(self) -> None:
        """Says what differs of workflows, and whose stacks are theirs."""
        batch_stacks = {home.stack for places in self.homes for home in places.values()}
        sides = (self.before, self.after)
        for key in sorted({*self.before.workflows, *self.after.workflows}):
            old, new = (WorkflowSide.of(raw) if (raw := side.workflows.get(key)) else None for side in sides)
            said = self._about("workflow", key[1], key[0])
            elsewhere = [any(other == key[1] for _, other in side.workflows) for side in sides]
            flow = new or old
            stacks = workflow_stacks(sides, flow.manifest.path) if flow else {}
            self.flows.update(dict.fromkeys({*stacks} - batch_stacks, said))
            for stack, record in stacks.items():
                self.covered.setdefault(stack, Covered()).resources.add(record)
            if old and new:
                workflow_changes(WorkflowPair(before=old, after=new, now=self.now), said)
            elif new:
                workflow_arrival(new, self.now, said, elsewhere=elsewhere[0])
            elif old:
                stays = any(stack.outermost not in self.after.stacks for stack in stacks)
                workflow_departure(said, stays=stays, elsewhere=elsewhere[1])

    def _both(self, key: BatchKey, old: BatchSide, new: BatchSide, said: ChangeList) -> None:
        if key in self.moves:
            moved(self.moves[key], said)
        pair = BatchPair(before=old, after=new, now=self.now, known=self._known(key[0]))
        told_of = access_changes(pair, said)
        schedule_changes(pair, said)
        setting_changes(pair, said)
        task_changes(pair, said)
        cost_changes(pair, said)
        variable_changes(pair, said)
        watch_changes(pair, said)
        if not said.changes:
            for path, was, now in leaves(comparable(old.raw), comparable(new.raw)):
                said.say(Kind.ABOUT, f"its file, {path}: {became(was, now)}", When.DEPLOY)
        keys = {
            f"{key[:1].upper()}{key[1:]}" for key in {*old.task, *new.task} if old.task.get(key) != new.task.get(key)
        }
        is_told = any(old.raw.get(name) != new.raw.get(name) for name in ("manifest", "parameters", "watch"))
        for assembly, side, places in zip((self.before, self.after), (old, new), self.homes, strict=True):
            if home := places.get(key):
                covered, stack = self._cover(home, side, said, told_of), assembly.stacks[home.stack]
                covered.resources.update(told(side, stack) if is_told else ())
                covered.tasks.update(dict.fromkeys(tasks(side, stack), keys))

    def _cover(self, home: Home, side: BatchSide, said: ChangeList, told_of: Mapping[str, list[Difference]]) -> Covered:
        """What files tell of a batch's stack, with what the batch's own says of its roles."""
        covered = self.covered.setdefault(home.stack, Covered())
        covered.families[said.about] = family(side.manifest.project, side.manifest.stage, side.manifest.batch)
        covered.told.update(told_of)
        return covered

    def _come(self, key: BatchKey, new: BatchSide, said: ChangeList) -> None:
        home = self.homes[1].get(key)
        made = self._resources(home, self.after, 1)
        elsewhere = any(other == key[1] for _, other in self.before.batches)
        told_of = arrival(new, made, self.now, self._known(key[0]), said, elsewhere=elsewhere)
        if home is not None:
            self._cover(home, new, said, told_of).resources.update(resource.id for resource in made)

    def _gone(self, key: BatchKey, old: BatchSide, said: ChangeList) -> None:
        home = self.homes[0].get(key)
        had = self._resources(home, self.before, 0)
        stays = home.stack.outermost.name if home and home.stack.outermost not in self.after.stacks else ""
        elsewhere = any(other == key[1] for _, other in self.after.batches)
        departure(old, [resource for resource in had if resource.kept], stays, said, elsewhere=elsewhere)
        if home is not None:
            self._cover(home, old, said, {}).resources.update(resource.id for resource in had)

    def _resources(self, home: Home | None, assembly: Assembly, side: int) -> list[StackResource]:
        """The resources of a batch: all of its stack, where it has that for itself."""
        if home is None:
            return []
        is_alone = [other.stack for other in self.homes[side].values()].count(home.stack) == 1
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
                made = inventory(new.resources.values()) or "nothing"
                whole.say(Kind.ADDED, f"new stack {key.name}{self._place(key)}: makes {made}", When.DEPLOY, come=True)
                covered.resources.update(new.resources)
            old, new = Stack(key=StackKey(new.key.name), resources={}), replace(new, rest={})
        StackChanges(
            before=old,
            after=new,
            covered=covered,
            owner=lambda resource: of_batch(resource) or whole,
            whole=whole,
        ).say()

    def _departs(self, stack: StackKey) -> bool:
        """Whether a batch of a stack has gone from the app: then it is said what becomes of that."""
        return any(home.stack == stack and key not in self.after.batches for key, home in self.homes[0].items())

    def _owner(self, stack: StackKey) -> Callable[[StackResource | None], ChangeList | None]:
        """Gives the batch that a resource of a stack belongs to; for no resource the only batch of the stack."""
        found = {key: home for places in self.homes for key, home in places.items() if home.stack == stack}

        def owner(resource: StackResource | None) -> ChangeList | None:
            fitting = [key for key, home in found.items() if resource is not None and home.holds(stack, resource)]
            chosen = fitting or (list(found) if len(found) == 1 else [])
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


def _stack_gone(stack: StackKey, place: str, said: ChangeList) -> None:
    text = f"stack {stack.name}{place} is no longer in the app, and stays deployed until it is deleted"
    region = f" --region {stack.region}" if place else ""
    command = f"aws cloudformation delete-stack --stack-name {shlex.quote(stack.name)}{region}"
    said.say(Kind.REMOVED, text, When.STAY, commands=[command], gates=[Gate.REMOVED])
