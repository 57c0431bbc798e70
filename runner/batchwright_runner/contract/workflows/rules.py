"""The rules of a workflow: what starts now, what never will, and what the end of the whole is. Pure.

The engine on this machine asks `decide` after each end of a step; the state machine on AWS is made of the same
structure. The rows of the table that both are held to are in the tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from batchwright_runner.contract.verdicts import ROWS, Row, Verdict, name
from batchwright_runner.contract.workflows.structure import Chain, Structure, WorkflowStep, steps_of

FAILED_VARIABLE = "BATCHWRIGHT_WORKFLOW_FAILED"
"""A variable of the steps of ``always``: the names of the steps that have failed and count, with a space between."""


class StepStatus(StrEnum):
    """What has become of a step, in the words of people."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    NOT_STARTED = "not started"
    PASSED_OVER = "passed over"


NOT_BEGUN = frozenset({Row.USAGE, Row.OVERLAP, Row.PAUSED, Row.NEVER_STARTED})
"""The ends of a step of which nothing has run."""


@dataclass(frozen=True, slots=True)
class StepState:
    """The state of a step."""

    status: StepStatus
    # The row of its end. Default: it has not ended by itself.
    row: Row | None = None
    # The exit code of its end. Default: 0.
    code: int = 0

    @classmethod
    def of(cls, row: Row, code: int) -> "StepState":
        """The state of a step that has ended so; of several attempts the last one counts."""
        if row is Row.OWN and code == 0:
            return cls(StepStatus.SUCCEEDED, row)
        stopped = row in (Row.SIGNAL, Row.STOPPED_BY_OTHERS)
        return cls(StepStatus.STOPPED if stopped else StepStatus.FAILED, row, code)

    @property
    def has_failed(self) -> bool:
        """Whether it has ended other than well."""
        return self.status in (StepStatus.FAILED, StepStatus.STOPPED)

    @property
    def has_begun(self) -> bool:
        """Whether something of it has run, in this run of the workflow or in one before."""
        begun = (StepStatus.RUNNING, StepStatus.SUCCEEDED, StepStatus.PASSED_OVER)
        return self.status in begun or (self.has_failed and self.row not in NOT_BEGUN)


WAITING = StepState(StepStatus.WAITING)
RUNNING = StepState(StepStatus.RUNNING)
NOT_STARTED = StepState(StepStatus.NOT_STARTED)
PASSED_OVER = StepState(StepStatus.PASSED_OVER)
"""The state of a step that an earlier run, or a person's word, has done."""


@dataclass(frozen=True, slots=True)
class WorkflowVerdict:
    """The end of a workflow."""

    row: Row
    code: int
    # The step that decided it. Default: none did: all is well, or the whole was ended from outside.
    step: str = ""
    begun: bool = True

    @property
    def error(self) -> str:
        """The name that the machine fails with."""
        return name(self.row, self.code)

    def because(self, of: Verdict) -> Verdict:
        """The verdict of the command.

        `of`: what ended the whole: the end of the step that decided it, or what came from outside.
        """
        why = f"step {self.step}: {of.why}" if self.step else of.why
        if self.row is Row.STEP_NOT_RUN:
            why = f"{why}; {ROWS[self.row].phrase}"
        return Verdict(self.row, self.code, why, "again" if self.begun and self.code else of.again)


@dataclass(frozen=True, slots=True)
class WorkflowDecision:
    """What follows from the states of the steps."""

    start: tuple[WorkflowStep, ...]
    never: tuple[WorkflowStep, ...]
    # The end of the whole; none while a step runs or is to start
    verdict: WorkflowVerdict | None


