"""The table of a workflow's rules, through the runner: it shows the same starts, states and verdict."""

import signal

import pytest

from batchwright_runner.contract.verdicts import Row
from tests.fake_aws import Interruption, Script, StartFailure
from tests.kit.workflow_rows import ROWS, WorkflowRow
from tests.runner.host.workflows.played import Account, sample_workflow

LONG = 10.0
"""Seconds that a step takes."""
WHY = "succeeded in night"
LATE = 300.0
"""When the whole is stopped: all that may have ended has ended by then."""


def script(end: str) -> Script:
    """An attempt that ends so; of what no task can tell, its machine says it."""
    if end == "ended-by-aws":
        return Script(runs=2 * LONG, interruption=Interruption(after=LONG))
    if end == "never-started":
        return Script(start_failure=StartFailure(reason="CannotPullContainerError: pull access denied"))
    return Script(runs=LONG, exit_code=int(end) if end.isdigit() else 0)


def account(row: WorkflowRow) -> Account:
    scripts = {step: [script(end) for end in ends] for step, ends in row.attempts.items()}
    scripts |= {step: [Script(runs=1e6)] for step in row.hanging}
    new = Account(sample_workflow(row.structure), scripts, retries=1, retry_on=(3, "interruption"))
    for step, ends in row.attempts.items():
        if not ends[-1].isdigit():
            new.server.world.machine_ends[step] = Row(ends[-1])
    if row.whole is not None:
        new.server.world.machine_ends["nightly"] = row.whole
    return new


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_runner_shows_what_the_rules_say(row: WorkflowRow) -> None:
    deployed = account(row)
    if row.stop:
        deployed.waiter.at[LATE] = signal.SIGTERM

    seen = deployed.run(given={"done": dict.fromkeys(row.passed_over, WHY)} if row.passed_over else {})

    assert seen.states == {name: status.value for name, status in row.states.items()}
    if row.stop:
        assert (seen.end.verdict.row, seen.end.verdict.code) == (Row.SIGNAL, 128 + signal.SIGTERM)
    else:
        assert (seen.end.verdict.row, seen.end.verdict.code) == (row.verdict.row, row.verdict.code)
    if row.verdict.step:
        assert seen.end.verdict.why.startswith(f"step {row.verdict.step}: ")
    assert {end.step.name for end in seen.end.steps if end.word == f"passed over: {WHY}"} == row.passed_over
    assert set(seen.begun) == {step for wave in row.waves for step in wave}
