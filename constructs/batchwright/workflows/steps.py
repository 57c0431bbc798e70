"""`Step` and `Parallel`, as a declaration has them, and the structure that they make. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import cast

from batchwright.arguments import arguments_of, checked_fields
from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.signatures import check_types
from batchwright.stage.base import Named, Platform
from batchwright_runner.contract.checks import NAME, NAME_LENGTHS
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.options import RunOption, wrong_value
from batchwright_runner.contract.two_at_once import REFUSING, WAITING
from batchwright_runner.contract.workflows.structure import (
    DEEPEST,
    MOST_STEPS,
    Chain,
    OnFailure,
    ParallelGroup,
    Structure,
    WorkflowStep,
    steps_of,
)

A_WORKFLOW = "which is a workflow; allowed: batches, as no workflow is a step of another one"
"""Why a workflow can be no step."""
_STEPS, _ALWAYS = "steps", "always"
_ITEM = "the name of a batch, the batch itself, Step('batch', …)"


@checked_fields
@dataclass(frozen=True, slots=True)
class Step:
    """A step of a workflow that says more than its batch: ``Step("report", options={"FORMAT": "csv"})``.

    Attributes:
        batch: The batch, or its name.
        name: Name of the step: 2 to 40 of a-z, 0-9 and single dashes. It is needed where a batch comes twice. Default:
            the batch's.
        options: Option to value, of the batch's options. Default: none.
        on_failure: What its failure means. ``stop``: nothing later in its chain, nor after the `Parallel` that it is
            in, starts. ``fail-at-end``: later steps start, and the workflow fails. ``ignore``: later steps start, and
            the failure does not count.
    """

    batch: str | Named
    name: str | None = field(default=None, kw_only=True)
    options: Mapping[str, str] | None = field(default=None, kw_only=True)
    on_failure: OnFailure = field(default="stop", kw_only=True)


class Parallel:
    """Branches that begin at once: ``Parallel("coupons-load", ["orders-load", "orders-check"])``.

    Attributes:
        branches: The branches.
    """

    def __init__(self, *branches: "Item | Sequence[Item]") -> None:
        """Groups branches.

        Args:
            branches: The branches, one at least: each is a step, or a list of steps and groups that run one after
                another.
        """
        self.branches = branches


Item = str | Named | Step | Parallel
"""What a chain is made of: a batch, or its name, a `Step` or a `Parallel`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBatches:
    """The batches that a workflow may have as steps."""

    here: Mapping[str, BatchManifest]
    # Name to why it is none of them, of what the project has beside these
    elsewhere: Mapping[str, str]
    # Their stage's platform
    platform: Platform


def structure_of(
    subject: str,
    steps: Sequence[Item],
    always: Sequence[str | Named | Step],
    batches: KnownBatches,
    options: Sequence[RunOption],
) -> Structure:
    """The structure of a workflow, checked."""
    reader = _StepReader(subject, batches, [option.name for option in options])
    chain = reader.chain(_STEPS, steps)
    last = reader.steps_alone(always)
    reader.check_whole()
    _check_side_by_side(subject, chain, batches.here)
    return Structure(steps=chain, always=last)


