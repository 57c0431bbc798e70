"""What the follow loop needs of a started run, of whom it tells, and of where it puts the log.

Fargate and this machine offer the same few methods, and so do a terminal and stdout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from batchwright_runner.contract.judgment.state import TaskState


class TemporaryError(Exception):
    """A call failed in a way that passes: ask again later."""

    def __init__(
        self,
        message: str,
        *,
        throttled: bool = False,
        by_hand: bool = False,
        until: float | None = None,
        longest: float = 0.0,
    ) -> None:
        super().__init__(message)
        # Seconds that the pause after it lasts at most, before jitter; 0 for as long as after others
        self.longest = longest
        self.throttled = throttled
        self.by_hand = by_hand
        self.until = until


class AlreadyStoppingError(Exception):
    """A stop was refused, and the run is being stopped: by an earlier request of ours, or by someone else's."""


class RefusedError(Exception):
    """A call failed in a way that does not pass, such as a missing permission."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log."""

    # The line without its newline, byte for byte
    text: bytes
    # When it was written, in seconds since 1970
    at: float


@dataclass(frozen=True, slots=True)
class LogPage:
    """The lines that a read found."""

    lines: Sequence[LogLine]
    token: str = ""
    more: bool = False
    # Nothing will ever come any more
    closed: bool = False
    # The largest time a line took from being written to being readable, in seconds; 0 where unknown
    delay: float = 0.0
    # Lines came of which none is to be shown: no empty page, by which a complete log is known
    unwanted: bool = False


class Task(Protocol):
    """A started run. Each method may raise `TemporaryError` or `RefusedError`."""

    @property
    def name(self) -> str:
        """What a person calls it: a task ARN, or a process id."""

    @property
    def containers(self) -> Sequence[str]:
        """The containers whose log is shown, the main one first; none as long as they are not known."""

    def describe(self) -> TaskState:
        """Looks how it is."""

    def read_log(self, container: str, token: str) -> LogPage:
        """Reads on from ``token``; from the beginning for an empty one. Never waits for lines to come."""

    def stop(self, reason: str) -> None:
        """Asks for a stop: SIGTERM, and SIGKILL after the stop timeout. Returns at once."""

    def watch(self, *, log: bool) -> Sequence[int]:
        """Descriptors that become readable when there is news; without those of the log for ``log=False``."""


class Pace(Protocol):
    """Decides when to look and when a log is complete. Times are the waiter's."""

    def log_due(self, now: float) -> bool:
        """Whether to read the log now."""

    def state_due(self, now: float) -> bool:
        """Whether to look at the state now."""

    def pause(self, now: float) -> float:
        """Seconds until something is due."""

    def saw_log(self, now: float, page: LogPage) -> None:
        """Learns from a page."""

    def saw_state(self, now: float, state: TaskState) -> None:
        """Learns from a state."""

    def log_failed(self, now: float, error: TemporaryError) -> None:
        """Learns that the log could not be read."""

    def state_failed(self, now: float, error: TemporaryError) -> None:
        """Learns that the state could not be seen."""

    def drained(self, now: float) -> bool:
        """Whether the log of an ended run may be taken as complete."""


class Watcher(Protocol):
    """Hears what happens."""

    def note(self, text: str) -> None:
        """Something a person should know."""

    def state(self, state: TaskState) -> None:
        """The run was seen."""

    def tick(self) -> float:
        """Time has passed.

        Returns seconds after which the next tick is wanted at the latest.
        """


class LogSink(Protocol):
    """Where the lines go."""

    @property
    def full(self) -> bool:
        """Whether to wait before more is read."""

    @property
    def empty(self) -> bool:
        """Whether everything was written."""

    @property
    def taken(self) -> int:
        """Bytes that the reader has taken."""

    @property
    def problem(self) -> str:
        """Why nothing can be written any more; empty while it can, and where the reader has gone."""

    def put(self, lines: Sequence[LogLine], label: bytes = b"") -> None:
        """Takes lines."""

    def pump(self) -> None:
        """Writes what can be written."""

    def watch(self) -> Sequence[int]:
        """Descriptors that can be written to again when they are ready."""
