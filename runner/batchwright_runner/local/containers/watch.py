"""Waits for the end of a container, also across times in which the engine does not answer."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from batchwright_runner.local.containers.engine import EngineError

LOST_FOR = 30
"""Seconds for which an engine that does not answer is asked about a container again."""
PAUSE = 1.0


class Watched(Protocol):
    """What is needed of an engine."""

    def wait(self, container: str) -> None:
        """Waits for a container's end."""

    def inspect(self, container: str) -> Mapping[str, Any]:
        """All that is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """What was seen of a container's end.

    Attributes:
        how: ``ended``; ``removed`` where the engine no longer has it; ``lost`` where the engine does not answer.
        state: The engine's state of one that has ended.
        away: The engine did not answer when it ended.
        problem: What the engine said last, of one that is lost.
    """

    how: Literal["ended", "removed", "lost"]
    state: Mapping[str, Any] = field(default_factory=dict)
    away: bool = False
    problem: str = ""


def watch_end(
    engine: Watched, container: str, halt: threading.Event, clock: Callable[[], float], went_away: Callable[[], None]
) -> End | None:
    """Waits for the end of a container.

    Args:
        engine: The engine.
        container: The container's id.
        halt: Set when the end does not matter any more.
        clock: A clock that never goes back, in seconds.
        went_away: Called when the engine does not answer.

    Returns:
        The end; none if it does not matter any more.
    """
    away_since: float | None = None
    while True:
        try:
            if away_since is None:
                engine.wait(container)
            state = engine.inspect(container).get("State") or {}
            if not state.get("Running"):
                return End(how="ended", state=state, away=away_since is not None)
            away_since = None
        except EngineError as error:
            if error.status == 404:
                return End(how="removed")
            now = clock()
            away_since = now if away_since is None else away_since
            went_away()
            if now - away_since > LOST_FOR:
                return End(how="lost", problem=str(error))
        if halt.wait(PAUSE):
            return None
