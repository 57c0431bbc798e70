"""The conductor on an engine that a test plays: real threads, no containers."""

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.workbench.local.containers.conductor import Conductor
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan
from tests.runner.workbench.local.containers.fake_engine import NO_ANSWER, SOON, VOLUME, FakeEngine, after, plan, side


class Conducted:
    """A conductor at work."""

    def __init__(self, engine: FakeEngine, task: TaskPlan) -> None:
        self.engine = engine
        self.conductor = Conductor(engine, task, shown=("main",), news=lambda: None)
        self.conductor.start()

    def until(self, call: str) -> None:
        self.wait(lambda: call in self.engine.calls, call)

    def over(self) -> TaskState:
        self.wait(lambda: self.conductor.over, "the end")
        return self.conductor.state

    def wait(self, holds: Any, event: str) -> None:  # noqa: ANN401 - a condition
        until = time.monotonic() + SOON
        while not holds():
            assert time.monotonic() < until, f"{event} did not come: {self.engine.calls} {self.conductor.state}"
            time.sleep(0.005)

    @property
    def calls(self) -> list[str]:
        return [call for call in self.engine.calls if not call.startswith("attach")]


def begun(started: str, task: TaskPlan, **engine: Any) -> Conducted:  # noqa: ANN401 - those of `FakeEngine`
    """Conducts a task until one of its containers has been started."""
    run = Conducted(FakeEngine(**engine), task)
    run.until(f"start {started}")
    return run


def played(engine: FakeEngine, task: TaskPlan, started: str, code: int = 0) -> Conducted:
    """Conducts a task to its end, which comes when its main container ends with a code, after one has been started."""
    run = Conducted(engine, task)
    run.until(f"start {started}")
    engine.end("main", code)
    run.over()
    return run


def test_one_container_is_attached_to_before_it_starts_and_its_end_is_its_own() -> None:
    run = played(FakeEngine(), plan(), "main", 3)
    state = run.conductor.state

    assert run.engine.calls == ["attach main", "start main"]
    assert (state.status, state.ended, state.exit_code, state.image_digest) == ("STOPPED", True, 3, "sha256:1")
    assert (state.stop_code, state.stopped_by) == ("EssentialContainerExited", "")


FILES = replace(
    plan(mountPoints=[{"sourceVolume": "files-1", "containerPath": "/app/config", "readOnly": True}]),
    files={"files-1": b"a tar"},
)


def test_config_files_are_in_their_volume_before_anything_starts_by_way_of_a_container_that_does_not() -> None:
    run = played(FakeEngine(), FILES, "main")

    assert run.calls == ["volume p-files-1 True", "put files/files-1 a tar", "remove files", "start main"]
    assert [body["Labels"] for body in run.engine.bodies.values()] == [{"of": "p"}, {"of": "p"}]
    assert run.engine.bodies["files"]["HostConfig"]["Binds"] == ["p-files-1:/files-1:nocopy"]


def test_config_files_that_cannot_be_put_there_keep_the_batch_from_starting_and_leave_nothing() -> None:
    run = Conducted(FakeEngine(broken={"put files": "disk full"}), FILES)
    state = run.over()

    assert (state.stop_code, state.began, "disk full" in state.reason) == ("TaskFailedToStart", False, True)
    assert run.calls == ["volume p-files-1 True", "remove files"]


@pytest.mark.parametrize(("kind", "network"), [("docker", "container:network"), ("podman", None)])
def test_several_containers_share_a_network_that_neither_of_them_holds(kind: str, network: str | None) -> None:
    run = played(FakeEngine(kind=kind, on_signal={"side": 143}), plan(side()), "side")

    assert run.calls[0] == ("pod p" if kind == "podman" else "start network")
    for name in ("main", "side"):
        assert run.engine.bodies[name]["HostConfig"].get("NetworkMode") == network
        assert run.engine.bodies[name].get("Pod") == ("p" if kind == "podman" else None)
    assert run.engine.bodies.get("network", {}).get("Image") == ("pause" if kind == "docker" else None)
    assert any("not for their sum" in text for text in run.conductor.remarks)