@dataclass(slots=True)
class _StepReader:
    """Reads the steps of one workflow."""

    subject: str
    batches: KnownBatches
    options: Collection[str]
    _read: dict[str, WorkflowStep] = field(default_factory=dict)

    def chain(self, argument: str, items: object, depth: int = 0) -> Chain:
        """Reads a chain: a list of steps and groups."""
        if isinstance(items, str) or not isinstance(items, Sequence) or not items:
            raise wrong(self.subject, argument, items, f"a list of steps, one at least: {_ITEM}, Parallel(…)")
        return tuple(
            self._group(item, depth) if isinstance(item, Parallel) else self._step(argument, item) for item in items
        )

    def steps_alone(self, items: object) -> tuple[WorkflowStep, ...]:
        """Reads what runs at the end: steps, one after another."""
        if isinstance(items, str) or not isinstance(items, Sequence):
            raise wrong(self.subject, _ALWAYS, items, f"a list of steps: {_ITEM}")
        if any(isinstance(item, Parallel) for item in items):
            raise DeclarationError(
                self.subject, _ALWAYS, f"a Parallel was given; allowed: {_ITEM}, which run one after another"
            )
        return tuple(self._step(_ALWAYS, item) for item in items)

    def check_whole(self) -> None:
        """Raises unless the steps that were read can be one workflow's."""
        if len(self._read) > MOST_STEPS:
            problem = f"there are {len(self._read)} steps, those of {_ALWAYS} counted; allowed: {MOST_STEPS}"
            raise DeclarationError(self.subject, _STEPS, problem)
        declared = {option.name for step in self._read.values() for option in self.batches.here[step.batch].options}
        for option in self.options:
            if option not in declared:
                problem = f"{option!r} was given, and no step's batch declares it; allowed: {_listed(declared)}"
                raise DeclarationError(self.subject, "options", problem)

    def _group(self, group: Parallel, depth: int) -> ParallelGroup:
        if depth >= DEEPEST:
            problem = f"a Parallel is in {depth} others; allowed: {DEEPEST} in one another"
            raise DeclarationError(self.subject, _STEPS, problem)
        if not group.branches:
            problem = "a Parallel is empty; allowed: Parallel('one', 'another'), with one branch at least"
            raise DeclarationError(self.subject, _STEPS, problem)
        chains = [branch if isinstance(branch, list | tuple) else [branch] for branch in group.branches]
        if any(not chain for chain in chains):
            problem = "a branch of a Parallel is empty; allowed: a step, or a list of steps, one at least"
            raise DeclarationError(self.subject, _STEPS, problem)
        return ParallelGroup(tuple(self.chain(_STEPS, chain, depth + 1) for chain in chains))

    def _step(self, argument: str, item: object) -> WorkflowStep:
        declared = item if isinstance(item, Step) else Step(cast("Named", item))
        batch_name = getattr(declared.batch, "name", None) if hasattr(declared.batch, "platform") else declared.batch
        if not isinstance(batch_name, str):
            groups = "" if argument == _ALWAYS else ", Parallel(…)"
            raise wrong(self.subject, argument, item, f"{_ITEM}{groups}; a list is a branch of a Parallel")
        at = f"{argument}[{batch_name!r}]"
        home = getattr(declared.batch, "platform", self.batches.platform)
        if home is not self.batches.platform:
            problem = f"it is of stage {home.stage}'s platform; allowed: batches of the workflow's own"
            raise DeclarationError(self.subject, at, problem)
        check_types(f"{self.subject}: {at}", Step, {name: getattr(declared, name) for name in arguments_of(Step)})
        batch = self._batch(at, batch_name)
        name = batch_name if declared.name is None else declared.name
        if not NAME.fullmatch(name) or len(name) not in NAME_LENGTHS:
            raise wrong(self.subject, f"{at}.name", name, "2 to 40 of a-z, 0-9 and single dashes, a letter first")
        if name in self._read:
            twice = f"{name!r} comes twice; allowed: each name once"
            raise DeclarationError(self.subject, at, twice, remedy=f"write Step({batch_name!r}, name='…')")
        self._check_options(f"{at}.options", batch, declared.options or {})
        step = WorkflowStep(
            name=name, batch=batch_name, on_failure=declared.on_failure, options=dict(declared.options or {})
        )
        self._read[name] = step
        return step

    def _batch(self, argument: str, name: str) -> BatchManifest:
        if name in self.batches.here:
            return self.batches.here[name]
        if name in self.batches.elsewhere:
            raise DeclarationError(self.subject, argument, f"{name!r} was given, {self.batches.elsewhere[name]}")
        raise unknown(self.subject, argument, name, self.batches.here)

    def _check_options(self, argument: str, batch: BatchManifest, options: Mapping[str, str]) -> None:
        declared = {option.name: option for option in batch.options}
        for name, value in options.items():
            if name not in declared:
                problem = (
                    f"{name!r} was given, which batch {batch.batch} does not declare; allowed: {_listed(declared)}"
                )
                raise DeclarationError(self.subject, argument, problem)
            if name in self.options:
                problem = f"{name!r} is an option of the workflow, too; allowed: each in one of the two places"
                raise DeclarationError(self.subject, argument, problem)
            problem = wrong_value(declared[name], value) if value.strip() else "allowed: no blank value"
            if problem:
                raise DeclarationError(self.subject, argument, f"{name}={value!r} was given; {problem}")


def _check_side_by_side(subject: str, chain: Chain, batches: Mapping[str, BatchManifest]) -> None:
    """Raises for two steps of one batch that would refuse each other."""
    for group in chain:
        if isinstance(group, WorkflowStep):
            continue
        for branch, beside in combinations(group.branches, 2):
            others = {step.batch: step for step in steps_of(beside)}
            for step in steps_of(branch):
                if step.batch in others and batches[step.batch].at_once.refused:
                    problem = (
                        f"steps {step.name} and {others[step.batch].name} run beside each other, and their batch says "
                        f"{REFUSING}, so that one of them would not run; allowed: one after the other"
                    )
                    remedy = f"put them into one chain, or give the batch {WAITING}"
                    raise DeclarationError(subject, f"{_STEPS}[{step.batch!r}]", problem, remedy=remedy)
        for branch in group.branches:
            _check_side_by_side(subject, branch, batches)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
