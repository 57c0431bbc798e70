"""What a container waits for before it starts."""

import pytest

from tests.containers.backends import not_as_process
from tests.containers.cases import Cases


@not_as_process("depends_on")
def test_start_waits_for_the_start(cases: Cases) -> None:
    done = cases.run("started")
    side, main = map(float, done.out.split())

    assert done.code == 0, done.err
    assert side <= main


@not_as_process("depends_on")
@pytest.mark.parametrize("batch", ["completed", "succeeded"])
def test_complete_and_success_wait_for_the_end(cases: Cases, batch: str) -> None:
    done = cases.run(batch)

    assert (done.code, done.out) == (0, b"done\n"), done.err


@not_as_process("depends_on")
def test_success_is_not_to_be_had_from_a_failure(cases: Cases) -> None:
    done = cases.run("refused")

    assert (done.code, done.out) == (126, b""), done.err
    assert "side" in done.last


@not_as_process("health_check")
def test_healthy_waits_for_the_check(cases: Cases) -> None:
    done = cases.run("healthy")

    assert (done.code, done.out) == (0, b"well\n"), done.err


@not_as_process("health_check")
def test_healthy_is_not_to_be_had_from_a_sick_one(cases: Cases) -> None:
    done = cases.run("unhealthy")

    assert (done.code, done.out) == (126, b""), done.err
    assert "side" in done.last
