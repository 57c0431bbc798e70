"""What runs again of a workflow, and what a person has to decide before."""

import re

import pytest

from batchwright_runner.contract.workflows.again import AgainRequest, LineRun, UndecidedError, done_of, following, plan
from batchwright_runner.contract.workflows.names import again_id, first_id
from batchwright_runner.contract.workflows.rules import PASSED_OVER, StepState, decide
from tests.kit.again_rows import ROWS_AGAIN, AgainRow, line_run
from tests.kit.workflow_rows import ROWS, WorkflowRow, ended, predecessors, shape


@pytest.mark.parametrize("row", ROWS_AGAIN, ids=str)
def test_what_runs_again(row: AgainRow) -> None:
    if row.refused:
        with pytest.raises(UndecidedError) as refused:
            plan(row.structure, row.asked)
        assert str(refused.value).startswith(row.refused)
        assert re.match(r"--from (STEP|step-\w) runs", refused.value.hint)
        return
    plans = plan(row.structure, row.asked)

    assert tuple(planned.step for planned in plans if planned.runs) == row.runs
    assert not set(row.asked.done) & set(row.runs)
    assert [planned.step for planned in plans] == [step.name for step in row.structure.all_steps]
    assert all(planned.why for planned in plans)
    states = dict.fromkeys(done_of(plans), PASSED_OVER)
    while (decision := decide(row.structure, states)).verdict is None:
        states |= {step.name: StepState.of(*ended("0")) for step in decision.start}
    assert decision.verdict.code == 0
    assert {name for name, state in states.items() if state != PASSED_OVER} == set(row.runs)


@pytest.mark.parametrize("row", [row for row in ROWS if row.whole is None and not row.passed_over], ids=str)
def test_what_failed_in_any_row_runs_until_all_is_well(row: WorkflowRow) -> None:
    """The run that a row says, then one again in which all succeeds: after it nothing is left."""
    ends = {step: row.end(step) for wave in row.waves for step in wave}
    first = LineRun("night", {}, ends)
    counted = {step.name for step in row.structure.all_steps if step.on_failure == "ignore" and step.name in ends}
    unknown = {step for step, end in ends.items() if end.row == ended("no-result")[0]} - counted
    wrong = [step for step, end in ends.items() if end.has_failed and step not in counted]
    if not wrong and len(ends) == len(row.structure.all_steps):
        with pytest.raises(UndecidedError, match="nothing is left"):
            plan(row.structure, AgainRequest(by="jane", line=[first]))
        return
    plans = plan(row.structure, AgainRequest(by="jane", line=[first], begin=sorted(unknown)))

    last = {step.name for step in row.structure.always}
    rest = {step.name for step in row.structure.all_steps if step.name not in ends or step.name in wrong}
    assert {planned.step for planned in plans if planned.runs} == rest | last
    good = {planned.step: StepState.of(*ended("0")) for planned in plans if planned.runs}
    again = LineRun("night-again-1", done_of(plans), good)
    with pytest.raises(UndecidedError, match="nothing is left of night-again-1"):
        plan(row.structure, AgainRequest(by="jane", line=[first, again]))


def test_who_said_that_a_step_is_done_is_kept() -> None:
    first, structure = line_run(0, "a b=3"), shape("a b c")
    before = plan(structure, AgainRequest(by="jane@ops", done=["step-b"], line=[first]))
    second = LineRun("night-again-1", done_of(before), {"step-c": StepState.of(*ended("4"))})
    plans = plan(structure, AgainRequest(by="bob@ops", line=[first, second]))

    why = {"step-a": "succeeded in night", "step-b": "done, as jane@ops said", "step-c": "exit 4 in night-again-1"}
    assert {planned.step: planned.why for planned in plans} == why


@pytest.mark.parametrize("text", ["a b c ; y z", "a [b [c d / e] / f] g ; z", "[[a / b] c / d] e"])
def test_what_follows_a_step_is_what_waits_for_its_end(text: str) -> None:
    structure = shape(text)
    before = predecessors(structure)

    for step in structure.all_steps:
        waits = {name for name, first in before.items() if step.name in first}
        assert following(structure, step.name) == waits | {step.name}


@pytest.mark.parametrize("first", ["night", "rundeck/server/7", "night-again", "a-again-0", "x" * 128])
def test_any_id_of_a_line_leads_to_the_first(first: str) -> None:
    assert [first_id(again_id(first, number)) for number in (0, 1, 42)] == [(first, 0), (first, 1), (first, 42)]


def test_each_step_at_which_a_new_run_begins_is_named() -> None:
    first, *_ = plan(shape("[a b / c] d"), AgainRequest(by="jane@ops", begin=["step-b", "step-c"]))

    assert first.why == "not after step-b or step-c, where jane@ops began"
