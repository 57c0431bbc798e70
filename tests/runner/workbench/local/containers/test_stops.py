from typing import Any

import pytest

from batchwright_runner.workbench.local.containers.engine import EngineError, was_asked_to_stop


def event(action: str, number: str = "") -> dict[str, Any]:
    return {"Action": action, "Actor": {"Attributes": {"signal": number} if number else {}}}


START, DIE = event("start"), event("die")


@pytest.mark.parametrize("before", [event("kill", "15"), event("kill", "9"), event("kill", "2"), event("stop")])
def test_a_signal_that_asks_for_an_end_or_a_stop_comes_before_it(before: dict[str, Any]) -> None:
    assert was_asked_to_stop([START, before, DIE], "SIGTERM")


@pytest.mark.parametrize(("name", "number"), [("SIGUSR1", "10"), ("SIGRTMIN+3", "37"), ("10", "10")])
def test_the_images_own_stop_signal_asks_for_an_end_too(name: str, number: str) -> None:
    assert was_asked_to_stop([START, event("kill", number), DIE], name)


@pytest.mark.parametrize("before", [[], [event("kill", "10")], [event("exec_create: sh")], [event("kill", "1")]])
def test_an_end_without_one_is_its_own(before: list[dict[str, Any]]) -> None:
    assert not was_asked_to_stop([START, *before, DIE], "SIGTERM")


def test_nothing_is_read_after_the_end() -> None:
    assert not was_asked_to_stop(iter([DIE, event("stop")]), "SIGTERM")


def test_events_without_the_end_do_not_tell() -> None:
    with pytest.raises(EngineError, match="forgotten"):
        was_asked_to_stop([START], "SIGTERM")


def test_a_stop_signal_without_a_meaning_is_no_error() -> None:
    assert not was_asked_to_stop([event("kill", "10"), DIE], "SIGNONSENSE")
