"""A batch with retries on this machine: which end is the command's."""

import pytest

from batchwright_runner.contract.judgment.verdict import Ending, verdict
from batchwright_runner.errors import RunnerError, StartError
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.workbench.local.attempts import run_attempts
from tests.kit.fakes import FakeWaiter, Notes
from tests.kit.manifests import manifest


def end(ending: Ending) -> RunEnd:
    batch = manifest(retries=2, retry_on=(3,))
    return RunEnd(verdict=verdict(ending), manifest=batch, task="t", ending=ending)


def exits(code: int) -> RunEnd:
    return end(Ending(exit_code=code, stop_code="EssentialContainerExited"))


def run(*attempts: RunEnd | RunnerError) -> tuple[RunEnd, list[str]]:
    left = iter(attempts)
    notes = Notes()

    def attempt() -> RunEnd:
        found = next(left)
        if isinstance(found, RunnerError):
            raise found
        return found

    return run_attempts(attempt, FakeWaiter(), notes), notes.texts


def test_the_last_attempt_is_the_runs() -> None:
    found, _ = run(exits(3), exits(0))

    assert found.verdict.code == 0


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
