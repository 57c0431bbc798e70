"""Runs a batch as a plain process of this machine, with the ends of an ECS task but without its isolation."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from batchwright_runner.contract.ends import ENDED_BY_ITSELF, FAILED_TO_START, STOPPED_ON_REQUEST
from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.task import LogLine, LogPage
from batchwright_runner.workbench.local.log_stream import LogStream
from batchwright_runner.workbench.local.process.plan import ProcessPlan
from batchwright_runner.workbench.local.process.scratch import Scratch
from batchwright_runner.workbench.local.run_lock import locks_folder


class _Pipe:
    """The reading end of a pipe."""

    def __init__(self) -> None:
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)

    def recv(self, size: int, /) -> bytes:
        return os.read(self._reader, size)

    def fileno(self) -> int:
        return self._reader

    def close(self) -> None:
        if self._reader >= 0:
            os.close(self._reader)
        self._reader = -1


@dataclass(slots=True)
class ProcessTask:
    """A batch's process, leader of a session and group of its own. Use as a context manager.

    `clock`: a clock that never goes back, in seconds.
    """

    plan: ProcessPlan
    clock: Callable[[], float] = time.monotonic
    scratch: Scratch = field(default_factory=lambda: Scratch(locks_folder(os.environ)))
    containers: Sequence[str] = ("main",)
    _process: subprocess.Popen[bytes] | None = None
    _log: LogStream | None = None
    _stop_reason: str = ""
    _kill_at: float = float("inf")
    _end: TaskState | None = None
    _times: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How `ps` knows it."""
        return f"process {self._process.pid}" if self._process is not None else "no process"

    def __enter__(self) -> Self:
        self.scratch.open()
        pipe = _Pipe()
        self._log = LogStream(pipe, time.time, framed=False)
        try:
            self._start(pipe.writer)
        except (OSError, ValueError) as error:  # ValueError: a word of the command holds a NUL
            reason = f"CannotStartContainerError: {self.plan.command[0]}: {_why(error)}"
            self._end = TaskState(status="STOPPED", ended=True, stop_code=FAILED_TO_START, reason=reason)
        finally:
            os.close(pipe.writer)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leaves nothing behind: a group that still runs is killed."""
        if self._process is not None and self._end is None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()
        if self._log is not None:
            self._log.close()
        self.scratch.close()

    def describe(self) -> TaskState:
        """Looks whether the process has ended; kills its group when the stop timeout has passed."""
        if self._end is not None:
            return self._end
        assert self._process is not None  # noqa: S101 - started, else there is an end
        # Not reaped before its group is killed, so that its id is not another's by then.
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if self.clock() >= self._kill_at:
                self._signal_group(signal.SIGKILL)
            return TaskState(status="RUNNING", began=True)
        self._signal_group(signal.SIGKILL)
        self._end = self._ended(self._process.wait())
        return self._end

    def read_log(self, container: str, token: str) -> LogPage:  # noqa: ARG002 - one container, one pipe
        """Reads what the process has written."""
        return self._log.read() if self._log is not None else LogPage((), closed=True)

    def rest(self) -> list[LogLine]:
        """The line that was begun when the log was given up."""
        return self._log.rest() if self._log is not None else []

    def stop(self, reason: str) -> None:
        """Sends SIGTERM to the process alone, as an engine does; SIGKILL to its group after the stop timeout."""
        if self._end is None and self._process is not None:
            self._stop_reason = reason
            self._kill_at = self.clock() + self.plan.stop_timeout
            self._times["stoppingAt"] = time.time()
            with suppress(PermissionError):  # of a command such as sudo
                os.kill(self._process.pid, signal.SIGTERM)  # it is not reaped yet, so the id is its own

    def watch(self, *, log: bool) -> Sequence[int]:
        """The pipe, whose end tells of the process's, unless something that it started holds it open."""
        pipe = self._log.fileno() if log and self._log is not None else -1
        return [pipe] if pipe >= 0 else []

    def _start(self, writer: int) -> None:
        self._process = subprocess.Popen(
            self.plan.command,
            cwd=self.plan.folder,
            env={"HOME": str(self.scratch.home), **self.plan.environment},
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=writer,
            start_new_session=True,
        )
        self._times["startedAt"] = time.time()
        self.scratch.started(self._process.pid, self._times["startedAt"])

    def _ended(self, code: int) -> TaskState:
        return TaskState(
            status="STOPPED",
            began=True,
            ended=True,
            exit_code=code if code >= 0 else 128 - code,
            stop_code=STOPPED_ON_REQUEST if self._stop_reason else ENDED_BY_ITSELF,
            reason=self._stop_reason,
            times={**self._times, "executionStoppedAt": time.time()},
        )

    def _signal_group(self, number: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such command"
    if isinstance(error, PermissionError):
        return "not executable"
    return (error.strerror if isinstance(error, OSError) else "") or str(error)
