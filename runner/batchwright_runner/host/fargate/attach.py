"""A run that another caller has started: followed to its end, with its further attempts as far as they are seen."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.judgment.ending import ending_of, stop_reason
from batchwright_runner.contract.judgment.verdict import StopRequest, verdict
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.tasks import created_at, timeout_of
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import Patience
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.earlier import earlier_of
from batchwright_runner.host.fargate.end import (
    come_back,
    ended_lately,
    of_somebody_elses,
    pause_left,
    run_end,
)
from batchwright_runner.host.fargate.execution_runs import machine_goes_on
from batchwright_runner.host.fargate.executions import stop_execution
from batchwright_runner.host.fargate.find_run import Runs
from batchwright_runner.host.fargate.follow import TaskFollower
from batchwright_runner.host.fargate.log_view import WHOLE, LogView
from batchwright_runner.host.fargate.overlap import other_runs
from batchwright_runner.host.fargate.pace import LAST_LOOK
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.tasks import tasks_of_run
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.run_id import RunId
from batchwright_runner.host.stage.session import Stage

SEEN_WITHIN = 5.0
"""Seconds for which it is looked at the end whether a machine goes on: it is for advice alone."""
NEXT_WITHIN, AFTER_A_FAILED_START = LAST_LOOK + 8.0, 25.0
"""Seconds for which the next attempt of a runner is looked for: it is made after the last look at the log, but after a
start that has failed with a pause, and after the delay that the batch declares; and ECS may show it late."""
WAITS_WITHIN = 60.0
"""The same where it has given way, and waits for its turn: from the end of the run before it on."""
LOOKED_AGAIN, MACHINE_LOOKED_AGAIN = 1.0, 15.0
"""Seconds between two looks; between those at a machine, which may pause for hours, they grow so far."""


def follow_known(
    follower: TaskFollower,
    attempt: Attempt,
    *,
    on_signal: Literal["stop", "leave"],
    all_containers: bool = False,
    view: LogView = WHOLE,
    deadlines: Deadlines | None = None,
) -> RunEnd:
    """Follows an attempt, without a timeout of its own."""
    if deadlines is not None and not attempt.execution and not attempt.state.ended:
        due = attempt.created + timeout_of(attempt.manifest, attempt.task)
        deadlines.keep(attempt.manifest, attempt.arn, max(due, time.time()))
    return follower.follow(
        _plan_of(attempt),
        attempt.arn,
        left=float("inf"),
        on_signal=on_signal,
        all_containers=all_containers,
        view=view,
        ended=partial(deadlines.drop, attempt.arn) if deadlines is not None else lambda: None,
        execution=attempt.execution,
    )


def end_of_forgotten(attempt: Attempt, incomplete: str) -> RunEnd:
    """The end of a run that ECS has forgotten. Pure.

    `incomplete`: why lines of its log may be missing; empty when none are.
    """
    outcome = verdict(ending_of(attempt.manifest.container, attempt.state))
    return run_end(outcome, _plan_of(attempt), attempt.arn, state=attempt.state, ending=None, incomplete=incomplete)


def _plan_of(attempt: Attempt) -> RunPlan:
    manifest = attempt.manifest
    run = RunId(attempt.started_by, given=True)
    return RunPlan(manifest=manifest, run=run, nonce="", timeout=manifest.timeout_seconds)


def follow_attempts(
    stage: Stage, attempt: Attempt, follow: Callable[[Attempt], RunEnd], on_signal: Literal["stop", "leave"]
) -> RunEnd | Verdict:
    """Follows a run through all its attempts.

    Returns the end of its last attempt; or how it was stopped between two of them.
    """
    before: RunEnd | None = None
    while True:
        last = follow(attempt)
        end = last if before is None else before if last.gave_way else last.with_missing_lines_of(before)
        later = next_attempt(stage, attempt, last)
        by_signal = last.verdict.row is Row.SIGNAL
        if later is None and on_signal == "stop" and not by_signal and _stopped_between(stage, attempt):
            code = 128 + stage.waiter.signals[0]
            return Verdict(Row.SIGNAL, code, f"{ROWS[Row.SIGNAL].phrase} before a further attempt", "ask")
        if later is None:
            return perhaps_again(stage, attempt, end)
        if not last.gave_way:
            before = end
        stage.tell.note(f"{last.verdict.why}\nrun {later.name} goes on with another attempt")
        attempt = later


def until_its_machine_starts(stage: Stage, attempt: Attempt, on_signal: Literal["stop", "leave"] = "leave") -> Attempt:
    """Waits while the machine of a run has no task: it looks for other runs, or pauses.

    Returns its task; or the run without one, once its execution has ended.
    """
    waiter, own, looks = stage.waiter, Runs(stage, [attempt.manifest]), 0
    why = f"run {attempt.name} has no task now: its machine looks for other runs, or pauses before an attempt"
    while not (attempt.has_task or attempt.verdict):
        if not looks:
            stage.tell.note(f"{why}. Waiting for it")
        waiter.wait(min(LOOKED_AGAIN * looks, MACHINE_LOOKED_AGAIN))
        if waiter.signals and on_signal == "stop" and _stopped_between(stage, attempt):
            raise InterruptedEarlyError(waiter.signals[0])
        if waiter.signals:
            raise RunnerError(
                "told to stop", hint=come_back(attempt.manifest, attempt.execution, "It goes on"), again="ask"
            )
        looks += 1
        with suppress(InterruptedEarlyError):  # a signal is for the turn after this one
            attempt = own.named(attempt.execution) or attempt
    return attempt


def _stopped_between(stage: Stage, attempt: Attempt) -> bool:
    """Stops the machine of a run that has no task, on a signal. Gives whether it went on."""
    if not (attempt.execution and stage.waiter.signals):
        return False
    with suppress(ApiError):
        return stop_execution(stage.aws, attempt.execution, stop_reason(StopRequest("signal", stage.waiter.signals[0])))
    return False


def next_attempt(stage: Stage, attempt: Attempt, end: RunEnd) -> Attempt | None:
    """The attempt that follows one that has ended; none where its machine makes none, or its runner within seconds."""
    waiter = stage.waiter
    if attempt.execution:
        return _of_a_machine(stage, attempt, end)
    waits_again = attempt.manifest.overlap == "wait" and end.gave_way
    if waiter.signals or not (waits_again or _due(stage, attempt, end)):
        return None
    if pause := pause_left(end, time.time()):
        stage.tell.note(
            f"its runner may make another attempt after a pause of {format_duration(pause)}: waiting for it"
        )
        waiter.wait(pause)
    failed = end.verdict.row is Row.NEVER_STARTED
    until = waiter.now() + (WAITS_WITHIN if waits_again else AFTER_A_FAILED_START if failed else NEXT_WITHIN)
    while not waiter.signals:
        with suppress(ApiError):
            tasks = tasks_of_run(stage.aws, attempt.manifest, attempt.started_by)
            later = Attempt.of(attempt.manifest, tasks[0]) if tasks else attempt
            if later.attempt_of == attempt.attempt_of and later.created > attempt.created:
                return later
            if waits_again and other_runs(stage.aws, attempt.manifest, [attempt.arn]):
                until = waiter.now() + WAITS_WITHIN
        if waiter.now() >= until:
            break
        waiter.wait(LOOKED_AGAIN)
    return None


def _of_a_machine(stage: Stage, attempt: Attempt, end: RunEnd) -> Attempt | None:
    """The attempt that a machine makes after one that has ended: it is waited for as long as the execution runs."""
    waiter, own, looks = stage.waiter, Runs(stage, [attempt.manifest]), 0
    if of_somebody_elses(end, attempt.started_by) is end:
        return None
    until = waiter.now() + pause_left(end, time.time()) + AFTER_A_FAILED_START
    goes_on: bool | None = True
    while not waiter.signals and goes_on is not False and (goes_on or waiter.now() < until):
        if looks:
            waiter.wait(min(LOOKED_AGAIN * looks, MACHINE_LOOKED_AGAIN))
        with suppress(RunnerError, ApiError):
            goes_on = machine_goes_on(stage.aws, waiter, attempt, Patience(SEEN_WITHIN))
            mine = [run for run in own.current() if run.execution == attempt.execution]
            later = [run for run in mine if run.created > attempt.created]
            if later:
                return later[0]
        if not looks and goes_on is not False:
            stage.tell.note("its machine may make another attempt: waiting for it")
        looks += 1
    return None


def perhaps_again(stage: Stage, attempt: Attempt, end: RunEnd) -> RunEnd:
    """The end of an attempt, which says that its machine or its runner may make another one, where that may be."""
    run = attempt.started_by or attempt.arn
    if attempt.execution:
        with suppress(RunnerError):
            if machine_goes_on(stage.aws, stage.waiter, attempt, Patience(SEEN_WITHIN)) is False:
                return end
        return of_somebody_elses(end, run, "machine")
    return of_somebody_elses(end, run) if _due(stage, attempt, end) else end


def _due(stage: Stage, attempt: Attempt, end: RunEnd) -> bool:
    """Whether its runner makes another attempt, if it still runs. Attempts that ECS has forgotten count as made."""
    manifest, name = attempt.manifest, attempt.started_by
    if end.ending is None or of_somebody_elses(end, name) is end:
        return False
    if attempt.state.ended and not ended_lately(manifest, attempt.state, time.time()):
        return False
    try:
        tasks = tasks_of_run(stage.aws, manifest, name) if attempt.attempt_of == name else []
    except ApiError:
        return True
    earlier = earlier_of(manifest, name, [task for task in tasks if created_at(task) <= attempt.created], time.time())
    if earlier is None:
        return True
    run = earlier.before.after(earlier.number, end.verdict, end.ending)
    return bool(run.why_again(end.verdict, end.ending))
