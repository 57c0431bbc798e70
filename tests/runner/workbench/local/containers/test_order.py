from collections.abc import Mapping
from typing import Any

import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.container import TaskContainer
from batchwright_runner.workbench.local.containers.health import Health, PlannedHealthCheck
from batchwright_runner.workbench.local.containers.order import hopeless, next_limit, to_start, to_stop
from batchwright_runner.workbench.local.containers.task_plan import ContainerPlan, Dependency, check_order, read_needs

CHECK = PlannedHealthCheck(command=("x",))
GOOD = Health("HEALTHY")
WAITING: dict[str, Any] = {}
RUNNING: dict[str, Any] = {"started_at": 0.0}
HEALTHY: dict[str, Any] = {"started_at": 0.0, "health": GOOD}
NEVER: dict[str, Any] = {"stopped": True}


def ended(code: int) -> dict[str, Any]:
    return {"started_at": 0.0, "stopped": True, "exit_code": code}


def planned(name: str, *needs: tuple[str, str], **changes: Any) -> ContainerPlan:  # noqa: ANN401 - of any type
    return ContainerPlan(name=name, needs=tuple(Dependency(*need) for need in needs), **changes)


def containers(*plans: ContainerPlan, **states: Mapping[str, Any]) -> dict[str, TaskContainer]:
    return {plan.name: TaskContainer(plan, **states.get(plan.name, {})) for plan in plans}


def pair(condition: str, side: Mapping[str, Any], start_timeout: float = 0) -> dict[str, TaskContainer]:
    waited_for = planned("side", essential=False, check=CHECK, start_timeout=start_timeout)
    return containers(planned("main", ("side", condition)), waited_for, side=side)


@pytest.mark.parametrize(
    ("condition", "side", "may"),
    [
        ("START", WAITING, False),
        ("START", RUNNING, True),
        ("START", ended(1), True),
        ("COMPLETE", RUNNING, False),
        ("COMPLETE", ended(0), True),
        ("COMPLETE", ended(7), True),
        ("COMPLETE", NEVER, False),
        ("SUCCESS", RUNNING, False),
        ("SUCCESS", ended(0), True),
        ("SUCCESS", ended(7), False),
        ("HEALTHY", RUNNING, False),
        ("HEALTHY", HEALTHY, True),
        ("HEALTHY", {**ended(0), "health": GOOD}, False),
    ],
)
def test_a_container_starts_when_its_condition_holds(condition: str, side: Mapping[str, Any], may: bool) -> None:
    assert ("main" in to_start(pair(condition, side))) is may


def test_what_waits_for_nothing_starts_at_once_and_only_once() -> None:
    plans = planned("a"), planned("b")

    assert to_start(containers(*plans)) == ("a", "b")
    assert to_start(containers(*plans, a=RUNNING, b=NEVER)) == ()


@pytest.mark.parametrize(
    ("condition", "side", "why"),
    [
        ("START", NEVER, "it never started"),
        ("COMPLETE", NEVER, "it never started"),
        ("SUCCESS", ended(3), "it ended with 3"),
        ("HEALTHY", ended(0), "it ended with 0"),
        ("HEALTHY", RUNNING, "its start timeout of 10 s has passed"),
    ],
)
def test_a_condition_that_can_never_hold_has_a_reason(condition: str, side: Mapping[str, Any], why: str) -> None:
    reasons = hopeless(pair(condition, side, start_timeout=10), 10)

    assert reasons == {"main": f"main waits for side ({condition}): {why}"}


@pytest.mark.parametrize("side", [WAITING, RUNNING, HEALTHY])
def test_a_condition_that_may_still_hold_is_waited_for(side: Mapping[str, Any]) -> None:
    assert hopeless(pair("HEALTHY", side, start_timeout=10), 9.9) == {}


def test_without_a_start_timeout_there_is_no_limit() -> None:
    running = pair("HEALTHY", RUNNING)

    assert hopeless(running, 1e9) == {}
    assert next_limit(running, 1e9) == float("inf")


def test_the_next_limit_is_what_remains_of_the_start_timeout() -> None:
    assert next_limit(pair("HEALTHY", {"started_at": 3.0}, start_timeout=10), 7) == 6


def test_a_container_is_stopped_when_nothing_that_runs_depends_on_it() -> None:
    chain = [planned("main", ("agent", "START")), planned("agent", ("store", "HEALTHY")), planned("store", check=CHECK)]
    running = {"main": RUNNING, "agent": RUNNING, "store": HEALTHY}

    assert to_stop(containers(*chain, **running)) == ("main",)
    assert to_stop(containers(*chain, **{**running, "main": ended(0)})) == ("agent",)
    assert to_stop(containers(*chain, **{**running, "main": WAITING, "agent": ended(0)})) == ("store",)


def test_those_without_an_order_are_stopped_together() -> None:
    assert to_stop(containers(planned("a"), planned("b"), a=RUNNING, b=RUNNING)) == ("a", "b")


@pytest.mark.parametrize(
    ("plans", "why"),
    [
        ([planned("a", ("b", "START"))], "waits for b, which the task does not have"),
        ([planned("a", ("b", "READY")), planned("b")], "READY is not one of START"),
        ([planned("a", ("b", "HEALTHY")), planned("b")], "which has no check"),
        ([planned("a", ("b", "START")), planned("b", ("a", "START")), planned("c")], "a, b wait for each other"),
    ],
)
def test_an_order_that_ecs_would_refuse_is_an_error(plans: list[ContainerPlan], why: str) -> None:
    with pytest.raises(RunnerError, match=why):
        check_order(plans)


def test_what_a_definition_waits_for_is_read() -> None:
    definition = {"name": "a", "dependsOn": [{"containerName": "b", "condition": "START"}]}

    assert read_needs(definition) == (Dependency("b", "START"),)
    assert read_needs({"name": "a"}) == ()
