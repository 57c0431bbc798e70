"""Every row of the workflows' table, played by the machine on AWS."""

import json

import pytest

from batchwright_runner.contract.pauses import Pause
from batchwright_runner.contract.verdicts import Row
from batchwright_runner.contract.workflows.again import done_of, plan
from batchwright_runner.contract.workflows.rules import FAILED_VARIABLE, StepStatus
from tests.kit.again_rows import ROWS_AGAIN, AgainRow
from tests.kit.state_machine import Ended
from tests.kit.workflow_rows import ROWS, WorkflowRow, ended
from tests.library.automation.workflows import PARENT, TAKES, ScriptedSteps, error_of, execute


def played(row: WorkflowRow, steps: ScriptedSteps) -> Ended:
    """Plays a row. Of a step's attempts, which its own machine makes, the last one is its end."""
    steps.errors = {step: error_of(*ended(ends[-1])) for step, ends in row.attempts.items()}
    given = {"done": dict.fromkeys(sorted(row.passed_over), "succeeded in 9f1c")} if row.passed_over else {}
    if row.stop:
        wave = next(number for number, names in enumerate(row.waves) if row.stop in names)
        steps.stopped_at = steps.clock.now + 3 + TAKES * (wave + 0.5)  # the machine lets other executions appear first
    if row.whole is Row.PAUSED:
        steps.pause = Pause(reason="moving").to_json()
    if row.whole is Row.OVERLAP:
        other = {"ExecutionArn": f"{PARENT}0", "Name": "9f1c0", "StartDate": "2026-01-01T00:00:00.000Z"}
        steps.executions.append(other)
    return execute(row.structure, steps, given)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_machine_keeps_the_row(row: WorkflowRow) -> None:
    steps = ScriptedSteps()
    end = played(row, steps)

    assert steps.waves == tuple(tuple(sorted(wave)) for wave in row.waves)
    failed = {child.given.get(FAILED_VARIABLE) for child in steps.children.values()} - {None}
    assert failed == ({row.told} if row.told is not None else set())
    if row.stop:
        assert end.status == "ABORTED"
        return
    assert (end.status, end.error) == (("SUCCEEDED", "") if row.verdict.code == 0 else ("FAILED", row.verdict.error))
    output = end.output if end.status == "SUCCEEDED" else json.loads(end.cause)
    states = dict.fromkeys(row.states, StepStatus.NOT_STARTED) | dict.fromkeys(row.passed_over, StepStatus.PASSED_OVER)
    assert states | {end["step"]: end["status"] for end in output["ends"]} == row.states
    assert output.get("step", "") == row.verdict.step


@pytest.mark.parametrize("row", [row for row in ROWS_AGAIN if not row.refused], ids=str)
def test_the_machine_runs_again_what_was_planned(row: AgainRow) -> None:
    steps, done = ScriptedSteps(), done_of(plan(row.structure, row.asked))
    end = execute(row.structure, steps, {"done": done, "by": "jane@ops"})

    assert {child.step for child in steps.children.values()} == set(row.runs)
    statuses = {step["step"]: step["status"] for step in end.output["ends"]}
    assert {step for step, status in statuses.items() if status == StepStatus.PASSED_OVER} == set(done)
    assert statuses.keys() == {step.name for step in row.structure.all_steps}
