"""A run of a workflow that leaves steps out: which steps run, and why, and what a person has to decide before. Pure.

A run and the runs again of it are a line, and count together: what has succeeded in one of them is done, unless a later
one was to run it once more.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from batchwright_runner.contract.executions import Execution
from batchwright_runner.contract.options import DONE
from batchwright_runner.contract.verdicts import Row, word
from batchwright_runner.contract.workflows.rules import NOT_STARTED, PASSED_OVER, StepState, StepStatus, decide
from batchwright_runner.contract.workflows.structure import Chain, Structure, WorkflowStep, steps_of


class UndecidedError(ValueError):
    """Which steps are to run is not clear. The message says why."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class LineRun:
    """A run of a line."""

    run: str
    done: Mapping[str, str]
    ends: Mapping[str, StepState]


@dataclass(frozen=True, slots=True)
class KnownStep:
    """What is known of a step from a line."""

    state: StepState
    why: str

    @property
    def done(self) -> bool:
        """Whether it has succeeded, or was declared done."""
        return self.state.status in (StepStatus.SUCCEEDED, StepStatus.PASSED_OVER)

    def left_alone(self, step: WorkflowStep) -> bool:
        """Whether it need not run again: it is done, or its failure is ignored."""
        return self.done or (step.on_failure == "ignore" and self.state.has_failed)

    @property
    def unknown(self) -> bool:
        """Whether it may have succeeded, and that is not known."""
        return self.state.row is Row.NO_RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainRequest:
    """What a person asks for."""

    # Who, ``user@host``
    by: str
    # The steps that run, with all that follows them, whatever became of them
    begin: Sequence[str] = ()
    done: Collection[str] = ()
    line: Sequence[LineRun] | None = None
    # Step to the run, of those that have succeeded by hand since, for the same time
    mended: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class StepPlan:
    """What is planned for a step."""

    step: str
    runs: bool
    why: str


def told_done(execution: Execution) -> dict[str, str]:
    """Step to why, of those that were given to a run as done."""
    done = execution.given.get(DONE)
    return {step: str(why) for step, why in done.items()} if isinstance(done, Mapping) else {}


def known_steps(line: Sequence[LineRun]) -> dict[str, KnownStep]:
    """What is known of the steps of a line; a later run counts for more, even one that did not reach a step."""
    steps: dict[str, KnownStep] = {}
    for run in line:
        if run.ends:
            steps = {step: KnownStep(NOT_STARTED, f"not started in {run.run}") for step in steps}
        steps |= {step: KnownStep(PASSED_OVER, why) for step, why in run.done.items()}
        steps |= {step: KnownStep(state, f"{_word(state)} in {run.run}") for step, state in run.ends.items()}
    return steps


def plan(structure: Structure, request: AgainRequest) -> list[StepPlan]:
    """What runs, in declared order."""
    known = known_steps(request.line or ())
    onward = {step for name in request.begin for step in following(structure, name)}
    plans = [_planned(structure, step, request, known, onward) for step in structure.all_steps]
    both = [(name, f"--from {name} contradicts --done {name}") for name in request.begin if name in request.done]
    undecided = [*both, *_undecided(structure, request, known, onward, plans)]
    if undecided:
        steps = {step for step, _ in undecided}
        name = steps.pop() if len(steps) == 1 else "STEP"
        hint = f"--from {name} runs it and all that follows it, --done {name} takes it as done"
        raise UndecidedError("; ".join(why for _, why in undecided), hint)
    alone = {step.name for step in structure.all_steps if step.name in known and known[step.name].left_alone(step)}
    closes = request.line is not None and not alone.issuperset(request.done)
    if not (request.begin or closes or any(planned.runs and planned.step not in alone for planned in plans)):
        of = f" of {request.line[-1].run}" if request.line else ""
        raise UndecidedError(f"nothing is left{of}: every step is done", "--from STEP runs a step and all that follows")
    return plans


def done_of(plans: Sequence[StepPlan]) -> dict[str, str]:
    """Step to why, of those that do not run: part of the machine's input."""
    return {planned.step: planned.why for planned in plans if not planned.runs}


def following(structure: Structure, name: str) -> frozenset[str]:
    """A step and all that begins after its end only."""
    last = [step.name for step in structure.always]
    if name in last:
        return frozenset(last[last.index(name) :])
    return frozenset({*_onward(structure.steps, name), *last})


def _onward(chain: Chain, name: str) -> set[str]:
    for at, item in enumerate(chain):
        inside = {name} if isinstance(item, WorkflowStep) and item.name == name else set[str]()
        for branch in () if isinstance(item, WorkflowStep) else item.branches:
            inside |= _onward(branch, name)
        if inside:
            return inside | {step.name for step in steps_of(chain[at + 1 :])}
    return set()


def _planned(
    structure: Structure,
    step: WorkflowStep,
    request: AgainRequest,
    known: Mapping[str, KnownStep],
    onward: Collection[str],
) -> StepPlan:
    name, before = step.name, known.get(step.name)
    if name in request.done:
        return StepPlan(name, runs=False, why=f"done, as {request.by} said")
    if name in onward:
        begin = next(first for first in request.begin if name in following(structure, first))
        return StepPlan(name, runs=True, why=f"--from {begin}" + (f", {before.why}" if before else ""))
    if request.line is None and request.begin:
        return StepPlan(name, runs=False, why=f"not after {' or '.join(request.begin)}, where {request.by} began")
    if step in structure.always:
        return StepPlan(name, runs=True, why="always runs")
    if before is None:
        return StepPlan(name, runs=True, why=f"not started in {request.line[-1].run}" if request.line else "not done")
    ignored = ", which is ignored" if before.left_alone(step) and not before.done else ""
    return StepPlan(name, runs=not before.left_alone(step), why=f"{before.why}{ignored}")


def _undecided(
    structure: Structure,
    request: AgainRequest,
    known: Mapping[str, KnownStep],
    onward: Collection[str],
    plans: Sequence[StepPlan],
) -> Iterator[tuple[str, str]]:
    """Steps that would run because of the line, each with why that is not clear."""
    names = {planned.step for planned in plans}
    gone = [step for step, before in known.items() if step not in names and (before.done or before.unknown)]
    new = _new(structure, request, known) if gone else set[str]()
    last = {step.name for step in structure.always}
    rest = {
        planned.step for planned in plans if planned.runs and planned.step not in onward and planned.step not in last
    }
    for name in (planned.step for planned in plans if planned.step in rest):
        if name in known and known[name].unknown:
            yield name, f"whether step {name} succeeded is not known: {known[name].why}"
        elif request.mended and name in request.mended:
            yield name, f"step {name} has succeeded since, for the same time, in {request.mended[name]}"
        elif name in new:
            yield name, f"step {name} is new, and {', '.join(gone)} is gone: {known[gone[0]].why}"
    for begin in request.begin:
        for name in sorted(names & rest):
            if begin in following(structure, name):
                yield name, f"step {name}, before {begin}, has not succeeded"


def _new(structure: Structure, request: AgainRequest, known: Mapping[str, KnownStep]) -> set[str]:
    """The steps that would have begun, had they been declared when the line's runs were made."""
    states = {step: before.state for step, before in known.items() if before.state != NOT_STARTED}
    states |= dict.fromkeys(request.done, PASSED_OVER)
    return {step.name for step in decide(structure, states).start if step.name not in known}


def _word(state: StepState) -> str:
    return state.status.value if state.row is None else word(state.row, state.code)
