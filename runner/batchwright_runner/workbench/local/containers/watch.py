"""Watches containers that run, each from threads of its own: one waits for its end, one asks how it is.

The wait goes on across times in which the engine does not answer.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from batchwright_runner.workbench.local.containers.client import Engine
from batchwright_runner.workbench.local.containers.container import TaskContainer
from batchwright_runner.workbench.local.containers.engine import EngineError
from batchwright_runner.workbench.local.containers.health import PlannedHealthCheck

LOST_FOR = 30
"""Seconds for which an engine that does not answer is asked about a container again."""
PAUSE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEnd:
    """What was seen of a container's end."""

    # ``ended``; ``removed`` where the engine no longer has it; ``lost`` where the engine does not answer
    outcome: Literal["ended", "removed", "lost"]
    state: Mapping[str, Any] = field(default_factory=dict)
    away: bool = False
    # The engine's last error, for one that is lost
    problem: str = ""


@dataclass(slots=True)
class Watchers:
    """The threads that watch the containers of a task.

    `checked`: Takes the result of a health check, and how many seconds after the container's start it began.
    `clock`: a clock that never goes back, in seconds.
    """

    engine: Engine
    ended: Callable[[TaskContainer, ContainerEnd], None]
    checked: Callable[[TaskContainer, bool, float], None]
    clock: Callable[[], float]
    halt: threading.Event = field(default_factory=threading.Event)
    was_away: bool = False

    def watch(self, container: TaskContainer) -> None:
        """Begins to watch a container that has been started. Returns at once."""
        self._in_thread(self._wait_for, container)
        if container.plan.check is not None:
            self._in_thread(self._probe, container, container.plan.check, container.started_at)

    def _in_thread(self, target: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def _wait_for(self, container: TaskContainer) -> None:
        if (end := self._end_of(container.id)) is not None:
            self.ended(container, end)

    def _end_of(self, container: str) -> ContainerEnd | None:
        """Waits for the end of a container; none if it does not matter any more."""
        away_since: float | None = None
        while True:
            try:
                if away_since is None:
                    self.engine.wait(container)
                state = self.engine.inspect(container).get("State") or {}
                if not state.get("Running"):
                    return ContainerEnd(outcome="ended", state=state, away=away_since is not None)
                away_since = None
            except EngineError as error:
                if error.status == 404:
                    return ContainerEnd(outcome="removed")
                now = self.clock()
                away_since = now if away_since is None else away_since
                self.was_away = True
                if now - away_since > LOST_FOR:
                    return ContainerEnd(outcome="lost", problem=str(error))
            if self.halt.wait(PAUSE):
                return None

    def _probe(self, container: TaskContainer, check: PlannedHealthCheck, started_at: float) -> None:
        while not self.halt.wait(check.interval):
            if container.stopped:
                return
            age = self.clock() - started_at
            passed = self.engine.run_inside(container.id, check.command, check.timeout)
            self.checked(container, passed, age)
