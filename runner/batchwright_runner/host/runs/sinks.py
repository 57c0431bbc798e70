"""Whom the follow loop tells, and where it puts the log: a terminal and stdout offer these few methods."""

from collections.abc import Sequence
from typing import Protocol

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.task import LogLine


class Watcher(Protocol):
    """Who is told what happens."""

    def note(self, text: str) -> None:
        """Something a person should know."""

    def state(self, state: TaskState) -> None:
        """The run was seen."""

    def tick(self) -> float:
        """Time has passed.

        Returns:
            Seconds after which the next tick is wanted at the latest.
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
