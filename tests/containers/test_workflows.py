"""Workflows whose steps are tasks of containers, side by side."""

import signal

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases, stop_with


@not_as_process("depends_on")
def test_steps_run_side_by_side_by_the_same_rules(cases: Cases) -> None:
    done = cases.run("nightly", "--parallelism", "2")

    assert done.code == 5, done.err
    assert done.last.startswith("batchwright: exit 5: step outlived: the container's own code")
    assert sorted(done.lines) == [
        "completed | done",
        "healthy | well",
        "plain | hello",
        "succeeded | done",
        "told | failed: outlived",
    ]


@not_as_process("sidecars")
def test_a_signal_stops_the_containers_of_all_steps(cases: Cases) -> None:
    run = cases.start("endless", "--parallelism", "2")
    assert run.stdout is not None
    seen = set[bytes]()
    while seen < {b"stubborn", b"chain"}:
        seen.add(run.stdout.readline().partition(b" | ")[0])
        assert b"" not in seen
    done = stop_with(run, signal.SIGTERM)

    assert done.code == 143, done.err
    assert done.last == "batchwright: exit 143: stopped on SIGTERM (2 stopped, 1 not started)"
