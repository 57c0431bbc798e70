"""How a run ends: the exit codes, stops, kills, and what is told of them."""

import json
import signal
from contextlib import suppress
from pathlib import Path

from tests.containers.backends import everywhere, not_as_process
from tests.containers.cases import Cases, read_line, stop_with
from tests.containers.engine_api import EngineApiError
from tests.kit.command import finish

TRAPS = "trap 'echo cleaning up; exit 0' TERM; echo ready; sleep 60 & wait"


@everywhere
def test_a_success_is_0_the_log_is_all_of_stdout_and_the_first_line_names_the_backend(cases: Cases) -> None:
    named = {"docker": "in Docker ", "podman": "in Podman ", "process": "as a process"}
    done = cases.run("plain")

    assert (done.code, done.out) == (0, b"hello\n"), done.err
    assert f"on this machine, {named[cases.backend.name]}" in done.err.splitlines()[0]


@everywhere
def test_the_code_of_the_main_container_is_the_result_and_the_file_says_so(cases: Cases, tmp_path: Path) -> None:
    options = ["--run-id", "nightly-7", "--result", str(tmp_path / "result")]
    done = cases.run("plain", *options, "--", "sh", "-c", "echo one; echo two; exit 4")
    result = json.loads((tmp_path / "result").read_text())
    wanted = {"code": 4, "row": "own", "batch": "plain", "stage": "local", "run_id": "nightly-7", "retry": "ask"}

    assert done.code == 4, done.err
    assert done.last == "batchwright: exit 4: the container's own code (main ended by itself)"
    assert {name: result[name] for name in wanted} == wanted


@everywhere
def test_a_signal_stops_the_batch_and_its_last_words_are_heard(cases: Cases) -> None:
    process = cases.ready("plain", "--", "sh", "-c", TRAPS)

    done = stop_with(process, signal.SIGINT)

    assert (done.code, done.out) == (130, b"cleaning up\n"), done.err
    assert done.last.endswith("stopped on SIGINT (main then ended with 0, which does not count)")


@everywhere
def test_the_timeout_is_124(cases: Cases) -> None:
    done = cases.script(TRAPS, "--timeout", "1s")

    assert done.code == 124, done.err
    assert "stopped at the timeout" in done.last


@everywhere
def test_who_ignores_sigterm_is_killed_after_the_stop_timeout_and_has_137(cases: Cases) -> None:
    process = cases.ready("stubborn")

    asked_at = uptime()
    done = stop_with(process, signal.SIGTERM)
    last_seen = float(done.out.splitlines()[-1])

    assert done.code == 143, done.err
    assert "main then ended with 137" in done.last
    assert 1 < last_seen - asked_at < 15, "it declares 2 s; the default is 30"


@everywhere
def test_a_kill_that_nobody_asked_for_is_its_own_137_and_no_matter_of_memory(cases: Cases) -> None:
    done = cases.script("kill -9 $$; sleep 60")

    assert done.code == 137, done.err
    assert "OutOfMemory" not in done.err


@not_as_process("engine")
def test_a_stop_by_someone_else_is_122_though_the_batch_ends_with_0(cases: Cases) -> None:
    process = cases.ready("plain", "--", "sh", "-c", TRAPS)

    with suppress(EngineApiError):  # the tests' Podman may fail to clean up its network afterwards
        cases.engine.post(f"/containers/{cases.running()['main']['Id']}/stop")
    done = finish(process)

    assert (done.code, done.out) == (122, b"cleaning up\n"), done.err
    assert "main was stopped through the engine, and not by this runner" in done.err


@not_as_process("engine")
def test_a_container_that_someone_else_removes_is_122_too(cases: Cases) -> None:
    process = cases.ready("plain", "--", "sh", "-c", "echo ready; exec sleep 60")

    with suppress(EngineApiError):  # the same
        cases.engine.remove_container(cases.running()["main"]["Id"])
    done = finish(process)

    assert done.code == 122, done.err
    assert "through the engine, and not by this runner" in done.err


@not_as_process("engine")
def test_a_signal_that_asks_for_no_end_leaves_the_code_its_own_where_the_engine_tells_signals_apart(
    cases: Cases,
) -> None:
    script = "trap 'exit 3' USR1; echo ready; while :; do sleep 0.1; done"
    process = cases.ready("plain", "--", "sh", "-c", script)

    cases.engine.post(f"/containers/{cases.running()['main']['Id']}/kill?signal=SIGUSR1")

    assert finish(process).code == {"docker": 3, "podman": 122}[cases.backend.name]


@everywhere
def test_a_command_that_does_not_exist_never_started(cases: Cases) -> None:
    done = cases.run("nothing")

    assert done.code == 126, done.err
    assert "the batch never started (CannotStartContainerError" in done.last
    assert "/no/such/program" in done.err


@not_as_process("image")
def test_the_stop_signal_is_the_images_own(cases: Cases) -> None:
    process = cases.ready("own-signal")

    done = stop_with(process, signal.SIGTERM)

    assert (done.code, done.out) == (143, b"INT\n"), done.err


@not_as_process("sidecars")
def test_a_sidecar_that_takes_long_to_end_is_named_and_one_signal_kills_it(cases: Cases) -> None:
    process = cases.start("lingering", "--all-containers")
    assert process.stderr is not None
    line = b""
    while b"waiting for side" not in line:
        line = process.stderr.readline()
        assert line, "it ended without a word"

    process.send_signal(signal.SIGINT)
    done = finish(process, 45)

    assert done.code == 0, done.err
    assert "at most. Ctrl-C kills it" in line.decode()


@everywhere
def test_a_batch_is_run_again_as_it_declares_and_every_attempt_is_a_new_one(cases: Cases) -> None:
    done = cases.run("retried")

    assert (done.code, done.out) == (3, b"tried\n" * 3), done.err
    assert "attempt 3: the batch retries on 3" in done.err


@not_as_process("sidecars")
def test_containers_are_stopped_in_the_reverse_of_their_start_each_after_the_one_that_needs_it(cases: Cases) -> None:
    process = cases.start("chain", "--all-containers")
    began: dict[str, float] = {}
    while len(began) < 3:
        _, _, name, _, when = read_line(process).split()
        began[name] = float(when)

    done = stop_with(process, signal.SIGTERM)
    events = [line.split()[2:] for line in done.out.decode().splitlines()]
    at = {(name, event): float(when) for name, event, when in events}

    assert done.code == 143, done.err
    assert began["last"] <= began["middle"] <= began["main"]
    order = [("main", "told"), ("main", "ended"), ("middle", "told"), ("middle", "ended"), ("last", "told")]
    assert sorted(order, key=at.__getitem__) == order, at
    assert ("last", "ended") in at


@not_as_process("health_check")
def test_main_does_not_start_beside_one_that_is_sick(cases: Cases) -> None:
    done = cases.run("unhealthy")

    assert (done.code, done.out) == (126, b""), done.err
    assert "side" in done.last


def uptime() -> float:
    """Seconds that this machine and all its containers count alike."""
    return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