def test_in_this_machines_network_nothing_holds_it() -> None:
    task = replace(plan(side()), network={"NetworkMode": "host"})
    run = played(FakeEngine(on_signal={"side": 143}), task, "side")

    assert [run.engine.bodies[name]["HostConfig"]["NetworkMode"] for name in ("main", "side")] == ["host", "host"]
    assert run.engine.names == ["p-main", "p-side"]


def test_the_recorders_datagram_is_sent_from_inside_by_the_first_program_that_the_image_has() -> None:
    class Proving(FakeEngine):
        def start(self, container: str) -> None:
            super().start(container)
            if container == "proof":
                self.end("proof", 0)

    engine = Proving(broken={"create proof": "no bash"})
    played(engine, plan(proofs=(("bash", "x"),)), "main")
    assert engine.calls == ["attach main", "start main"]

    engine = Proving()
    played(engine, plan(proofs=(("bash", "x"), ("nc", "y"))), "main")
    assert engine.calls == ["start proof", "remove proof", "attach main", "start main"]
    assert (engine.bodies["proof"]["Entrypoint"], engine.bodies["proof"]["Image"]) == (["bash", "x"], "i")


STOPPED = "main was stopped through the engine, and not by this runner"
REMOVED = "main was removed through the engine, and not by this runner: removed through the engine"
UNKNOWN = "whether someone stopped main is not known: it has forgotten"
NO_MEMORY = "Essential container in task exited: OutOfMemoryError: Container killed due to memory usage"


@pytest.mark.parametrize(
    ("engine", "code", "stop_code", "reason"),
    [
        ({"stopped": frozenset({"main"})}, 0, "UserInitiated", STOPPED),
        ({"gone": frozenset({"main"})}, None, "UserInitiated", REMOVED),
        ({"broken": {"was_stopped main": "it has forgotten"}}, 0, "EngineFailed", UNKNOWN),
        ({"out_of_memory": frozenset({"main"})}, 0, "EssentialContainerExited", NO_MEMORY),
    ],
)
def test_an_end_of_main_that_is_not_its_own_or_has_a_reason_is_told(
    engine: dict[str, Any], code: int | None, stop_code: str, reason: str
) -> None:
    state = played(FakeEngine(**engine), plan(), "main").conductor.state

    assert (state.exit_code, state.stop_code, state.reason) == (code, stop_code, reason)


def test_a_container_beside_the_task_has_a_name_that_none_of_it_can_have() -> None:
    task = plan(side(), files={"v": b"FILES"}, **VOLUME, **INIT)
    run = played(FakeEngine(kind="podman", on_signal={"side": 143}), task, "side")

    assert sorted(run.engine.names) == ["p-main", "p-side", "p.files", "p.init"]


def test_an_end_while_the_engine_was_away_is_no_code_of_its_own() -> None:
    run = begun("main", plan())
    run.engine.answers = False
    run.engine.end("main", 0)
    run.wait(lambda: run.conductor.was_away, "the engine's absence")
    run.engine.answers = True
    state = run.over()

    reason = "main ended while the engine did not answer: whether someone stopped it is not known"
    assert (state.exit_code, state.stop_code, state.reason) == (0, "EngineFailed", reason)


def test_an_end_after_the_engine_was_back_is_its_own() -> None:
    run = begun("main", plan())
    engine = run.engine
    engine.answers = False
    waiting, engine.ends["main"] = engine.ends["main"], threading.Event()
    waiting.set()  # the connection that waits breaks, though the container runs
    run.wait(lambda: run.conductor.was_away, "the engine's absence")
    engine.answers = True
    time.sleep(2.5)  # so that it is seen running again: it is looked for each second
    engine.end("main", 3)

    assert (run.over().exit_code, run.conductor.state.stop_code) == (3, "EssentialContainerExited")


def test_an_init_container_that_succeeds_lets_main_begin() -> None:
    run = begun("side", plan(side(), **after("side", "SUCCESS")))
    assert "start main" not in run.engine.calls
    run.engine.end("side", 0)
    run.until("start main")
    run.engine.end("main", 0)

    assert run.over().exit_code == 0


def test_one_that_fails_keeps_main_from_starting() -> None:
    run = begun("side", plan(side(), **after("side", "SUCCESS")))
    run.engine.end("side", 4)
    state = run.over()

    said = (False, True, "TaskFailedToStart", "main waits for side (SUCCESS): it ended with 4")
    assert (state.began, state.ended, state.stop_code, state.reason) == said


