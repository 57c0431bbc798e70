"""A seed and a number always give the same plan, and all that may happen is among the plans."""

from collections.abc import Sequence

import pytest

from tests.soak import nights, runs
from tests.soak.plan import SERVICES, Plan
from tests.soak.trouble import OPERATIONS

SEVERAL = {"runs": 400, "nights": 150}
MADE = {"runs": runs.generate, "nights": nights.generate}


@pytest.fixture(scope="module")
def plans(request: pytest.FixtureRequest) -> Sequence[Plan]:
    return [MADE[request.param](1, number) for number in range(SEVERAL[request.param])]


of_runs = pytest.mark.parametrize("plans", ["runs"], indirect=True)
of_nights = pytest.mark.parametrize("plans", ["nights"], indirect=True)


@pytest.mark.parametrize("generate", MADE.values(), ids=MADE)
def test_a_plan_can_be_made_again_and_does_not_depend_on_those_before_it(generate: object) -> None:
    assert callable(generate)
    assert [generate(1, number) for number in (0, 100)] == [generate(1, number) for number in (0, 100)]
    assert generate(2, 100) != generate(1, 100)


@of_runs
def test_all_kinds_of_trouble_come_up_in_runs(plans: Sequence[Plan]) -> None:
    faults = [fault for plan in plans for queue in plan.faults.values() for fault in queue]
    commands = [command for plan in plans for command in plan.commands]
    scripts = [script for plan in plans for batch in plan.batches for script in batch.scripts]

    assert {plan.shape for plan in plans} == runs.SHAPES.keys()
    assert {operation for plan in plans for operation in plan.faults} == set(OPERATIONS)
    assert {fault.kind for fault in faults} == {
        "error", "cut", "reset", "lose", "delay", "empty", "failures", "missing", "page",
    }  # fmt: skip
    assert {step.do for plan in plans for step in plan.steps} == {
        "start", "signal", "kill", "stop", "deadline", "delete group", "remake group", "forget",
    }  # fmt: skip
    assert {command.out for command in commands} == {"whole", "pipe", "slow", "pause", "gone", "closed", "full"}
    assert {command.err for command in commands} == {"whole", "slow", "pause", "closed", "full"}
    assert {bool(plan.skew) for plan in plans} == {bool(plan.token_life) for plan in plans} == {True, False}
    assert any(plan.quotas for plan in plans)
    assert any(script.start_failure for script in scripts)
    assert any(script.interruption for script in scripts)


@of_runs
def test_a_sidecar_is_essential_in_all_attempts_as_the_manifest_says_or_in_none(plans: Sequence[Plan]) -> None:
    for batch in (batch for plan in plans for batch in plan.batches):
        sidecars = [sidecar for script in batch.scripts for sidecar in script.sidecars]
        assert all(sidecar.essential == (sidecar.name in batch.manifest["essential"]) for sidecar in sidecars)


@of_nights
def test_all_kinds_of_events_come_up_in_nights(plans: Sequence[Plan]) -> None:
    commands = [command for night in plans for command in (*night.commands, *night.last)]
    manifests = [batch.manifest for night in plans for batch in night.batches]

    assert 90 < sum(night.runs for night in plans) / 6 < 130, "a seed has about a hundred runs"
    assert {step.do for night in plans for step in night.steps} == {
        "start", "signal", "kill", "execute", "renew", "late", "in time",
    }  # fmt: skip
    assert {command.verb for command in commands} == {
        "run", "attach", "stop", "logs", "runs", "pause", "resume", "list",
    }  # fmt: skip
    assert {command.foreign for command in commands} == {"", "settings", "project", "link"}
    assert {manifest["overlap"] for manifest in manifests} == {"allow", "forbid", "wait"}
    assert {blip.service for night in plans for blip in night.blips} == SERVICES.keys()
    assert any(command.detach for command in commands)
    assert any("-e" in command.more for command in commands)
    assert any(night.quotas for night in plans)


@of_nights
def test_services_fail_within_ten_seconds_of_a_start(plans: Sequence[Plan]) -> None:
    for night in plans:
        starts = [0.0, *(step.at for step in night.steps if step.do == "start")]
        for blip in night.blips:
            assert any(at <= blip.at and blip.at + blip.seconds <= at + 10.001 for at in starts), night.number
