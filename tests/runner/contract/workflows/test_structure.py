"""What a workflow is made of, and its JSON."""

import pytest

from batchwright_runner.contract.workflows.structure import (
    DEEPEST,
    MOST_STEPS,
    ParallelGroup,
    Structure,
    WorkflowError,
    WorkflowStep,
)


def test_steps_come_in_declared_order_and_those_that_always_run_last() -> None:
    structure = Structure(
        steps=(
            WorkflowStep(name="extract"),
            ParallelGroup(((WorkflowStep(name="load"), WorkflowStep(name="check")), (WorkflowStep(name="coupons"),))),
        ),
        always=(WorkflowStep(name="summary"),),
    )

    assert [step.name for step in structure.all_steps] == ["extract", "load", "check", "coupons", "summary"]


def test_a_step_runs_the_batch_of_its_name_unless_it_says_another() -> None:
    assert WorkflowStep(name="load").batch == "load"
    assert WorkflowStep(name="load-again", batch="load").batch == "load"


BESIDE = ParallelGroup(((WorkflowStep(name="load"),), (WorkflowStep(name="check"),)))


@pytest.mark.parametrize(
    ("steps", "always", "says"),
    [
        ((), (), "it has no steps"),
        (("load", "load"), (), "step load comes twice"),
        (("load",), ("load",), "step load comes twice"),
        (("load", BESIDE), (), "step load comes twice"),
        (tuple(f"step-{number}" for number in range(MOST_STEPS + 1)), (), "it has 101 steps, 100 are allowed"),
        (tuple(f"step-{number}" for number in range(MOST_STEPS)), ("summary",), "it has 101 steps"),
        ((ParallelGroup(()),), (), "steps[0].parallel is [], not a list of branches"),
        ((ParallelGroup(((WorkflowStep(name="load"),), ())),), (), "none of them empty"),
        (("Load",), (), 'steps[0].step is "Load", not a name: 2 to 40'),
        (("x" * 41,), (), "steps[0].step has 41 characters, 2 to 40 are allowed"),
        ((3,), (), "steps[0] is 3, not a step or a group"),
        (("load",), (ParallelGroup(((WorkflowStep(name="mail"),),)),), "always[0] is"),
        (("load",), ({"parallel": [["mail"]]},), "always[0].step is missing"),
        (({"batch": "load"},), (), "steps[0].step is missing"),
        (({"step": "load", "on_failure": "retry"},), (), 'on_failure is "retry", not one of stop, fail-at-end, ignore'),
        (({"step": "load", "options": {"A-B": "1"}},), (), 'options holds "A-B", not the name of an option'),
        (({"step": "load", "options": ["A"]},), (), "steps[0].options is"),
        (({"parallel": [["load"], "check"]},), (), 'steps[0].parallel[1] is "check", not a list of steps'),
        (("load", {"parallel": [["Up"], [{"step": 1}]]}), (), 'parallel[0][0].step is "Up"'),
        ("load", (), 'steps is "load", not a list of steps'),
    ],
)
def test_what_cannot_be_is_refused(steps: object, always: object, says: str) -> None:
    with pytest.raises(WorkflowError) as error:
        Structure(steps=steps, always=always)  # type: ignore[arg-type]  # as it is read from JSON

    assert says in str(error.value)


def test_groups_are_inside_one_another_up_to_a_limit() -> None:
    def nested(depth: int) -> object:
        return {"parallel": [[nested(depth - 1)]]} if depth else "load"

    assert Structure(steps=(nested(DEEPEST),)).all_steps == (WorkflowStep(name="load"),)  # type: ignore[arg-type]
    with pytest.raises(WorkflowError, match="is inside of 20 groups, 20 are allowed"):
        Structure(steps=(nested(DEEPEST + 1),))  # type: ignore[arg-type]