def decide(
    structure: Structure, states: Mapping[str, StepState], halted: WorkflowVerdict | None = None
) -> WorkflowDecision:
    """What starts now, what never will, and the verdict.

    `halted`: what ends the whole from outside, while it runs or before: a stop, a signal, a pause, another run. Nothing
    is started any more, nor are the steps that always run.
    """
    in_order = [_state(states, step) for step in structure.all_steps]
    waiting = tuple(step for step, state in zip(structure.all_steps, in_order, strict=True) if state == WAITING)
    begun = any(state.has_begun for state in in_order)
    if halted:
        return WorkflowDecision((), waiting, None if RUNNING in in_order else replace(halted, begun=begun))
    walk = _Walk(states)
    walk.chain(structure.steps)
    if begun and not walk.busy:
        walk.in_turn(structure.always)
    if walk.busy:
        return WorkflowDecision(tuple(walk.start), tuple(walk.never), None)
    return WorkflowDecision((), waiting, verdict_of_steps(structure, states))


def failed_steps(structure: Structure, states: Mapping[str, StepState]) -> tuple[str, ...]:
    """The names of the steps that have failed and count, in declared order: what `FAILED_VARIABLE` holds."""
    return tuple(step.name for step in steps_of(structure.steps) if _counts(states, step))


def summary(structure: Structure, states: Mapping[str, StepState]) -> str:
    """How many steps have which state: ``3 succeeded, 1 failed (ignored), 2 not started``."""
    words = []
    for step in structure.all_steps:
        state = _state(states, step)
        ignored = state.has_failed and step.on_failure == "ignore"
        words.append(f"{state.status}{' (ignored)' if ignored else ''}")
    order = [f"{status}{ignored}" for status in StepStatus for ignored in ("", " (ignored)")]
    return ", ".join(f"{words.count(word)} {word}" for word in order if word in words)


@dataclass(slots=True)
class _Walk:
    """A walk through the steps."""

    states: Mapping[str, StepState]
    start: list[WorkflowStep] = field(default_factory=list)
    never: list[WorkflowStep] = field(default_factory=list)
    # Whether a step runs or is to start
    busy: bool = False

    def chain(self, chain: Chain) -> tuple[bool, bool]:
        """Walks along a chain; whether something of it is still going on, and whether what is after it may start."""
        busy = False
        for index, item in enumerate(chain):
            if isinstance(item, WorkflowStep):
                busy, on = self._step(item)
            else:
                ends = [self.chain(branch) for branch in item.branches]
                busy, on = any(goes for goes, _ in ends), all(may for _, may in ends)
            if not on:
                self.never += [step for step in steps_of(chain[index + 1 :]) if _state(self.states, step) == WAITING]
            if busy or not on:
                return busy, on
        return False, True

    def in_turn(self, steps: tuple[WorkflowStep, ...]) -> None:
        """Walks along steps of which each starts when the one before has ended, however it has."""
        for step in steps:
            if self._step(step)[0]:
                return

    def _step(self, step: WorkflowStep) -> tuple[bool, bool]:
        state = _state(self.states, step)
        if state == WAITING:
            self.start.append(step)
        goes_on = state in (WAITING, RUNNING)
        self.busy |= goes_on
        return goes_on, not (state == NOT_STARTED or (state.has_failed and step.on_failure == "stop"))


def verdict_of_steps(structure: Structure, states: Mapping[str, StepState]) -> WorkflowVerdict:
    """The end of the whole: the first step that has failed and counts, in declared order."""
    begun = any(state.has_begun for state in states.values())
    decisive = next((step for step in structure.all_steps if _counts(states, step)), None)
    if decisive is None:
        return WorkflowVerdict(Row.OWN, 0, begun=begun)
    state = states[decisive.name]
    row, code = state.row or Row.NO_RESULT, state.code
    if begun and row in NOT_BEGUN:
        row, code = Row.STEP_NOT_RUN, ROWS[Row.STEP_NOT_RUN].code
    return WorkflowVerdict(row, code, decisive.name, begun)


def _counts(states: Mapping[str, StepState], step: WorkflowStep) -> bool:
    return _state(states, step).has_failed and step.on_failure != "ignore"


def _state(states: Mapping[str, StepState], step: WorkflowStep) -> StepState:
    return states.get(step.name, WAITING)