def test_main_begins_when_a_sidecar_is_healthy() -> None:
    checked = side(healthCheck={"command": ["CMD", "x"], "interval": 0.05})
    engine = FakeEngine(healthy=frozenset({"side"}), on_signal={"side": 143})

    assert played(engine, plan(checked, **after("side", "HEALTHY")), "main").conductor.state.exit_code == 0


def test_main_does_not_begin_before_the_first_check_of_what_must_be_healthy() -> None:
    checked = side(healthCheck={"command": ["CMD", "x"], "interval": 90}, startTimeout=0.2)
    run = Conducted(FakeEngine(on_signal={"side": 143}), plan(checked, **after("side", "HEALTHY")))

    assert run.over().reason == "main waits for side (HEALTHY): its start timeout of 0.2 s has passed"


INIT: dict[str, Any] = {"linuxParameters": {"initProcessEnabled": True}}


@pytest.mark.parametrize("needs", [{}, after("side", "START")])
def test_without_a_program_for_the_init_process_nothing_is_made(needs: dict[str, Any]) -> None:
    engine = FakeEngine(kind="podman", broken={"create init": "no catatonit"})
    state = Conducted(engine, plan(side(**VOLUME), **VOLUME, **INIT, **needs)).over()

    assert (state.stop_code, state.reason) == ("TaskFailedToStart", "CannotCreateContainerError: no catatonit")
    assert engine.calls == []


def test_a_sidecar_that_is_not_essential_is_left_out_for_want_of_an_init_process() -> None:
    engine = FakeEngine(kind="podman", broken={"create init": "no catatonit"})
    run = played(engine, plan(side(**INIT)), "main")

    assert run.conductor.state.exit_code == 0
    assert run.calls == ["pod p", "start main"]
    assert "side did not start (CannotCreateContainerError: no catatonit)" in run.conductor.remarks


@pytest.mark.parametrize(
    ("kind", "sidecars", "looked"), [("podman", [side()], True), ("docker", [side()], False), ("podman", [], False)]
)
def test_only_podman_is_asked_for_that_program_and_only_for_several_containers(
    kind: str, sidecars: list[Mapping[str, Any]], looked: bool
) -> None:
    run = played(FakeEngine(kind=kind, on_signal={"side": 0}), plan(*sidecars, **INIT), "main")

    assert ("remove init" in run.calls) is looked
    assert run.engine.bodies.get("init") == (
        {"Image": "i", "Cmd": ["true"], "HostConfig": {"Init": True}, "Labels": {"of": "p"}} if looked else None
    )


def test_after_mains_end_the_others_are_stopped_in_reverse_order() -> None:
    task = plan(side("store"), side("agent", **after("store", "START")), **after("agent", "START"))
    run = begun("main", task, on_signal={"store": 143})
    run.engine.end("main", 0)
    run.until("SIGTERM agent")
    assert "SIGTERM store" not in run.calls
    run.engine.end("agent", 0)
    run.over()

    assert run.calls == ["start network", "start store", "start agent", "start main", "SIGTERM agent", "SIGTERM store"]


def test_one_that_ignores_sigterm_is_killed_after_its_stop_timeout() -> None:
    run = played(FakeEngine(), plan(side(stopTimeout=0.05)), "side")

    assert run.calls[-2:] == ["SIGTERM side", "SIGKILL side"]
    assert run.conductor.containers["side"].end == "side ended with 137", "of a kill by this runner no more is said"


@pytest.mark.parametrize("gone", [set[str](), {"side"}], ids=["ended", "removed"])
def test_the_end_of_a_container_that_is_not_essential_ends_nothing(gone: set[str]) -> None:
    run = begun("side", plan(side()), gone=gone)
    run.engine.end("side", 9)
    run.wait(lambda: run.conductor.containers["side"].stopped, "the side's end")
    assert not run.conductor.state.ended
    run.engine.end("main", 0)
    state = run.over()

    assert (state.exit_code, state.stop_code, state.stopped_by) == (0, "EssentialContainerExited", "")
    assert [text for text in run.conductor.remarks if text.startswith("side ")] == (
        ["side ended without a code (removed through the engine)"] if gone else []
    )


