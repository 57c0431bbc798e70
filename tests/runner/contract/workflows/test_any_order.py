"""The rules hold in whatever order steps end: the same steps start, each once, none is forgotten."""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from batchwright_runner.contract.workflows.rules import NOT_STARTED, RUNNING, StepState, WorkflowVerdict, decide
from batchwright_runner.contract.workflows.structure import Chain, OnFailure, Parallel, Step, Structure
from tests.kit.workflow_rows import ended, predecessors

ENDS = ["0"] * 6 + ["3", "4", "timeout", "paused", "overlap", "never-started", "stopped-by-others"]
ON_FAILURE: list[OnFailure] = ["stop", "stop", "fail-at-end", "ignore"]


@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_the_order_of_ends_changes_nothing(seed: int) -> None:
    for number in range(seed, seed + 40):
        random = Random(number)
        structure = any_structure(random)
        ends = {step.name: StepState.of(*ended(random.choice(ENDS))) for step in structure.all_steps}

        at_once = play(structure, ends, lambda running: running)
        for _ in range(3):
            assert play(structure, ends, lambda running: [random.choice(running)]) == at_once, number  # noqa: B023


def any_structure(random: Random) -> Structure:
    """Up to some dozen steps, in groups inside of one another."""
    names = (f"step-{number}" for number in range(1000))
    steps = any_chain(random, names, depth=0)
    return Structure(steps=steps, always=tuple(any_step(random, names) for _ in range(random.randrange(3))))


def any_chain(random: Random, names: Iterator[str], depth: int) -> Chain:
    return tuple(any_item(random, names, depth) for _ in range(random.randint(1, 3)))


def any_item(random: Random, names: Iterator[str], depth: int) -> Step | Parallel:
    if depth == 3 or random.random() < 0.6:
        return any_step(random, names)
    return Parallel(tuple(any_chain(random, names, depth + 1) for _ in range(random.randint(1, 3))))


def any_step(random: Random, names: Iterator[str]) -> Step:
    return Step(name=next(names), on_failure=random.choice(ON_FAILURE))


def play(
    structure: Structure, ends: dict[str, StepState], over: Callable[[list[str]], list[str]]
) -> tuple[dict[str, StepState], WorkflowVerdict]:
    """Plays it; ``over`` says which of the running steps end next. Gives all states, and the verdict."""
    states: dict[str, StepState] = {}
    before = predecessors(structure)
    while True:
        decision = decide(structure, states)
        states |= {step.name: NOT_STARTED for step in decision.never if states.get(step.name) is None}
        if decision.verdict is not None:
            assert {*states} == {*ends}
            return states, decision.verdict
        for step in decision.start:
            assert step.name not in states
            assert all(states.get(name, RUNNING) != RUNNING for name in before[step.name])
        states |= {step.name: RUNNING for step in decision.start}
        states |= {name: ends[name] for name in over([name for name, state in states.items() if state == RUNNING])}
