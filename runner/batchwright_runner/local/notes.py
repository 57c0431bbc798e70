"""Tells a person how a run on this machine goes."""

from collections.abc import Callable, Sequence

from batchwright_runner.runs.task import TaskState
from batchwright_runner.terminal.live_line import LiveLine


class Remarking:
    """A live line, and what the task has to say beside it.

    Args:
        line: The line.
        remarks: What the task has to say, each thing once.
    """

    def __init__(self, line: LiveLine, remarks: Callable[[], Sequence[str]]) -> None:
        self._remarks = remarks
        self._line = line
        self.note = line.note
        self.tick = line.tick

    def state(self, state: TaskState) -> None:
        """Says what there is to say."""
        for text in self._remarks():
            self._line.note(text)
        self._line.state(state)
