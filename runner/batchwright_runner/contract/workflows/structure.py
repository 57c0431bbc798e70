"""What a workflow is made of: steps after and beside one another. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args

from batchwright_runner.contract import checks
from batchwright_runner.contract.forms import Choice, Form, TableForm, TextForm, fault
from batchwright_runner.contract.records import RecordError

OnFailure = Literal["stop", "fail-at-end", "ignore"]
"""``stop``: nothing later in its chain, nor after the groups it is in, starts. ``fail-at-end``: later steps start, and
the workflow fails. ``ignore``: later steps start, and the failure does not count."""
ON_FAILURE: tuple[OnFailure, ...] = get_args(OnFailure)

MOST_STEPS = 100
"""Steps that a workflow may have."""
DEEPEST = 20
"""Groups that may be inside one another."""


class WorkflowError(RecordError):
    """A workflow cannot be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStep:
    """A run of a batch, as a part of a workflow."""

    name: str
    # The batch that it runs. Default: the one that is called like the step.
    batch: str = ""
    # What its failure means for what comes later, and for the whole. Default: ``stop``.
    on_failure: OnFailure = "stop"
    # Option to value, of the batch's options. Default: none.
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "batch", self.batch or self.name)


@dataclass(frozen=True, slots=True)
class ParallelGroup:
    """Branches that begin at once; each is a chain."""

    # The branches, none of them empty
    branches: tuple["Chain", ...]


Chain: TypeAlias = tuple[WorkflowStep | ParallelGroup, ...]
"""Steps and groups, each of which begins when the one before it has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The steps of a workflow, in their order."""

    steps: Chain
    # Steps that run after all else, one after another, whatever became of the others. Default: none.
    always: tuple[WorkflowStep, ...] = ()

    def __post_init__(self) -> None:
        faults: list[str] = []
        for name, form in CHAINS.items():
            object.__setattr__(self, name, form.read(name, getattr(self, name), faults))
        faults = faults or structure_faults(self)
        if faults:
            raise WorkflowError("the workflow is not valid: " + "; ".join(faults))

    @property
    def all_steps(self) -> tuple[WorkflowStep, ...]:
        """Every step, in declared order; those of ``always`` come last."""
        return (*steps_of(self.steps), *self.always)


def steps_of(chain: Chain) -> Iterator[WorkflowStep]:
    """The steps of a chain, also those inside of its groups, in declared order."""
    for item in chain:
        if isinstance(item, WorkflowStep):
            yield item
        else:
            for branch in item.branches:
                yield from steps_of(branch)


def structure_faults(structure: Structure) -> list[str]:
    """What is wrong with the steps as a whole."""
    names = [step.name for step in structure.all_steps]
    faults = [f"step {name} comes twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if not structure.steps:
        faults.append("it has no steps")
    if len(names) > MOST_STEPS:
        faults.append(f"it has {len(names)} steps, {MOST_STEPS} are allowed")
    return faults


NAME = TextForm(
    "a name: 2 to 40 of a-z, 0-9 and single dashes between them, a letter first",
    checks.NAME,
    checks.NAME_LENGTHS[0],
    checks.NAME_LENGTHS[-1],
)
"""The name of a step; a workflow's has the same form."""
_STEP: Mapping[str, Form] = {
    "step": NAME,
    "batch": NAME,
    "on_failure": Choice(ON_FAILURE),
    "options": TableForm(
        "an object from options to values", TextForm("the name of an option", checks.VARIABLE, 1), TextForm()
    ),
}


@dataclass(frozen=True, slots=True)
class ChainForm(Form):
    """A chain: a list of steps and, where it may have them, groups.

    A step is an object, or its name alone where all else is the default; a group is ``{"parallel": [[...], [...]]}``.
    """

    groups: bool = True
    depth: int = 0

    def read(self, name: str, value: Any, faults: list[str]) -> Any:  # noqa: ANN401, D102 - as in Form
        if not isinstance(value, list | tuple):
            faults.append(fault(name, value, "a list of steps"))
            return ()
        return tuple(self._item(f"{name}[{index}]", item, faults) for index, item in enumerate(value))

    def _item(self, name: str, value: Any, faults: list[str]) -> WorkflowStep | ParallelGroup:  # noqa: ANN401 - any JSON
        if isinstance(value, WorkflowStep):
            value = _fields(value)
        if isinstance(value, str):
            value = {"step": value}
        if self.groups and isinstance(value, ParallelGroup):
            value = {"parallel": value.branches}
        if not isinstance(value, Mapping):
            faults.append(fault(name, value, f"a step{' or a group' if self.groups else ''}"))
        elif self.groups and "parallel" in value:
            return self._group(f"{name}.parallel", value["parallel"], faults)
        elif value.get("step") is None:
            faults.append(f"{name}.step is missing")
        else:
            parts = {key: part for key, part in value.items() if key in _STEP and part is not None}
            read = {key: _STEP[key].read(f"{name}.{key}", part, faults) for key, part in parts.items()}
            return WorkflowStep(name=read.pop("step"), **read)
        return WorkflowStep(name="")

    def _group(self, name: str, value: Any, faults: list[str]) -> ParallelGroup:  # noqa: ANN401 - any JSON
        if self.depth >= DEEPEST:
            faults.append(f"{name} is inside of {self.depth} groups, {DEEPEST} are allowed")
        elif not isinstance(value, list | tuple) or not value or [] in value or () in value:
            faults.append(fault(name, value, "a list of branches, each a list of steps and none of them empty"))
        else:
            inside = ChainForm(depth=self.depth + 1)
            branches = (inside.read(f"{name}[{index}]", branch, faults) for index, branch in enumerate(value))
            return ParallelGroup(tuple(branches))
        return ParallelGroup(())

    def write(self, value: Any) -> Any:  # noqa: ANN401, D102 - as in Form
        return [
            _step(item)
            if isinstance(item, WorkflowStep)
            else {"parallel": [self.write(branch) for branch in item.branches]}
            for item in value
        ]


CHAINS: Mapping[str, Form] = {"steps": ChainForm(), "always": ChainForm(groups=False)}
"""The forms of the two chains."""


def _fields(step: WorkflowStep) -> dict[str, Any]:
    return {"step": step.name, "batch": step.batch, "on_failure": step.on_failure, "options": dict(step.options)}


def _step(step: WorkflowStep) -> str | dict[str, Any]:
    """A step's JSON: its name alone, where all else is the default."""
    usual = _fields(WorkflowStep(name=step.name))
    written = {key: value for key, value in _fields(step).items() if key == "step" or value != usual[key]}
    return step.name if written.keys() == {"step"} else written
