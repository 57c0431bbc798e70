"""Two assemblies compared: every change, each said once for each stage. Pure."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from batchwright_runner.contract.names import TAG_PROJECT, TAG_STAGE, family
from batchwright_runner.workbench.diff import grants
from batchwright_runner.workbench.diff.access import access_changes
from batchwright_runner.workbench.diff.arrivals import arrival, departure, renamed, renames
from batchwright_runner.workbench.diff.batch import Pair, Side
from batchwright_runner.workbench.diff.change import About, Change, Gate, Kind, When
from batchwright_runner.workbench.diff.costs import cost_changes
from batchwright_runner.workbench.diff.moves import Move, carried, moved, moves
from batchwright_runner.workbench.diff.owners import Home, aligned, homes, told
from batchwright_runner.workbench.diff.read import Assembly, BatchKey
from batchwright_runner.workbench.diff.said import Said
from batchwright_runner.workbench.diff.schedules import schedule_changes
from batchwright_runner.workbench.diff.settings import setting_changes
from batchwright_runner.workbench.diff.stacks import Covered, empty, inventory, stack_changes
from batchwright_runner.workbench.diff.task import task_changes
from batchwright_runner.workbench.diff.template import Resource, Stack, StackKey
from batchwright_runner.workbench.diff.told_roles import Told, told_roles
from batchwright_runner.workbench.diff.variables import variable_changes
from batchwright_runner.workbench.diff.watched import comparable, watch_changes
from batchwright_runner.workbench.diff.wording import became, leaves

_TASK = "AWS::ECS::TaskDefinition"


def compare(before: Assembly, after: Assembly, now: datetime) -> list[Change]:
    """All that differs between two assemblies.

    Args:
        before: The base.
        after: What it becomes.
        now: The time from which on next due times count. With a time zone.
    """
    before = aligned(before, after)
    elsewhere = moves(before, after)
    return _Comparison(carried(before, after, elsewhere.values()), after, now, elsewhere).changes()


@dataclass
class _Comparison:
    before: Assembly
    after: Assembly
    now: datetime
    moves: Mapping[BatchKey, Move]
    said: dict[tuple[str, str, str], Said] = field(default_factory=dict)
    covered: dict[StackKey, Covered] = field(default_factory=dict)
    known: dict[str, frozenset[str]] = field(default_factory=dict)

    def changes(self) -> list[Change]:
        self.homes = homes(self.before), homes(self.after)
        new_names = renames(self.before, self.after)
        for key in sorted({*self.before.batches, *self.after.batches}):
            old, new = self.before.batches.get(key), self.after.batches.get(key)
            if old == new and key not in self.moves:
                continue
            if old is not None and new is not None:
                self._both(key, Side.of(old), Side.of(new))
            elif new is not None:
                self._come(key, Side.of(new))
            elif old is not None:
                self._gone(key, Side.of(old), new_names.get(key, ""))
        for one in sorted({*self.before.stacks, *self.after.stacks}):
            self._stack(one)
        return [change for said in self.said.values() for change in said.changes]

    def _about(self, kind: str, name: str, stage: str) -> Said:
        return self.said.setdefault((kind, name, stage), Said(About(kind=kind, name=name), stage))

    def _cover(self, stack: StackKey) -> Covered:
        return self.covered.setdefault(stack, Covered())

    def _known(self, stage: str) -> frozenset[str]:
        """Where secrets come from that the base's batches of a stage take."""
        if stage not in self.known:
            sides = [Side.of(raw) for (of, _), raw in self.before.batches.items() if of == stage]
            self.known[stage] = frozenset(source for side in sides for source in side.secret_sources)
        return self.known[stage]

    def _both(self, key: BatchKey, old: Side, new: Side) -> None:
        stage, name = key
        said = self._about("batch", name, stage)
        if key in self.moves:
            moved(self.moves[key], said)
        pair = Pair(stage=stage, name=name, before=old, after=new, now=self.now, known=self._known(stage))
        access_changes(pair, said)
        schedule_changes(pair, said)
        setting_changes(pair, said)
        task_changes(pair, said)
        cost_changes(pair, said)
        variable_changes(pair, said)
        watch_changes(pair, said)
        if not said.changes:
            for path, was, now in leaves(comparable(old.raw), comparable(new.raw)):
                said.say(Kind.ABOUT, f"its file, {path}: {became(was, now)}", When.DEPLOY)
        for assembly, side, places in zip((self.before, self.after), (old, new), self.homes, strict=True):
            home = places.get(key)
            if home is not None:
                self._cover_both(assembly.stacks[home.stack], self._cover(home.stack), side, old, new)

    def _cover_both(self, stack: Stack, covered: Covered, side: Side, old: Side, new: Side) -> None:
        if any(old.raw.get(key) != new.raw.get(key) for key in ("manifest", "parameters", "watch")):
            covered.resources.update(told(side, stack))
        if old.raw.get("access") != new.raw.get("access"):
            _tell_roles(covered.roles_before if side is old else covered.roles, side, stack)
        covered.own.update(_own_roles(side))
        keys = {key for key in {*old.task, *new.task} if old.task.get(key) != new.task.get(key)}
        name = family(side.manifest.project, side.manifest.stage, side.manifest.batch)
        for one in stack.resources.values():
            if one.type == _TASK and one.properties.get("Family") == name:
                told_of = {f"{key[:1].upper()}{key[1:]}" for key in keys}
                covered.tasks.setdefault(one.id, set()).update(told_of)

    def _come(self, key: BatchKey, new: Side) -> None:
        stage, name = key
        home = self.homes[1].get(key)
        stack = self.after.stacks[home.stack] if home else None
        made = _resources(home, stack, alone=self._is_alone(home, 1))
        said = self._about("batch", name, stage)
        elsewhere = any(other == name for _, other in self.before.batches)
        arrival(stage, new, made, self.now, self._known(stage), said, elsewhere=elsewhere)
        if home is not None and stack is not None:
            covered = self._cover(home.stack)
            covered.resources.update(one.id for one in made)
            _tell_roles(covered.roles, new, stack)
            covered.own.update(_own_roles(new))

    def _gone(self, key: BatchKey, old: Side, new_name: str) -> None:
        stage, name = key
        home = self.homes[0].get(key)
        stack = self.before.stacks[home.stack] if home else None
        had = _resources(home, stack, alone=self._is_alone(home, 0))
        stays = home.stack.outermost.name if home and home.stack.outermost not in self.after.stacks else ""
        said = self._about("batch", name, stage)
        elsewhere = any(other == name for _, other in self.after.batches)
        departure(stage, old, [one for one in had if one.kept], stays, said, elsewhere=elsewhere)
        if new_name:
            renamed(stage, old, new_name, said)
        if home is not None:
            self._cover(home.stack).resources.update(one.id for one in had)

    def _is_alone(self, home: Home | None, side: int) -> bool:
        """Whether a batch has its stack for itself."""
        return home is not None and sum(one.stack == home.stack for one in self.homes[side].values()) == 1

    def _stack(self, key: StackKey) -> None:
        old, new = self.before.stacks.get(key), self.after.stacks.get(key)
        if old == new:
            return
        stack = new or old
        assert stack is not None  # noqa: S101 - one of them has it
        stage, label = self._label(key, stack)
        of_batch = self._owner(key)
        whole = of_batch(None) or self._about("stack", label, stage)
        if new is None and key.is_nested and key.outermost in self.after.stacks:
            new = replace(stack, resources={})  # the deployment of the stack that it was in deletes it
        if new is None:
            if not key.is_nested and not self._departs(key):
                _stack_gone(key, self._place(key), whole)
            return
        if old is None and of_batch(None) is None:
            made = inventory(new.resources.values()) or "nothing"
            whole.say(Kind.ADDED, f"new stack {key.name}{self._place(key)}: makes {made}", When.DEPLOY, come=True)
            self._cover(key).resources.update(new.resources)
        covered = self._cover(key)
        covered.last.update(self._made_last(key, new))
        before = old or empty(stack)
        for one in (before, new):
            covered.resources.update(_policies_of(one, {*covered.roles_before, *covered.roles}))
        if old is None:
            new = Stack(name=new.name, place=new.place, resources=new.resources)

        def owner(resource: Resource) -> Said:
            return of_batch(resource) or whole

        stack_changes(before, new, covered, owner, whole)

    def _made_last(self, key: StackKey, stack: Stack) -> set[str]:
        """What of a stack is made when all else of a batch has been: what its file tells of."""
        batches = [batch for batch, home in self.homes[1].items() if home.stack == key]
        return {id for batch in batches for id in told(Side.of(self.after.batches[batch]), stack)}

    def _departs(self, stack: StackKey) -> bool:
        """Whether a batch of a stack has gone from the app: then it is said what becomes of that."""
        return any(home.stack == stack and key not in self.after.batches for key, home in self.homes[0].items())

    def _owner(self, stack: StackKey) -> "_Owner":
        keys = {key: home for places in self.homes for key, home in places.items() if home.stack == stack}
        return _Owner(keys, stack, self._about)

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
            stages = {one[0] for places in self.homes for one, home in places.items() if home.stack == key}
            stage = stages.pop() if len(stages) == 1 else ""
        for start in (f"{project}-{stage}-", f"{project}-"):
            if project and stack.name.startswith(start) and stack.name != start:
                return stage, f"{stack.name.removeprefix(start)}{self._place(key)}"
        return stage, f"{stack.name}{self._place(key)}"


