"""Mixtures of trouble, seeded: whatever happens to the runner, AWS runs each step once, and the same end is seen."""

import random
import signal

import pytest

from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.rules import NOT_STARTED, RUNNING, StepState, decide
from batchwright_runner.contract.workflows.structure import ParallelGroup, Structure, WorkflowStep
from batchwright_runner.host.aws.errors import ApiError
from tests.fake_aws import Script, Term, lines
from tests.runner.host.workflows.played import Account, Played, sample_workflow

PASSES = (
    ApiError("ThrottlingException", "Rate exceeded"),
    ApiError("InternalFailure", "an internal error", status=500),
    ApiError("IncompleteRead", "the answer was cut off", lost=True),
)


class Killed(BaseException):
    """The runner is killed."""


class Mixture:
    """A workflow, how its steps end, and what happens to its runner."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        names = iter("abcdefghijkl")
        steps = tuple(self._item(names, 0) for _ in range(self.chance.randint(1, 3)))
        always = tuple(self._step(name) for name in "yz"[: self.chance.randint(0, 2)])
        self.structure = Structure(steps=steps, always=always)
        self.codes = {step.name: self.chance.choice((0, 0, 0, 3)) for step in self.structure.all_steps}
        self.stopped_at = self.chance.uniform(1.0, 60.0) if self.chance.random() < 0.3 else 0.0
        self.kills = self.chance.randint(0, 3)

    def _step(self, letter: str) -> WorkflowStep:
        return WorkflowStep(name=f"step-{letter}", on_failure=self.chance.choice(("stop", "fail-at-end", "ignore")))

    def _item(self, names: "object", depth: int) -> WorkflowStep | ParallelGroup:
        if depth > 1 or self.chance.random() < 0.6:
            return self._step(next(names))  # type: ignore[call-overload] # an iterator
        chains = range(self.chance.randint(1, 2))
        return ParallelGroup(tuple(tuple(self._item(names, depth + 1) for _ in range(1)) for _ in chains))

    def account(self) -> Account:
        """The account in which it runs; the times of its steps are random."""
        scripts = {
            name: [
                Script(
                    lines=lines(name),
                    runs=1e6 if self.stopped_at and self.chance.random() < 0.4 else self.chance.uniform(1.0, 20.0),
                    deprovisioning=self.chance.uniform(0.5, 15.0),
                    exit_code=code,
                    term=Term(after=self.chance.uniform(0.0, 5.0)),
                )
            ]
            for name, code in self.codes.items()
        }
        account = Account(sample_workflow(self.structure), scripts)
        account.server.world.stops_children = self.chance.random() < 0.5
        for operation in ("StartExecution", "StopExecution", "GetExecutionHistory", "DescribeExecution", "ListTasks"):
            account.aws.fails[operation] = lambda _: self.chance.choice(PASSES) if self.chance.random() < 0.1 else None
        if self.stopped_at:
            account.waiter.at[self.stopped_at] = signal.SIGTERM
        return account

    def played(self, account: Account) -> Played:
        """Follows it to its end, by as many runners as it takes."""
        for _ in range(self.kills):
            account.aws.kills = (len(account.aws.calls) + self.chance.randint(0, 40), Killed)
            try:
                seen = account.run()
            except Killed:
                account.waiter.time += self.chance.uniform(0.0, 30.0)
                if account.waiter.signals:  # the one that was killed got them, and the next one gets them again
                    account.waiter.at = {account.waiter.time + 20.0: signal.SIGTERM}
            else:
                account.aws.kills = None
                return seen
        return account.run()

    def expected(self) -> tuple[dict[str, StepState], int]:
        """What the rules say, where no one stops it."""
        states: dict[str, StepState] = {}
        while (decision := decide(self.structure, states)).verdict is None:
            states |= {step.name: RUNNING for step in decision.start}
            ended = next(name for name, state in states.items() if state == RUNNING)
            states[ended] = StepState.of(Row.OWN, self.codes[ended])
        return {**{step.name: NOT_STARTED for step in self.structure.all_steps}, **states}, decision.verdict.code


@pytest.mark.parametrize("seed", range(40))
def test_each_step_runs_once_and_the_end_is_that_of_the_rules(seed: int) -> None:
    mixture = Mixture(seed)
    account = mixture.account()

    seen = mixture.played(account)

    world = account.server.world
    parent, *children = sorted(
        world.executions.values(), key=lambda execution: execution.machine != account.workflow.machine
    )
    assert len({child.machine for child in children}) == len(children)
    assert len(account.server.tasks) <= len(children)
    assert all(child.started <= parent.stopped for child in children)
    assert all(child.status != "RUNNING" for child in children)
    if parent.status == "ABORTED":
        assert seen.end.verdict.code == 128 + signal.SIGTERM
        assert all(task.times.ended <= world.clock() for task in account.server.tasks)
    else:
        states, code = mixture.expected()
        assert seen.states == {name: state.status.value for name, state in states.items()}
        assert seen.end.verdict.code == code
        assert sorted(seen.lines) == sorted(f"{task.family[16:]} | {task.family[16:]}" for task in account.server.tasks)
