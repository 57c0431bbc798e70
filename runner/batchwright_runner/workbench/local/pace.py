"""When to look at a run on this machine, and when its log is complete."""

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.task import LogPage


class LocalPace:
    """Looks in every turn of the loop: descriptors wake it, and a look costs nothing.

    Args:
        idle: Seconds between turns without news.
        held_open: Seconds after the run's end for which a log that did not close is read on: something holds it open.
        drain_limit: Seconds after it for which it is read on while lines still come.
    """

    def __init__(self, *, idle: float, held_open: float, drain_limit: float) -> None:
        self._idle = idle
        self._held_open = held_open
        self._drain_limit = drain_limit
        self._over_at: float | None = None
        self._read_nothing = False

    def log_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def state_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def pause(self, now: float) -> float:  # noqa: ARG002 - always the same
        """As long as nothing comes, and a moment when only the log's end is still to come."""
        return self._idle if self._over_at is None else 0.1

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
        return (self._read_nothing and since >= self._held_open) or since >= self._drain_limit


def process_pace() -> LocalPace:
    """For a plain process: there may be no descriptor that tells of its end, and a kill may be due."""
    return LocalPace(idle=0.5, held_open=1.0, drain_limit=10.0)


def container_pace() -> LocalPace:
    """For containers: all news comes by descriptors."""
    return LocalPace(idle=5.0, held_open=2.0, drain_limit=20.0)
