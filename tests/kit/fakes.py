"""Hand-made fakes: a clock, a run, a pace, a log and notes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.task import LogLine, LogPage, TemporaryError


@dataclass
class FakeWaiter:
    """A clock that a wait moves forward. ``at`` holds signals and the time they come."""

    at: dict[float, int] = field(default_factory=dict)
    time: float = 0.0
    waits: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def signals(self) -> Sequence[int]:
        return [number for moment, number in sorted(self.at.items()) if moment <= self.time]

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float, read: Sequence[int] = (), write: Sequence[int] = ()) -> None:
        del read, write
        self.waits.append(seconds)
        due = [moment for moment in self.at if self.time < moment <= self.time + seconds]
        self.time = min([*due, self.time + seconds])
        if len(self.waits) > 100_000:
            raise AssertionError("the loop never ends")

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class FakeTask:
    """A run that a script of states drives. ``ends_at`` is when its main container ends by itself."""

    waiter: FakeWaiter
    ends_at: float = 5.0
    exit_code: int | None = 0
    stop_code: str = "EssentialContainerExited"
    reason: str = ""
    """What ECS says of an end that is not a stop of ours."""
    began: bool = True
    on_stop: float | None = 1.0
    """Seconds from a stop to the end; none for a stop without effect."""
    code_on_stop: int = 0
    lines: Sequence[tuple[float, bytes]] = ()
    """Lines and when they become readable."""
    describe_errors: list[Exception] = field(default_factory=list)
    log_errors: list[Exception] = field(default_factory=list)
    stop_errors: list[Exception] = field(default_factory=list)
    stops: list[tuple[float, str]] = field(default_factory=list)
    name: str = "task"
    containers: Sequence[str] = ("main",)

    def describe(self) -> TaskState:
        if self.describe_errors:
            raise self.describe_errors.pop(0)
        stopped = self.stops and self.on_stop is not None and self.waiter.time >= self.stops[0][0] + self.on_stop
        if self.waiter.time >= self.ends_at and (not self.stops or self.ends_at < self.stops[0][0]):
            return self._state(self.exit_code, self.stop_code, self.reason)
        if stopped:
            return self._state(self.code_on_stop if self.began else None, "UserInitiated")
        return TaskState(status="RUNNING" if self.began else "PENDING", began=self.began)

    def read_log(self, container: str, token: str) -> LogPage:
        del container
        if self.log_errors:
            raise self.log_errors.pop(0)
        begin = int(token or 0)
        ready = [LogLine(text, at) for at, text in self.lines if at <= self.waiter.time]
        return LogPage(ready[begin:], token=str(len(ready)))

    def stop(self, reason: str) -> None:
        if self.stop_errors:
            raise self.stop_errors.pop(0)
        self.stops.append((self.waiter.time, reason))

    def watch(self, *, log: bool) -> Sequence[int]:
        del log
        return ()

    def _state(self, code: int | None, stop_code: str, reason: str = "") -> TaskState:
        return TaskState(
            status="STOPPED", began=self.began, ended=True, exit_code=code, stop_code=stop_code, reason=reason
        )


class EverySecond:
    """A pace that looks each second and takes a log as complete three seconds after the end."""

    def __init__(self) -> None:
        self.ended_at: float | None = None
        self.failures: list[TemporaryError] = []

    def log_due(self, now: float) -> bool:
        del now
        return True

    def state_due(self, now: float) -> bool:
        del now
        return True

    def pause(self, now: float) -> float:
        del now
        return 1.0

    def saw_log(self, now: float, page: LogPage) -> None:
        pass

    def saw_state(self, now: float, state: TaskState) -> None:
        if state.ended and self.ended_at is None:
            self.ended_at = now

    def log_failed(self, now: float, error: TemporaryError) -> None:
        del now
        self.failures.append(error)

    def state_failed(self, now: float, error: TemporaryError) -> None:
        del now
        self.failures.append(error)

    def drained(self, now: float) -> bool:
        return self.ended_at is not None and now >= self.ended_at + 3


class ListSink:
    """Keeps the lines."""

    full = False
    empty = True
    taken = 0
    problem = ""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def put(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        self.lines += [label + line.text for line in lines]

    def pump(self) -> None:
        pass

    def watch(self) -> Sequence[int]:
        return ()


class Notes:
    """Keeps its notes."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.states: list[TaskState] = []

    def note(self, text: str) -> None:
        self.texts.append(text)

    def state(self, state: TaskState) -> None:
        self.states.append(state)

    def tick(self) -> float:
        return float("inf")
