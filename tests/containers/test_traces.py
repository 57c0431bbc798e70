"""What is left of a run: nothing. Every case of the suite, of success, failure and timeout, ends with that look too."""

import signal
import time
from contextlib import suppress
from pathlib import Path

from batchwright_runner.host.runs.signals import SAME_REQUEST
from tests.containers.backends import everywhere, not_as_process
from tests.containers.cases import Cases, Run, read_line, read_until, stop_with
from tests.kit.command import finish
from tests.kit.processes import wait_until


def begin(cases: Cases) -> Run:
    """Starts a run with a sidecar and a volume, and waits until both containers have written into it."""
    process = cases.start("pair", "--all-containers")
    for _ in range(2):
        assert " | " in read_line(process)
    return process


def kinds(cases: Cases) -> set[str]:
    return {entry.split()[0] for entry in cases.engine.labeled(cases.project.label)}


@not_as_process("traces")
def test_ctrl_c_leaves_nothing_of_all_that_was_there(cases: Cases) -> None:
    process = begin(cases)
    during = kinds(cases)
    done = stop_with(process, signal.SIGINT)

    assert done.code == 130, done.err
    assert during == {"container", "volume"}
    assert cases.left() == []


@not_as_process("traces")
def test_a_volume_that_the_image_alone_declares_goes_too(cases: Cases) -> None:
    process = cases.ready("own-signal")
    (volume,) = [mount["Name"] for mount in cases.running()["main"]["Mounts"] if mount["Destination"] == "/owned"]
    there = volume in cases.engine.volumes()
    stop_with(process, signal.SIGTERM)

    assert there
    assert volume not in cases.engine.volumes()


@not_as_process("traces")
def test_what_a_killed_runner_left_is_named_and_swept_by_the_next_run(cases: Cases) -> None:
    process = begin(cases)
    process.kill()
    process.communicate()
    left = kinds(cases)
    names = [entry.split()[1] for entry in cases.engine.labeled(cases.project.label) if "network" not in entry]

    done = cases.run("plain")

    assert left >= {"container", "volume"}
    assert (done.code, done.out) == (0, b"hello\n"), done.err
    assert cases.left() == []
    assert all(name in done.err for name in names), done.err


@everywhere
def test_two_runs_of_a_batch_at_once_do_not_meet(cases: Cases) -> None:
    script = "echo $WHO; echo ready; sleep 60"
    pair = [cases.start("plain", "-e", f"WHO={n}", "--", "sh", "-c", script) for n in (1, 2)]
    lines = [(read_line(run), read_line(run)) for run in pair]
    pair[0].send_signal(signal.SIGTERM)
    first = finish(pair[0])
    still = pair[1].poll() is None
    pair[1].send_signal(signal.SIGINT)

    assert lines == [("1", "ready"), ("2", "ready")]
    assert first.code == 143
    assert still
    assert finish(pair[1]).code == 130


@everywhere
def test_a_second_signal_leaves_at_once_and_what_then_runs_is_swept_by_the_next_run(cases: Cases) -> None:
    process = cases.ready("patient")
    process.send_signal(signal.SIGTERM)
    read_until(process, "told")
    time.sleep(2 * SAME_REQUEST)

    done = stop_with(process, signal.SIGTERM)

    assert done.code == 143, done.err
    assert "left at once on a second signal" in done.last or "its end was not waited for" in done.last
    cases.run("plain")
    assert not wait_until(lambda: not cases.left())


@not_as_process("traces")
def test_the_processes_behind_health_checks_go_too(cases: Cases) -> None:
    process = cases.start("healthy")
    containers: set[str] = set()
    there = set()
    while process.poll() is None:
        containers |= {container["Id"] for container in cases.engine.containers({"label": [cases.project.label]})}
        there |= beside(containers)
        time.sleep(0.02)
    done = finish(process)

    assert done.code == 0, done.err
    assert bool(there) is (cases.backend.name == "podman")
    assert not wait_until(lambda: not beside(containers))


def beside(containers: set[str]) -> set[str]:
    """The ids of the processes that Podman has beside each container and each check of it; Docker has none."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended
            program, *arguments = path.read_text(encoding="utf-8", errors="replace").split("\0")
            if program.endswith("conmon") and not containers.isdisjoint(arguments):
                found.add(path.parent.name)
    return found
