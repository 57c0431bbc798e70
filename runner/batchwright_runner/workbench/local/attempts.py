"""Follows a batch on this machine, runs it again where its ``retry`` says so, and does slow work aside."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TypeVar

from batchwright_runner.contract.ends import STARTS
from batchwright_runner.contract.judgment.retries import after, announced, pause_before_retry, why_again
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.errors import InterruptedEarlyError, RunnerError
from batchwright_runner.host.runs.crew import Wake
from batchwright_runner.host.runs.end import RunEnd
from batchwright_runner.host.runs.follow import Follower, Limits
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.stopping import Whereabouts
from batchwright_runner.host.runs.task import LogPage, Task
from batchwright_runner.host.stage.session import Surroundings
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.host.terminal.live_line import local_line
from batchwright_runner.workbench.local.request import Prepared

T = TypeVar("T")
SILENT = 3.0
"""Seconds for which no message is needed."""


@dataclass(slots=True, kw_only=True)
class LocalPace:
    """Looks in every turn of the loop: descriptors wake it, and a look costs nothing.

    `held_open`: seconds after the run's end for which a log that did not close is read on: something holds it open.
    """

    idle: float
    held_open: float
    drain_limit: float
    _over_at: float | None = None
    _read_nothing: bool = False

    def log_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def state_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def pause(self, now: float) -> float:  # noqa: ARG002 - always the same
        """As long as nothing comes, and a moment when only the log's end is still to come."""
        return self.idle if self._over_at is None else 0.1

    def saw_log(self, now: float, page: LogPage) -> None:  # noqa: ARG002 - the time does not matter
        """Whether lines still come decides when a log is given up."""
        self._read_nothing = not page.lines and not page.more

    def saw_state(self, now: float, state: TaskState) -> None:
        """Remembers when all of the run was seen ended. Containers may end after the main one."""
        if state.status == "STOPPED" and self._over_at is None:
            self._over_at = now

    def log_failed(self, now: float, error: Exception) -> None:
        """Does not happen here."""

    def state_failed(self, now: float, error: Exception) -> None:
        """Does not happen here."""

    def drained(self, now: float) -> bool:
        """Whether a log that did not close has been waited for long enough. One that has closed needs no waiting."""
        if self._over_at is None:
            return False
        since = now - self._over_at
        return (self._read_nothing and since >= self.held_open) or since >= self.drain_limit


def process_pace() -> LocalPace:
    """For a plain process: there may be no descriptor that tells of its end, and a kill may be due."""
    return LocalPace(idle=0.5, held_open=1.0, drain_limit=10.0)


def container_pace() -> LocalPace:
    """For containers: all news comes by descriptors."""
    return LocalPace(idle=5.0, held_open=2.0, drain_limit=20.0)


def follow_here(
    task: Task, ready: Prepared, around: Surroundings, *, stop_timeout: float, pace: LocalPace, backend: str
) -> RunEnd:
    """Follows an attempt to its end, with a live line."""
    waiter, manifest = around.waiter, ready.batch.manifest
    timeout = ready.request.timeout or manifest.timeout_seconds
    limits = Limits(
        deadline=waiter.now() + timeout,
        timeout=timeout,
        stop_timeout=stop_timeout,
        container=manifest.container,
        runner=Whereabouts.here(),
    )
    with local_line(around.console) as line:
        follower = Follower(task, limits, pace=pace, waiter=waiter, output=around.output, watcher=line)
        ending = follower.run()
    return RunEnd(
        verdict=verdict(ending),
        manifest=manifest,
        task=task.name,
        state=follower.state,
        ending=ending,
        incomplete=follower.incomplete,
        extra={"backend": backend},
    )


def run_attempts(attempt: Callable[[], RunEnd], waiter: Waiter, tell: Tell) -> RunEnd:
    """Runs it until it is not tried again. A start that fails on this machine is not: nothing here passes by itself.

    Returns the end of the last attempt that came to something.
    """
    retried = begun = 0
    before: RunEnd | None = None
    while True:
        try:
            end = attempt()
        except RunnerError as error:
            if before is None or error.again == "ask":
                raise
            tell.note(f"attempt {retried + 1} was not started: {error.reason}")
            return before
        end = replace(end, verdict=after(begun, end.verdict))
        end = before = end if before is None else end.with_missing_lines_of(before)
        if end.ending is not None and end.ending.began:
            begun = retried + 1
        if end.ending is None or waiter.signals:
            return end
        why = why_again(end.manifest, end.verdict, end.ending, failed_starts=STARTS, retried=retried)
        if not why:
            return end
        retried += 1
        pause = pause_before_retry(end.manifest, end.verdict)
        tell.note(announced(retried + 1, end.verdict.said, why, pause))
        if pause:
            waiter.wait(pause)
            if waiter.signals:
                interrupted = InterruptedEarlyError(waiter.signals[0])
                tell.note(f"attempt {retried + 1} was not started: {interrupted.reason}")
                return end


def aside(work: Callable[[], T], waiter: Waiter, tick: Callable[[], object] = lambda: None) -> T:
    """Does it and waits for it.

    `tick`: Called each second meanwhile.
    """
    wake, result = Wake(), Future[T]()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            result.set_exception(error)
        wake.now()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not result.done():
        if waiter.signals:
            raise InterruptedEarlyError(waiter.signals[0])
        waiter.wait(1.0, [wake.fileno()])
        wake.clear()
        tick()
    thread.join()
    wake.close()
    return result.result()


def note_when_slow(text: str, waiter: Waiter, tell: Tell) -> Callable[[], None]:
    """Gives what is called again and again during a wait, and notes the text once when that takes long."""
    due = [waiter.now() + SILENT]

    def tick() -> None:
        if due and waiter.now() >= due[0]:
            due.clear()
            tell.note(text)

    return tick
