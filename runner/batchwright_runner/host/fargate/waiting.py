"""Follows runs of other callers while they wait for their turn."""

import time
from typing import Literal

from batchwright_runner.contract.ends import STOP_REASON
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.verdicts import ROWS, Verdict, named
from batchwright_runner.contract.waiting import STARTED
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.fargate.earlier import earlier_of
from batchwright_runner.host.fargate.end import come_back
from batchwright_runner.host.fargate.tasks import tasks_of_run
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import EVERY, WaitingRecord, stop_waiting

STARTS_WITHIN = 15.0
"""Seconds after the end of a wait within which ECS shows the task."""


def until_its_turn(stage: Stage, attempt: Attempt, on_signal: Literal["stop", "leave"]) -> Attempt | Verdict:
    """Follows a run while it waits.

    Returns its task; or how the wait has ended without one.
    """
    waiter, record, run = stage.waiter, WaitingRecord(stage.aws, attempt.arn), attempt.started_by
    stage.tell.note(f"run {run} waits for its turn: following it")
    gone: float | None = None
    before: set[str] | None = None
    while not waiter.signals or on_signal == "stop":
        if waiter.signals and stop_waiting(stage, attempt, f"{STOP_REASON}: a signal of who followed it"):
            raise InterruptedEarlyError(waiter.signals[0])
        try:
            waiting, _ = record.read()
            if waiting is not None and waiting.end not in ("", STARTED):
                row, code = named(waiting.end)
                return Verdict(row, code, waiting.why, ROWS[row].again)
            waits = waiting is not None and waiting.holds(time.time())
            tasks = [] if waits and before is not None else tasks_of_run(stage.aws, attempt.manifest, run)
            if waits and before is None:  # earlier attempts; what goes on was started since the record was read
                before = {task["taskArn"] for task in tasks if task.get("desiredStatus") == "STOPPED"}
            later = [task for task in tasks if task["taskArn"] not in (before or ())]
            earlier = earlier_of(attempt.manifest, run, later, time.time())
        except ApiError as error:
            if not error.temporary and not error.credentials:
                raise RunnerError(f"run {run} cannot be seen: {error}") from error
            waits, earlier = True, None
        if earlier is not None:
            return Attempt.of(attempt.manifest, earlier.task)
        gone = None if waits else waiter.now() if gone is None else gone
        if gone is not None and waiter.now() >= gone + STARTS_WITHIN:
            raise RunnerError(
                f"run {run} waits no more, and ECS shows no task of it: how it has ended is known to its runner alone",
                hint=f"See batchwright runs {attempt.manifest.batch} -s {attempt.manifest.stage}",
                again="ask",
            )
        waiter.wait(EVERY)
    raise RunnerError("told to stop", hint=come_back(attempt.manifest, run, "The run still waits"), again="ask")
