"""Runs that wait for their turn: our own record of one, and those of others, which are stopped and followed."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

from batchwright_runner.contract.executions import WAITING
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import waiting_folder, waiting_path
from batchwright_runner.contract.pauses import moment
from batchwright_runner.contract.run import Attempt
from batchwright_runner.contract.variables import SCHEDULED_TIME
from batchwright_runner.contract.verdicts import ROWS, Row, Verdict, name, named
from batchwright_runner.contract.waiting import STARTED, WaitingRun, exact_utc
from batchwright_runner.errors import RunnerError, StoppedError
from batchwright_runner.host.aws.errors import ApiError
from batchwright_runner.host.aws.retry import FORBIDDEN_FOR, patiently, retry
from batchwright_runner.host.fargate.earlier import earlier_of
from batchwright_runner.host.fargate.end import come_back
from batchwright_runner.host.fargate.request import RunPlan
from batchwright_runner.host.fargate.stop import STOP_REASON
from batchwright_runner.host.fargate.tasks import tasks_of_run
from batchwright_runner.host.stage.session import Stage
from batchwright_runner.host.stage.waiting import WaitingRecord, waiting_records

PATIENCE = 3.0
"""Seconds for which a call for the record is tried: the run itself does not depend on it."""
EVERY = 2.0
"""Seconds between two looks at the record of a run that is followed."""
SHOWN_FOR = 2 * EVERY
"""Seconds for which the end of a wait stays in the record, for those who follow the run."""
STARTS_WITHIN = 15.0
"""Seconds after the end of a wait within which ECS shows the task."""


class OwnRecord:
    """The record of our own run, which is there as long as it waits.

    Args:
        stage: The stage.
        plan: The run.
        wall: Seconds since 1970.
    """

    def __init__(self, stage: Stage, plan: RunPlan, wall: Callable[[], float]) -> None:
        own = plan.manifest
        self._stage, self._plan, self._wall = stage, plan, wall
        self._folder = waiting_folder(own.project, own.stage, own.batch)
        self._record = WaitingRecord(stage.aws, waiting_path(own.project, own.stage, own.batch, plan.run.started_by))
        self._written = self._said = False

    def look(self, left: float) -> None:
        """Reads the record, and writes it where it is not there.

        Args:
            left: Seconds for which the run may go on waiting.

        Raises:
            StoppedError: Someone has stopped the run.
        """
        now = self._wall()
        try:
            found, _ = retry(self._record.read, self._stage.waiter, seconds=PATIENCE)
            if found is None or not found.holds(now):
                self._write(now, now + left)
            self._written = True
        except ApiError as error:
            if not self._said:
                self._said = True
                self._stage.tell.note(f"that this run waits cannot be recorded: {error}\nno other command finds it yet")
            return
        if found is not None and found.holds(now) and found.stop:
            raise StoppedError(f"stopped by someone else while it waited for its turn: {found.stop}")

    def _write(self, now: float, until: float) -> None:
        scheduled = self._plan.environment.get(SCHEDULED_TIME, "")
        run = self._plan.run.started_by
        record = WaitingRun(run=run, since=exact_utc(now), until=exact_utc(until), scheduled=scheduled)
        retry(lambda: self._record.put(record), self._stage.waiter, seconds=PATIENCE)
        if not self._written:
            for path, other in waiting_records(self._stage.aws, self._folder):
                if not other.holds(now - SHOWN_FOR):
                    WaitingRecord(self._stage.aws, path).remove()  # a killed runner has left it

    def over(self, found: Verdict | None = None) -> str:
        """Removes the record, once the wait has ended.

        Args:
            found: The end, where nothing was started.

        Returns:
            Why the run was stopped meanwhile; empty where it was not.
        """
        if not self._written:
            return ""
        self._written, waiter, stop = False, self._stage.waiter, ""
        end, why = (name(found.row, found.code), found.why) if found else (STARTED, "")
        with suppress(ApiError):
            record, version = retry(self._record.read, waiter, seconds=PATIENCE)
            if record is not None:
                ended = replace(record, stop="", end=end, why=why)
                after = retry(lambda: self._record.put(ended), waiter, seconds=PATIENCE)
                stop = record.stop or ("" if after == version + 1 else STOP_REASON)
        if found and not waiter.signals:
            waiter.wait(SHOWN_FOR)
        with suppress(ApiError):
            retry(self._record.remove, waiter, seconds=PATIENCE)
        return stop


def waiting_attempt(manifest: BatchManifest, path: str, record: WaitingRun) -> Attempt:
    """A waiting run as an attempt without a task. Pure.

    Args:
        manifest: Its batch.
        path: The parameter of its record.
        record: The record.
    """
    since = moment(record.since) or 0.0
    state = TaskState(status=WAITING, times={"createdAt": since})
    return Attempt(
        manifest,
        path,
        record.run,
        state,
        since,
        in_ecs=False,
        stopping=bool(record.stop),
        scheduled=record.scheduled,
    )


def waiting_as(stage: Stage, known: Attempt, wall: Callable[[], float] = time.time) -> Attempt | None:
    """The run of an attempt, where it waits; none where it does not, or that may not be seen.

    Raises:
        ApiError: The call failed.
    """
    own = known.manifest
    path = waiting_path(own.project, own.stage, own.batch, known.started_by)
    if own.overlap != "wait":
        return None
    found, _ = WaitingRecord(stage.aws, path).read()
    return waiting_attempt(own, path, found) if found is not None and found.holds(wall()) else None


def stop_waiting(stage: Stage, known: Attempt, reason: str, wall: Callable[[], float] = time.time) -> bool:
    """Stops a run that waits.

    Args:
        stage: The stage.
        known: The run.
        reason: Why; whoever follows the run sees it.
        wall: Seconds since 1970.

    Returns:
        Whether it waited: else its turn has come meanwhile, or it has ended.

    Raises:
        RunnerError: It could not be stopped.
    """
    record, what = WaitingRecord(stage.aws, known.arn), f"run {known.started_by} could not be stopped"

    def stop() -> bool:
        found, version = record.read()
        if found is None or not found.holds(wall()):
            return False
        after = version + 1 if found.stop else record.put(replace(found, stop=reason))
        if after == 1:
            record.remove()  # it was removed before our stop came, which nobody would read
        return after == version + 1

    try:
        return patiently(stop, what, stage.waiter, forbidden_for=FORBIDDEN_FOR)
    except ApiError as error:
        raise RunnerError(f"{what}: {error}") from error


def until_its_turn(
    stage: Stage, known: Attempt, on_signal: Literal["stop", "leave"], wall: Callable[[], float] = time.time
) -> Attempt | Verdict:
    """Follows a run while it waits.

    Args:
        stage: The stage.
        known: The run.
        on_signal: Whether a signal stops it or only this runner.
        wall: Seconds since 1970.

    Returns:
        Its task; or how the wait has ended without one.

    Raises:
        RunnerError: A signal came, or how the wait has ended cannot be seen.
    """
    waiter, record, run = stage.waiter, WaitingRecord(stage.aws, known.arn), known.started_by
    stage.tell.note(f"run {run} waits for its turn: following it")
    gone: float | None = None
    while not waiter.signals or on_signal == "stop":
        if waiter.signals and stop_waiting(stage, known, f"{STOP_REASON}: a signal of who followed it", wall):
            code = 128 + waiter.signals[0]
            return Verdict(Row.SIGNAL, code, f"{ROWS[Row.SIGNAL].phrase} while it waited for its turn", "ask")
        try:
            found, _ = record.read()
            if found is not None and found.end not in ("", STARTED):
                row, code = named(found.end)
                return Verdict(row, code, found.why, ROWS[row].again)
            waits = found is not None and found.holds(wall())
            earlier = (
                None if waits else earlier_of(known.manifest, run, tasks_of_run(stage.aws, known.manifest, run), wall())
            )
        except ApiError as error:
            if not error.temporary and not error.credentials:
                raise RunnerError(f"run {run} cannot be seen: {error}") from error
            waits, earlier = True, None
        if earlier is not None:
            return Attempt.of(known.manifest, earlier.task)
        gone = None if waits else waiter.now() if gone is None else gone
        if gone is not None and waiter.now() >= gone + STARTS_WITHIN:
            raise RunnerError(
                f"run {run} waits no more, and ECS shows no task of it: how it has ended is known to its runner alone",
                hint=f"See batchwright runs {known.manifest.batch} -s {known.manifest.stage}",
                again="ask",
            )
        waiter.wait(EVERY)
    raise RunnerError("told to stop", hint=come_back(known.manifest, run, "The run still waits"), again="ask")
