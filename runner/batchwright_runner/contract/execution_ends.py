"""What the end of an execution means for the run of its batch. Pure."""

from batchwright_runner.contract.executions import RUNNING, TIMED_OUT, Execution
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import PREFIX, ROWS, Row, Verdict, named

WAITING = "WAITING"
"""The status of a run whose machine has no task just now."""


def known_execution(manifest: BatchManifest, execution: Execution) -> Attempt:
    """An execution as an attempt of its run."""
    running = execution.status == RUNNING
    times = {"createdAt": execution.started} | ({} if running else {"stoppedAt": execution.stopped})
    state = TaskState(status=WAITING if running else "STOPPED", ended=not running, reason=execution.why, times=times)
    return Attempt(
        manifest,
        execution.arn,
        execution.name,
        state,
        execution.started,
        in_ecs=False,
        execution=execution.arn,
        known_verdict=None if running else verdict_of(execution),
        scheduled=execution.scheduled,
        backfill=execution.backfill,
    )


def verdict_of(execution: Execution) -> Verdict:
    """What the end of an execution means."""
    row, code = _row_of(execution)
    facts = ROWS[row]
    why = execution.why or execution.error or execution.status
    return Verdict(row, code, f"{facts.phrase} ({why})", facts.again if row is not Row.NO_RESULT else "ask")


def _row_of(execution: Execution) -> tuple[Row, int]:
    """The row and the exit code that the end of an execution stands for."""
    if execution.status == "SUCCEEDED":
        return Row.OWN, 0
    if execution.status == TIMED_OUT:
        return named(f"{PREFIX}Timeout")
    if execution.status == "ABORTED":
        return named(f"{PREFIX}Stopped")
    return named(execution.error)