@dataclass(frozen=True)
class _Owner:
    """Gives the batch that a resource of a stack belongs to; for no resource the only batch of the stack."""

    keys: Mapping[BatchKey, Home]
    stack: StackKey
    about: "object"

    def __call__(self, resource: Resource | None) -> Said | None:
        fitting = [key for key, home in self.keys.items() if resource is not None and home.holds(self.stack, resource)]
        chosen = fitting or (list(self.keys) if len(self.keys) == 1 else [])
        if not chosen:
            return None
        stage, name = chosen[0]
        return self.about("batch", name, stage)  # type: ignore[operator, no-any-return] # it is `_Comparison._about`


def _tell_roles(roles: dict[str, list[Told]], side: Side, stack: Stack) -> None:
    for name, one in told_roles(side, stack).items():
        roles.setdefault(name, []).append(one)


def _own_roles(side: Side) -> set[str]:
    name = family(side.manifest.project, side.manifest.stage, side.manifest.batch)
    return {f"role {name}-{part}" for part in ("task", "exec", "stop", "flow")}


def _resources(home: Home | None, stack: Stack | None, *, alone: bool) -> list[Resource]:
    if home is None or stack is None:
        return []
    return [one for one in stack.resources.values() if alone or home.holds(home.stack, one)]


def _policies_of(stack: Stack, roles: Iterable[str]) -> set[str]:
    """The logical ids of the policies that are attached to nothing but these roles."""
    known = set(roles)
    by_resource: dict[str, set[str]] = {}
    for holder, held in grants.holders(stack).items():
        for id in held.resources:
            by_resource.setdefault(id, set()).add(holder.name)
    types = {id: one.type for id, one in stack.resources.items()}
    return {id for id, names in by_resource.items() if names <= known and types[id] == "AWS::IAM::Policy"}


def _stack_gone(stack: StackKey, place: str, said: Said) -> None:
    text = f"stack {stack.name}{place} is no longer in the app, and stays deployed until it is deleted"
    region = f" --region {stack.region}" if place else ""
    command = f"aws cloudformation delete-stack --stack-name {shlex.quote(stack.name)}{region}"
    said.say(Kind.REMOVED, text, When.STAY, commands=[command], gates=[Gate.REMOVED])