@pytest.mark.parametrize(
    ("code", "gone", "by"),
    [
        (1, frozenset[str](), "side ended with 1"),
        (137, frozenset[str](), "side ended with 137 (killed: by its memory limit, if nobody stopped it)"),
        (137, frozenset({"side"}), "side ended without a code (removed through the engine)"),
    ],
)
def test_an_essential_one_ends_the_task_and_mains_code_is_not_its_own(code: int, gone: frozenset[str], by: str) -> None:
    run = begun("side", plan(side(essential=True)), on_signal={"main": 0}, gone=gone)
    run.engine.end("side", code, at="2026-01-01T00:00:01Z")
    state = run.over()

    assert (state.exit_code, state.stop_code, state.stopped_by) == (0, "EssentialContainerExited", by)


def test_main_that_had_ended_before_the_essential_one_keeps_its_own_code() -> None:
    run = begun("side", plan(side(essential=True)))
    run.engine.at["main"] = "2026-01-01T00:00:00Z"
    run.engine.end("side", 1, at="2026-01-01T00:00:01Z")
    run.until("SIGTERM main")
    run.engine.end("main", 5, at="2026-01-01T00:00:00Z")
    state = run.over()

    assert (state.exit_code, state.stopped_by) == (5, "")


def test_a_stop_is_sent_to_main_and_its_code_is_reported_as_one_on_request() -> None:
    run = begun("main", plan(), on_signal={"main": 0})
    run.conductor.stop("told to")
    state = run.over()

    assert run.calls == ["start main", "SIGTERM main"]
    assert (state.exit_code, state.stop_code, state.reason) == (0, "UserInitiated", "told to")


@pytest.mark.parametrize(("told", "code", "unheard"), [({"main": 0}, 0, "SIGTERM"), ({}, 137, "SIGKILL")])
def test_a_signal_that_the_engine_does_not_hear_is_sent_again(told: Mapping[str, int], code: int, unheard: str) -> None:
    run = begun("main", plan(stopTimeout=1), on_signal=told, unheard=frozenset({f"{unheard} main"}))
    run.conductor.stop("told to")
    run.until(f"{unheard} main is not heard")

    assert not run.conductor.over
    run.engine.unheard = frozenset()
    state = run.over()

    assert (state.exit_code, state.stop_code, state.reason) == (code, "UserInitiated", "told to")


def test_what_has_heard_a_signal_does_not_get_it_again_for_another_that_has_not() -> None:
    run = begun("side", plan(side(stopTimeout=120)), on_signal={"main": 0}, unheard=frozenset({"SIGTERM main"}))
    engine = run.engine
    run.conductor.stop("told to")
    run.wait(lambda: engine.calls.count("SIGTERM main is not heard") > 1, "a second try")
    engine.unheard = frozenset()
    run.until("SIGTERM main")
    engine.end("side", 0)
    run.over()

    assert engine.calls.count("SIGTERM side") == 1


def test_a_signal_that_the_engine_does_not_know_ends_the_run() -> None:
    run = begun("main", plan(), unknown="SIGTERM")
    run.conductor.stop("told to")

    assert run.over().reason == "told to"
    run.engine.end("main", 0)


def test_a_stop_before_main_has_begun_leaves_it_unstarted_and_ended_though_others_still_stop() -> None:
    run = begun("side", plan(side(), **after("side", "SUCCESS")))
    run.conductor.stop("told to")
    run.until("SIGTERM side")

    assert (run.conductor.state.ended, run.conductor.over) == (True, False)
    run.engine.end("side", 0)
    state = run.over()
    assert (state.began, state.ended, state.stop_code) == (False, True, "UserInitiated")
    assert "start main" not in run.calls


def test_who_is_in_a_hurry_kills_at_once() -> None:
    run = begun("side", plan(side()))
    run.conductor.hurry()
    run.over()

    assert {"SIGKILL main", "SIGKILL side"} <= set(run.engine.calls)


JOINS = {"NetworkMode": "shop_default", "ExtraHosts": ["a:host-gateway"]}


