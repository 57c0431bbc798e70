"""A batch with retries on this machine: which end is the command's."""

import signal

import pytest

from batchwright_runner.contract.judgment.verdict import Ending, verdict
from batchwright_runner.errors import RunnerError, StartError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.workbench.local.attempts import run_attempts
from tests.kit.fakes import FakeWaiter, Notes
from tests.kit.manifests import manifest


def end(ending: Ending, delay: int = 0) -> RunEnd:
    batch = manifest(retries=2, retry_on=(3,), retry_delay_seconds=delay)
    return RunEnd(verdict=verdict(ending), manifest=batch, task="t", ending=ending)


def exits(code: int, delay: int = 0) -> RunEnd:
    return end(Ending(exit_code=code, stop_code="EssentialContainerExited"), delay)


def run(*attempts: RunEnd | RunnerError, waiter: FakeWaiter | None = None) -> tuple[RunEnd, list[str]]:
    left = iter(attempts)
    notes = Notes()

    def attempt() -> RunEnd:
        found = next(left)
        if isinstance(found, RunnerError):
            raise found
        return found

    return run_attempts(attempt, waiter or FakeWaiter(), notes), notes.texts


def test_the_last_attempt_is_the_runs() -> None:
    found, _ = run(exits(3), exits(0))

    assert found.verdict.code == 0


@pytest.mark.parametrize(("delay", "waits", "note"), [(0, [], ""), (300, [300, 300], ", after a pause of 5m00s")])
def test_the_declared_delay_is_waited_before_each_retry(delay: int, waits: list[float], note: str) -> None:
    waiter = FakeWaiter()
    found, notes = run(exits(3, delay), exits(3, delay), exits(0, delay), waiter=waiter)

    assert (found.verdict.code, waiter.waits) == (0, waits)
    ended = "exit 3: the container's own code (main ended by itself)"
    assert notes == [
        f"attempt 1, {ended}\nattempt 2: the batch retries on 3{note}",
        f"attempt 2, {ended}\nattempt 3: the batch retries on 3{note}",
    ]


def test_a_signal_in_the_pause_leaves_the_end_of_the_attempt_before() -> None:
    waiter = FakeWaiter(at={10.0: signal.SIGTERM})
    found, notes = run(exits(3, 300), exits(0), waiter=waiter)

    assert (found.verdict.code, waiter.time) == (3, 10.0)
    assert notes[-1] == "attempt 2 was not started: told to stop by SIGTERM"


def test_an_attempt_that_comes_to_nothing_leaves_the_end_of_the_one_before() -> None:
    found, notes = run(exits(3), StartError("the disk is full"))

    assert found.verdict.code == 3
    assert notes[-1] == "attempt 2 was not started: the disk is full"


def test_where_the_first_comes_to_nothing_so_does_the_run() -> None:
    with pytest.raises(StartError):
        run(StartError("the disk is full"))


def test_one_that_may_have_run_is_not_hidden() -> None:
    with pytest.raises(RunnerError, match="no answer"):
        run(exits(3), RunnerError("no answer", again="ask"))


def test_to_run_it_again_is_not_safe_once_an_attempt_had_begun() -> None:
    failed = Ending(began=False, stop_code="TaskFailedToStart", reason="no room", temporary=True)

    assert end(failed).verdict.again == "safe"
    found, _ = run(exits(3), end(failed))

    assert found.verdict.again == "ask"
    assert "attempt 1 had begun" in found.verdict.why
