import signal
from dataclasses import replace

import pytest

from batchwright_runner.contract.ends import DEADLINE_REASON
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest, verdict
from batchwright_runner.contract.verdicts import ROWS, RetryAdvice, Row

OWN = Ending(exit_code=0, stop_code="EssentialContainerExited")
SIGTERM = StopRequest("signal", signal.SIGTERM)
TIMEOUT = StopRequest("timeout")


CASES: list[tuple[Ending, Row, int, RetryAdvice]] = [
    (OWN, Row.OWN, 0, "ask"),
    (replace(OWN, exit_code=3), Row.OWN, 3, "ask"),
    (replace(OWN, exit_code=137), Row.OWN, 137, "ask"),
    # A status of one byte would turn 256 into 0.
    (replace(OWN, exit_code=256), Row.OWN, 255, "ask"),
    (replace(OWN, exit_code=-1), Row.OWN, 255, "ask"),
    # A container that exits 0 on SIGTERM.
    (Ending(exit_code=0, stop_code="UserInitiated", stop=SIGTERM), Row.SIGNAL, 143, "ask"),
    (replace(OWN, stop=SIGTERM), Row.SIGNAL, 143, "ask"),
    (replace(OWN, stop=StopRequest("signal", signal.SIGINT)), Row.SIGNAL, 130, "ask"),
    (replace(OWN, stop=StopRequest("signal", signal.SIGHUP)), Row.SIGNAL, 129, "ask"),
    (replace(OWN, stop=TIMEOUT), Row.TIMEOUT, 124, "ask"),
    (Ending(exit_code=0, stop_code="UserInitiated", reason=DEADLINE_REASON), Row.TIMEOUT, 124, "ask"),
    (Ending(exit_code=0, stop_code="UserInitiated", reason="by hand"), Row.STOPPED_BY_OTHERS, 122, "ask"),
    (Ending(exit_code=0, stop_code="SpotInterruption"), Row.ENDED_BY_AWS, 75, "ask"),
    (Ending(exit_code=0, stop_code="TerminationNotice"), Row.ENDED_BY_AWS, 75, "ask"),
    (Ending(exit_code=0, stop_code="InfrastructureHealth"), Row.ENDED_BY_AWS, 75, "ask"),
    (
        Ending(
            exit_code=0,
            stop_code="UserInitiated",
            reason="ECS is performing maintenance on the underlying infrastructure hosting the task",
        ),
        Row.ENDED_BY_AWS,
        75,
        "ask",
    ),
    # Stopped before it began.
    (Ending(began=False, stop_code="UserInitiated", stop=SIGTERM), Row.SIGNAL, 143, "safe"),
    (Ending(began=False, stop_code="UserInitiated", reason="by hand"), Row.STOPPED_BY_OTHERS, 122, "safe"),
    (Ending(began=False, stop_code="SpotInterruption"), Row.NEVER_STARTED, 126, "safe"),
    (Ending(began=False, stop_code="TaskFailedToStart", reason="no image"), Row.NEVER_STARTED, 126, "useless"),
    (Ending(began=False, stop_code="TaskFailedToStart", temporary=True), Row.NEVER_STARTED, 126, "safe"),
    # A start that failed has no code of its own, even if a 0 stands there.
    (Ending(exit_code=0, stop_code="TaskFailedToStart"), Row.NEVER_STARTED, 126, "useless"),
    (replace(OWN, stop=StopRequest("overlap")), Row.OVERLAP, 123, "safe"),
    # No code seen is never success.
    (replace(OWN, exit_code=None), Row.NO_RESULT, 125, "ask"),
    (Ending(exit_code=0), Row.NO_RESULT, 125, "ask"),
    (Ending(ended=False), Row.NO_RESULT, 125, "ask"),
    (Ending(ended=False, exit_code=0, stop_code="EssentialContainerExited"), Row.NO_RESULT, 125, "ask"),
    (Ending(ended=False, left=signal.SIGTERM), Row.NO_RESULT, 125, "ask"),
    # ECS stopped it because another essential container had ended.
    (replace(OWN, stopped_by="agent ended with 1"), Row.NO_RESULT, 125, "ask"),
    # A stop that was refused stopped nothing.
    (Ending(ended=False, stop=replace(SIGTERM, refused="denied")), Row.NO_RESULT, 125, "ask"),
    (Ending(ended=False, stop=StopRequest("overlap", refused="denied")), Row.NO_RESULT, 125, "ask"),
    # Stopped, and not waited for.
    (Ending(ended=False, stop=SIGTERM, left=signal.SIGTERM), Row.SIGNAL, 143, "ask"),
]


@pytest.mark.parametrize(("ending", "row", "code", "again"), CASES)
def test_rows(ending: Ending, row: Row, code: int, again: str) -> None:
    judged = verdict(ending)

    assert (judged.row, judged.code, judged.again) == (row, code, again)


def test_a_verdict_has_the_code_and_the_phrase_of_its_row() -> None:
    for judged in (verdict(ending) for ending, *_ in CASES):
        facts = ROWS[judged.row]

        assert judged.code in facts.codes or not facts.codes
        assert judged.why.startswith(f"{facts.phrase} ")


def test_every_row_but_those_of_what_is_never_started_and_of_workflows_is_the_end_of_a_run() -> None:
    assert {row for _, row, *_ in CASES} == set(Row) - {Row.USAGE, Row.PAUSED, Row.STEP_NOT_RUN}


def test_only_a_seen_0_is_success() -> None:
    for code in (None, 0, 1):
        for stop in (None, SIGTERM, TIMEOUT, StopRequest("overlap"), replace(SIGTERM, refused="no")):
            for stop_code in ("", "UserInitiated", "TaskFailedToStart", "SpotInterruption", "EssentialContainerExited"):
                for ended in (True, False):
                    ending = Ending(ended=ended, exit_code=code, stop=stop, stop_code=stop_code)
                    clean = ended and code == 0 and stop is None and stop_code == "EssentialContainerExited"

                    assert (verdict(ending).code == 0) == clean, ending


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        (replace(OWN, container="app"), "the container's own code (app ended by itself)"),
        (replace(OWN, stop=SIGTERM), "stopped on SIGTERM (main then ended with 0, which does not count)"),
        (Ending(began=False, stop_code="TaskFailedToStart", reason="CannotPull"), "never started (CannotPull)"),
        (Ending(ended=False, stop=replace(SIGTERM, refused="AccessDenied")), "could not be stopped: AccessDenied"),
        (Ending(ended=False, left=signal.SIGHUP), "left on SIGHUP, the batch goes on"),
        (Ending(exit_code=None, reason="host lost"), "no exit code was seen: host lost"),
        (Ending(ended=False), "its end was not seen"),
        (
            replace(OWN, stopped_by="agent ended with 1"),
            "agent ended with 1 and ECS stopped main: main then ended with 0, which does not count",
        ),
        (Ending(began=False, stop_code="UserInitiated", stop=TIMEOUT), "at the timeout (it had not begun)"),
    ],
)
def test_why(ending: Ending, message: str) -> None:
    assert message in verdict(ending).why


def test_a_container_that_the_memory_limit_killed_is_said_to_have_run_out_of_memory() -> None:
    killed = replace(OWN, exit_code=137, reason="OutOfMemoryError: Container killed due to memory usage")

    assert verdict(killed).said == "exit 137: the container's own code (main ran out of memory)"
    assert verdict(replace(killed, reason="")).said == "exit 137: the container's own code (main ended by itself)"
