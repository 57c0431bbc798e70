import pytest

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.local.containers.order import (
    Dependency,
    Member,
    SeenContainer,
    check_order,
    hopeless,
    member,
    next_limit,
    to_start,
    to_stop,
)

WAITING = SeenContainer()
RUNNING = SeenContainer(started=True)
HEALTHY = SeenContainer(started=True, healthy=True)
NEVER = SeenContainer(stopped=True)


def ended(code: int) -> SeenContainer:
    return SeenContainer(started=True, stopped=True, exit_code=code)


def pair(condition: str, start_timeout: float = 0) -> list[Member]:
    return [
        Member(name="main", needs=(Dependency("side", condition),)),
        Member(name="side", essential=False, checked=True, start_timeout=start_timeout),
    ]


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
        ("HEALTHY", SeenContainer(started=True, stopped=True, exit_code=0, healthy=True), False),
    ],
)
def test_a_container_starts_when_its_condition_holds(condition: str, side: SeenContainer, may: bool) -> None:
    started = to_start(pair(condition), {"main": WAITING, "side": side})

    assert ("main" in started) is may


def test_what_waits_for_nothing_starts_at_once_and_only_once() -> None:
    members = [Member(name="a"), Member(name="b")]

    assert to_start(members, {"a": WAITING, "b": WAITING}) == ("a", "b")
    assert to_start(members, {"a": RUNNING, "b": NEVER}) == ()


@pytest.mark.parametrize(
    ("condition", "side", "why"),
    [
        ("START", NEVER, "it never started"),
        ("COMPLETE", NEVER, "it never started"),
        ("SUCCESS", ended(3), "it ended with 3"),
        ("HEALTHY", ended(0), "it ended with 0"),
        ("HEALTHY", SeenContainer(started=True, age=10), "its start timeout of 10 s has passed"),
    ],
)
def test_a_condition_that_can_never_hold_is_told(condition: str, side: SeenContainer, why: str) -> None:
    found = hopeless(pair(condition, start_timeout=10), {"main": WAITING, "side": side})

    assert found == {"main": f"main waits for side ({condition}): {why}"}


@pytest.mark.parametrize("side", [WAITING, RUNNING, SeenContainer(started=True, age=9.9), HEALTHY])
def test_a_condition_that_may_still_hold_is_waited_for(side: SeenContainer) -> None:
    assert hopeless(pair("HEALTHY", start_timeout=10), {"main": WAITING, "side": side}) == {}


def test_without_a_start_timeout_there_is_no_limit() -> None:
    seen = {"main": WAITING, "side": SeenContainer(started=True, age=1e9)}

    assert hopeless(pair("HEALTHY"), seen) == {}
    assert next_limit(pair("HEALTHY"), seen) == float("inf")


def test_the_next_limit_is_what_is_left_of_the_start_timeout() -> None:
    seen = {"main": WAITING, "side": SeenContainer(started=True, age=4)}

    assert next_limit(pair("HEALTHY", start_timeout=10), seen) == 6


def test_a_container_is_stopped_when_nothing_that_runs_depends_on_it() -> None:
    chain = [
        Member(name="main", needs=(Dependency("agent", "START"),)),
        Member(name="agent", needs=(Dependency("store", "HEALTHY"),)),
        Member(name="store", checked=True),
    ]
    every = {"main": RUNNING, "agent": RUNNING, "store": HEALTHY}

    assert to_stop(chain, every) == ("main",)
    assert to_stop(chain, {**every, "main": ended(0)}) == ("agent",)
    assert to_stop(chain, {**every, "main": WAITING, "agent": ended(0)}) == ("store",)


def test_those_without_an_order_are_stopped_together() -> None:
    members = [Member(name="a"), Member(name="b")]

    assert to_stop(members, {"a": RUNNING, "b": RUNNING}) == ("a", "b")


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([Member(name="a", needs=(Dependency("b", "START"),))], "waits for b, which the task does not have"),
        ([Member(name="a", needs=(Dependency("b", "READY"),)), Member(name="b")], "READY is not one of START"),
        ([Member(name="a", needs=(Dependency("b", "HEALTHY"),)), Member(name="b")], "which has no check"),
        (
            [
                Member(name="a", needs=(Dependency("b", "START"),)),
                Member(name="b", needs=(Dependency("a", "START"),)),
                Member(name="c"),
            ],
            "a, b wait for each other",
        ),
    ],
)
def test_an_order_that_ecs_would_refuse_is_an_error(members: list[Member], why: str) -> None:
    with pytest.raises(RunnerError, match=why):
        check_order(members)


def test_a_definition_is_read_with_the_defaults_of_ecs() -> None:
    definition = {"name": "a", "dependsOn": [{"containerName": "b", "condition": "START"}], "startTimeout": 5}

    assert member(definition) == Member(name="a", essential=True, needs=(Dependency("b", "START"),), start_timeout=5)
    assert member({"name": "a"}) == Member(name="a", essential=True)
