"""The loop of a workflow's steps, held to the table of rules; the steps only say how they end."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from batchwright_runner.contract.verdicts import ROWS as VERDICTS
from batchwright_runner.contract.verdicts import Row, Verdict
from batchwright_runner.contract.workflows.rules import StepStatus, WorkflowVerdict
from batchwright_runner.contract.workflows.structure import WorkflowStep
from batchwright_runner.errors import StartError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.signals import LeaveNow, SignalWaiter, Waiter
from batchwright_runner.host.runs.workflow_end import StepEnd
from batchwright_runner.workbench.local.workflows.loop import LocalSteps, StepsLoop
from tests.kit.manifests import manifest
from tests.kit.workflow_rows import ROWS, WorkflowRow, ended, predecessors, shape

LOCAL = [row for row in ROWS if not row.whole]
"""The rows that a machine of one's own can play: no pause and no other run keeps a workflow from beginning there."""
STOPPED = WorkflowVerdict(Row.SIGNAL, 143)


class Seen(LocalSteps):
    """What is told of the steps."""

    def __init__(self) -> None:
        self.begun_steps: list[str] = []
        self.ended_steps: set[str] = set()
        self.over_at_start: dict[str, frozenset[str]] = {}
        self.at_once = 0

    def begun(self, step: WorkflowStep) -> None:
        self.begun_steps.append(step.name)
        self.over_at_start[step.name] = frozenset(self.ended_steps)
        self.at_once = max(self.at_once, len(self.begun_steps) - len(self.ended_steps))

    def ended(self, end: StepEnd, run: RunEnd | None) -> None:
        del run
        self.ended_steps.add(end.step.name)

    def tick(self) -> float:
        return float("inf")


def run_end(row: Row, code: int) -> RunEnd:
    return RunEnd(verdict=Verdict(row, code, VERDICTS[row].phrase, "ask"), manifest=manifest(), task="process 1")


def play(
    row: WorkflowRow, parallelism: int, stop: Callable[[], object] = lambda: None
) -> tuple[WorkflowVerdict, StepsLoop, Seen, set[str]]:
    """Plays a row; steps that hang end by the signal alone, which ``stop`` sends when all of them have begun."""
    told, hang, lock = set[str](), set(row.hanging), threading.Lock()

    def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
        if step in row.structure.always:
            told.add(failed)
        if step.name not in row.hanging:
            return run_end(*ended(row.attempts.get(step.name, ("0",))[-1]))
        with lock:
            hang.discard(step.name)
            if not hang:
                stop()
        while not waiter.signals:
            waiter.wait(60)
        return run_end(Row.SIGNAL, 128 + waiter.signals[0])

    seen = Seen()
    with SignalWaiter() as waiter:
        loop = StepsLoop(row.structure, run, waiter, seen, parallelism, row.at_first())
        return loop.to_the_end(), loop, seen, told


@pytest.mark.parametrize("row", LOCAL, ids=str)
def test_the_loop_does_as_the_table_says(row: WorkflowRow) -> None:
    verdict, loop, seen, told = play(row, 100, lambda: os.kill(os.getpid(), signal.SIGTERM))

    assert {name: state.status for name, state in loop.states.items()} == row.states
    assert verdict == (STOPPED if row.stop else row.verdict)
    assert sorted(seen.begun_steps) == sorted(row.started)
    never = {name for name, status in row.states.items() if status in (StepStatus.NOT_STARTED, StepStatus.PASSED_OVER)}
    for step, over in seen.over_at_start.items():
        assert predecessors(row.structure)[step] <= over | never
    assert told == (set() if row.told is None else {row.told})


@pytest.mark.parametrize("row", [row for row in LOCAL if not row.stop], ids=str)
def test_one_at_a_time_means_one_branch_after_another(row: WorkflowRow) -> None:
    verdict, loop, seen, _ = play(row, 1)

    assert tuple(seen.begun_steps) == row.started
    assert seen.at_once == 1
    assert {name: state.status for name, state in loop.states.items()} == row.states
    assert verdict == row.verdict


def test_no_more_run_at_once_than_were_asked_for() -> None:
    wide = shape("[a b / c / d / e] f")
    two = threading.Barrier(2, timeout=10)
    seen = Seen()

    def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
        del failed, waiter
        if step.name in ("step-a", "step-c"):
            two.wait()  # only both together
        return run_end(Row.OWN, 0)

    with SignalWaiter() as waiter:
        assert StepsLoop(wide, run, waiter, seen, 2).to_the_end().code == 0
    assert seen.at_once == 2
    assert seen.begun_steps[:2] == ["step-a", "step-c"]
    assert len(seen.begun_steps) == 6


def test_a_step_that_cannot_be_started_is_a_step_that_failed() -> None:
    def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
        del step, failed, waiter
        raise StartError("no space left")

    with SignalWaiter() as waiter:
        loop = StepsLoop(shape("a b ; z"), run, waiter, Seen(), 1)
        verdict = loop.to_the_end()

    assert verdict == WorkflowVerdict(Row.NEVER_STARTED, 126, "step-a", begun=False)
    assert loop.ends["step-a"].to_dict()["why"] == "no space left"


def test_a_defect_in_a_step_is_not_hidden_and_leaves_no_other_running() -> None:
    left = threading.Event()

    def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
        del failed
        if step.name == "step-a":
            raise ZeroDivisionError
        try:
            waiter.wait(60)
        except LeaveNow:
            left.set()
        return run_end(Row.OWN, 0)

    with SignalWaiter() as waiter, pytest.raises(ZeroDivisionError):
        StepsLoop(shape("[a / b]"), run, waiter, Seen(), 2).to_the_end()
    assert left.is_set()


def test_a_second_signal_leaves_all_steps() -> None:
    def run(step: WorkflowStep, failed: str, waiter: Waiter) -> RunEnd:
        del failed
        if step.name == "step-b":
            os.kill(os.getpid(), signal.SIGTERM)
        while True:
            waiter.wait(0.3)
            if step.name == "step-b" and waiter.signals:
                os.kill(os.getpid(), signal.SIGINT)

    with SignalWaiter() as waiter:
        loop = StepsLoop(shape("[a / b] c"), run, waiter, Seen(), 2)
        verdict = loop.to_the_end()

    assert verdict == STOPPED
    assert {name: state.status.value for name, state in loop.states.items()} == {
        "step-a": "stopped",
        "step-b": "stopped",
        "step-c": "not started",
    }
    assert loop.ends["step-a"].to_dict()["why"] == "left at once on a second signal"
