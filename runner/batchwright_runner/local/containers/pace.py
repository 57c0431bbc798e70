"""When to look at a task in containers, and when its logs are complete."""

from batchwright_runner.engine import LogPage, TaskState


class ContainerPace:
    """Looks in every turn of the loop: descriptors wake it, and a look costs nothing."""

    IDLE = 5.0
    """Seconds between turns without news."""
    HELD_OPEN = 2.0
    """Seconds after the task's end for which a log that did not close is read on."""
    DRAIN_LIMIT = 20.0
    """Seconds after the task's end for which it is read on while lines still come."""

    def __init__(self) -> None:
        self._over_at: float | None = None
        self._read_nothing = False

    def log_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def state_due(self, now: float) -> bool:  # noqa: ARG002 - always
        """Always."""
        return True

    def pause(self, now: float) -> float:  # noqa: ARG002 - always the same
        """A while: all news comes by descriptors."""
        return self.IDLE if self._over_at is None else 0.1

    def saw_log(self, now: float, page: LogPage) -> None:  # noqa: ARG002 - the time does not matter
        """Whether lines still come decides when a log is given up."""
        self._read_nothing = not page.lines and not page.more

    def saw_state(self, now: float, state: TaskState) -> None:
        """Remembers when all containers were seen ended."""
        if state.status == "STOPPED" and self._over_at is None:
            self._over_at = now

    def log_failed(self, now: float, error: Exception) -> None:
        """Does not happen here."""

    def state_failed(self, now: float, error: Exception) -> None:
        """Does not happen here."""

    def drained(self, now: float) -> bool:
        """Whether logs that did not close have been waited for long enough. The other containers may end first."""
        since = now - self._over_at if self._over_at is not None else -1.0
        return (self._read_nothing and since >= self.HELD_OPEN) or since >= self.DRAIN_LIMIT
