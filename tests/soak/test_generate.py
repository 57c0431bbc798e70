"""A seed and a number always give the same plan, and all faults are among the plans."""

from collections.abc import Sequence

import pytest

from tests.soak.generate import SHAPES, generate
from tests.soak.plan import Plan
from tests.soak.trouble import OPERATIONS

Plans = Sequence[Plan]


@pytest.fixture(scope="module")
def some() -> Plans:
    return [generate(1, number) for number in range(400)]


def test_a_plan_can_be_made_again(some: Plans) -> None:
    assert [generate(1, number) for number in range(50)] == some[:50]


def test_another_seed_makes_other_plans(some: Plans) -> None:
    assert generate(2, 0) != some[0]


def test_a_plan_does_not_depend_on_those_before_it(some: Plans) -> None:
    assert generate(1, 300) == some[300]


def test_all_shapes_and_operations_come_up(some: Plans) -> None:
    assert {plan.shape for plan in some} == SHAPES.keys()
    assert {operation for plan in some for operation in plan.faults} == set(OPERATIONS)


def test_all_kinds_of_trouble_come_up(some: Plans) -> None:
    faults = [fault for plan in some for given in plan.faults.values() for fault in given]
    steps = {step.do for plan in some for step in plan.steps}
    commands = [command for plan in some for command in plan.commands]

    assert {fault.kind for fault in faults} == {
        "error", "cut", "reset", "lose", "delay", "empty", "failures", "missing", "page",
    }  # fmt: skip
    assert steps == {"start", "signal", "kill", "stop", "deadline", "delete group", "remake group", "forget"}
    assert {command.out for command in commands} == {"whole", "pipe", "slow", "pause", "gone", "closed", "full"}
    assert {command.err for command in commands} == {"whole", "slow", "pause", "closed", "full"}
    assert any(plan.skew for plan in some)
    assert any(plan.token_life for plan in some)
    assert any(plan.quotas for plan in some)
    assert any(script.start_failure for plan in some for script in plan.scripts)
    assert any(script.interruption for plan in some for script in plan.scripts)


def test_a_sidecar_is_essential_in_all_attempts_as_the_manifest_says_or_in_none(some: Plans) -> None:
    for plan in some:
        sidecars = [sidecar for script in plan.scripts for sidecar in script.sidecars]
        assert all(sidecar.essential == (sidecar.name in plan.manifest["essential"]) for sidecar in sidecars)


def test_a_plan_is_described_in_lines_that_name_its_commands(some: Plans) -> None:
    text = "\n".join(some[0].describe())

    assert all(f"command name={command.name}" in text for command in some[0].commands)