@pytest.mark.parametrize(
    ("call", "error", "began", "stop_code", "reason"),
    [
        ("create main", "no", False, "TaskFailedToStart", "CannotCreateContainerError"),
        ("start main", "no", False, "TaskFailedToStart", "CannotStartContainerError"),
        ("create main", NO_ANSWER, False, "TaskFailedToStart", "CannotCreateContainerError"),
        ("attach main", NO_ANSWER, False, "TaskFailedToStart", "CannotStartContainerError"),
        ("start main", NO_ANSWER, True, "EngineFailed", "whether main was started is not known"),
        ("start network", "no bridge", False, "TaskFailedToStart", "the engine failed"),
    ],
)
def test_main_that_cannot_start_is_a_failed_start_and_one_that_may_have_started_is_not(
    call: str, error: str, began: bool, stop_code: str, reason: str
) -> None:
    sidecars = [side()] if "network" in call else []
    state = Conducted(FakeEngine(broken={call: error}), plan(*sidecars)).over()

    assert (state.began, state.ended, state.exit_code, state.stop_code) == (began, True, None, stop_code)
    assert state.reason == f"{reason}: {error}"


def test_one_container_joins_the_network_itself() -> None:
    run = played(FakeEngine(), replace(plan(), network=JOINS), "main")

    assert JOINS.items() <= run.engine.bodies["main"]["HostConfig"].items()


def test_of_several_the_holder_starts_first_and_joins_it_and_they_share_the_holders() -> None:
    run = played(FakeEngine(on_signal={"side": 143}), replace(plan(side()), network=JOINS), "side")

    assert run.calls[:3] == ["start network", "start main", "start side"]
    assert JOINS.items() <= run.engine.bodies["network"]["HostConfig"].items()
    for name in ("main", "side"):
        assert run.engine.bodies[name]["HostConfig"]["NetworkMode"] == "container:network"
        assert "ExtraHosts" not in run.engine.bodies[name]["HostConfig"]


def test_a_sidecar_that_is_not_essential_and_cannot_start_stops_nothing_and_it_is_said_why() -> None:
    run = Conducted(FakeEngine(broken={"start side": "no"}), plan(side()))
    run.wait(lambda: run.conductor.containers["side"].stopped, "the side's failure")
    run.engine.end("main", 0)

    assert run.over().exit_code == 0
    assert run.calls == ["start network", "start main"]
    assert "side did not start (CannotStartContainerError: no)" in run.conductor.remarks


@pytest.mark.parametrize("condition", ["START", "SUCCESS"])
def test_main_that_waits_for_one_that_cannot_start_says_why(condition: str) -> None:
    run = Conducted(FakeEngine(broken={"start side": "no"}), plan(side(), **after("side", condition)))
    state = run.over()

    assert (state.began, state.stop_code) == (False, "TaskFailedToStart")
    assert state.reason == f"main waits for side ({condition}): it never started (CannotStartContainerError: no)"
    assert not any("did not start" in remark for remark in run.conductor.remarks)  # it is said once


def test_one_that_takes_long_to_end_is_named_while_it_is_waited_for() -> None:
    run = begun("side", plan(side(stopTimeout=90)))
    run.engine.end("main", 0)
    run.wait(lambda: any("waiting for side" in text for text in run.conductor.remarks), "a word on the side")

    (remark,) = [text for text in run.conductor.remarks if "waiting" in text]
    pattern = r"main has ended: waiting for side, 1m2\ds at most\. Ctrl-C kills it, and --without leaves it out of .*"
    assert re.fullmatch(pattern, remark)
    run.conductor.hurry()
    run.over()


def test_one_that_ends_soon_is_not_named() -> None:
    run = played(FakeEngine(on_signal={"side": 0}), plan(side()), "side")

    assert not any("waiting" in text for text in run.conductor.remarks)


def test_config_files_with_a_stages_values_are_in_memory_for_as_long_as_a_container_that_waits_holds_them() -> None:
    run = played(FakeEngine(), plan(in_memory=True, files={"v": b"FILES"}, **VOLUME), "main")

    assert run.calls == ["volume p-v True in memory", "start files", "put files/v FILES", "start main"]
    body = run.engine.bodies["files"]
    assert (body["Image"], body["HostConfig"]["Binds"]) == ("pause", ["p-v:/v:nocopy"])
