"""A run in containers, as the follow loop sees it."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.crew import Wake
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.task import LogLine, LogPage
from batchwright_runner.workbench.local.containers.conductor import Conductor
from batchwright_runner.workbench.local.containers.engine import EngineError, LogSocket, TaskEngine
from batchwright_runner.workbench.local.containers.log_stream import LogStream
from batchwright_runner.workbench.local.containers.relay.relay import Handlers
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan

HURRY = 15
"""Seconds that killing what still runs may take."""


class ContainerTask:
    """A task's containers. `begin` starts them, `finish` leaves nothing of them.

    Args:
        engine: The engine.
        plan: What to run.
        shown: The containers whose log is shown, the main one first.
        waiter: Time and signals.
        handlers: What is done with what the task's relay hands over; ``None`` where the plan has no relay.
        wall: Seconds since 1970.
    """

    def __init__(
        self,
        engine: TaskEngine,
        plan: TaskPlan,
        *,
        shown: Sequence[str],
        waiter: Waiter,
        handlers: Handlers | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._waiter = waiter
        self._wall = wall
        self._wake = Wake()
        self._streams: dict[str, LogStream] = {}
        self._conductor = Conductor(
            engine,
            plan,
            shown=tuple(shown),
            news=self._wake.now,
            handlers=handlers,
            clock=waiter.now,
            wall=wall,
        )
        self._signals_at_end: int | None = None
        self.name = plan.prefix
        self.containers: Sequence[str] = tuple(shown)

    def begin(self) -> None:
        """Starts it. Returns at once."""
        self._conductor.start()

    def describe(self) -> TaskState:
        """How it is."""
        self._wake.clear()
        self._obey()
        return self._conductor.state

    def read_log(self, container: str, token: str) -> LogPage:  # noqa: ARG002 - a connection cannot be read twice
        """Reads what has come."""
        over = self._conductor.over
        stream = self._stream(container)
        if stream is None:
            return LogPage((), closed=over)
        return stream.read()

    def rest(self, container: str) -> list[LogLine]:
        """The lines that were begun when the log was given up."""
        stream = self._streams.get(container)
        return [LogLine(line, self._wall()) for line in stream.rest()] if stream is not None else []

    def stop(self, reason: str) -> None:
        """Asks for a stop."""
        self._conductor.stop(reason)

    def watch(self, *, log: bool) -> Sequence[int]:
        """The conductor's news, and the logs."""
        for container in self.containers:
            self._stream(container)
        logs = [stream.fileno() for stream in self._streams.values() if not stream.closed] if log else []
        return [self._wake.fileno(), *logs]

    def remarks(self) -> list[str]:
        """What a person should know, each thing once."""
        found = []
        while self._conductor.remarks:  # to which the conductor's thread may add
            found.append(self._conductor.remarks.pop(0))
        return found

    @property
    def incomplete(self) -> str:
        """Why lines of the log may be missing; empty when none are."""
        return "the engine did not answer for a time" if self._conductor.was_away else ""

    @property
    def codes(self) -> dict[str, int | None]:
        """Each container's own exit code; none for one without."""
        return {name: container.exit_code for name, container in self._conductor.containers.items()}

    def finish(self, *, hurry: bool, say: Callable[[str], None]) -> list[str]:
        """Waits until all containers have been stopped, and removes all that was made.

        Args:
            hurry: Whether to kill what still runs. A signal has that effect too.
            say: Says one thing to a person.

        Returns:
            What could not be removed; empty when nothing is left.
        """
        try:
            if hurry or not self._ended_by_itself(say):
                self._kill()
            self._close()
            return self._remove()
        except LeaveNow:
            return self._made()

    def _obey(self) -> None:
        """A signal that comes when only the main container has ended kills the others."""
        if self._conductor.state.ended and self._signals_at_end is None:
            self._signals_at_end = len(self._waiter.signals)
        if self._signals_at_end is not None and len(self._waiter.signals) > self._signals_at_end:
            self._conductor.hurry()

    def _ended_by_itself(self, say: Callable[[str], None]) -> bool:
        """Waits for the end, and says what is waited for; false for a second signal."""
        try:
            while not self._conductor.over:
                self._waiter.wait(1.0, [self._wake.fileno()])
                self.describe()
                self._say_all(say)
        except LeaveNow:
            return False
        self._say_all(say)
        return True

    def _say_all(self, say: Callable[[str], None]) -> None:
        for text in self.remarks():
            say(text)

    def _kill(self) -> None:
        self._conductor.hurry()
        self._close()  # a container whose log no one takes would not end
        until = self._waiter.now() + HURRY
        while not self._conductor.over and self._waiter.now() <= until:
            self._waiter.wait(1.0, [self._wake.fileno()])
            self._wake.clear()

    def _stream(self, container: str) -> LogStream | None:
        if container not in self._streams and container in self._conductor.streams:
            self._streams[container] = LogStream(self._conductor.streams[container], self._wall)
        return self._streams.get(container)

    def _close(self) -> None:
        closable: list[LogStream | LogSocket] = [*self._streams.values(), *self._conductor.streams.values()]
        for connection in closable:
            with suppress(OSError):
                connection.close()

    def _made(self) -> list[str]:
        names = [container.id for container in self._conductor.containers.values()]
        return [name for name in (*names, self._conductor.ground.holder, *self._conductor.ground.volumes) if name]

    def _remove(self) -> list[str]:
        left = []
        containers = [container.id for container in self._conductor.containers.values()] + [
            self._conductor.ground.holder
        ]
        for remove, names in (
            (self._engine.remove, containers),
            (self._engine.remove_volume, self._conductor.ground.volumes),
        ):
            for name in filter(None, names):
                try:
                    remove(name)
                except EngineError as error:
                    left.append(f"{name} ({error})")
        return left
