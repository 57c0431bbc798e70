"""A run in containers, as the follow loop sees it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.crew import Wake
from batchwright_runner.host.runs.signals import LeaveNow, Waiter
from batchwright_runner.host.runs.task import LogLine, LogPage
from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.conductor import Conductor
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.task_plan import TaskPlan

HURRY = 15
"""Seconds that killing what still runs may take."""


class ContainerTask:
    """A task's containers. `begin` starts them, `finish` leaves nothing of them."""

    def __init__(
        self, engine: Engine, plan: TaskPlan, *, shown: Sequence[str], waiter: Waiter, say: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._waiter = waiter
        self._say = say
        self._wake = Wake()
        self._conductor = Conductor(engine, plan, shown=tuple(shown), news=self._wake.now, clock=waiter.now)
        self._signals_at_end: int | None = None
        self.name = plan.prefix
        self.containers: Sequence[str] = tuple(shown)

    def begin(self) -> None:
        """Starts it. Returns at once."""
        self._conductor.start()

    def describe(self) -> TaskState:
        """Its state. Passes remarks on, each once."""
        self._wake.clear()
        self._obey()
        self._say_all()
        return self._conductor.state

    def read_log(self, container: str, token: str) -> LogPage:  # noqa: ARG002 - a connection cannot be read twice
        """Reads what has come."""
        over = self._conductor.over
        stream = self._conductor.streams.get(container)
        return stream.read() if stream is not None else LogPage((), closed=over)

    def rest(self, container: str) -> list[LogLine]:
        """The lines that were begun when the log was given up."""
        stream = self._conductor.streams.get(container)
        return stream.rest() if stream is not None else []

    def stop(self, reason: str) -> None:
        """Asks for a stop."""
        self._conductor.stop(reason)

    def watch(self, *, log: bool) -> Sequence[int]:
        """The conductor's news, and the logs."""
        streams = list(self._conductor.streams.values())  # to which the conductor's thread may add
        logs = [stream.fileno() for stream in streams if not stream.closed] if log else []
        return [self._wake.fileno(), *logs]

    @property
    def incomplete(self) -> str:
        """Why lines of the log may be missing; empty when none are."""
        return "the engine did not answer for a time" if self._conductor.was_away else ""

    @property
    def codes(self) -> dict[str, int | None]:
        """Each container's own exit code; none for one without."""
        return {name: container.exit_code for name, container in self._conductor.containers.items()}

    def finish(self, *, hurry: bool) -> list[str]:
        """Waits until all containers have been stopped, and removes all that was made.

        Returns what could not be removed; empty when nothing is left.
        """
        try:
            if hurry or not self._ended_by_itself():
                self._kill()
            self._close()
            return self._remove()
        except LeaveNow:
            return [name for _, name in self._made()]

    def _obey(self) -> None:
        """A signal that comes when only the main container has ended kills the others."""
        if self._conductor.state.ended and self._signals_at_end is None:
            self._signals_at_end = len(self._waiter.signals)
        if self._signals_at_end is not None and len(self._waiter.signals) > self._signals_at_end:
            self._conductor.hurry()

    def _ended_by_itself(self) -> bool:
        """Waits for the end, and says what is waited for; false for a second signal."""
        try:
            while not self._conductor.over:
                self._waiter.wait(1.0, [self._wake.fileno()])
                self.describe()
        except LeaveNow:
            return False
        self._say_all()
        return True

    def _say_all(self) -> None:
        while self._conductor.remarks:  # to which the conductor's thread may add
            self._say(self._conductor.remarks.pop(0))

    def _kill(self) -> None:
        self._conductor.hurry()
        self._close()  # a container whose log no one takes would not end
        until = self._waiter.now() + HURRY
        while not self._conductor.over and self._waiter.now() <= until:
            self._waiter.wait(1.0, [self._wake.fileno()])
            self._wake.clear()

    def _close(self) -> None:
        for stream in list(self._conductor.streams.values()):
            with suppress(OSError):
                stream.close()

    def _made(self) -> list[tuple[Callable[[str], None], str]]:
        """All that was made, each with what removes it."""
        containers = [container.id for container in self._conductor.containers.values() if container.id]
        return [*((self._engine.remove, name) for name in containers), *self._conductor.ground.made]

    def _remove(self) -> list[str]:
        leftovers = []
        for remove, name in self._made():
            try:
                remove(name)
            except EngineError as error:
                leftovers.append(f"{name} ({error})")
        return leftovers
