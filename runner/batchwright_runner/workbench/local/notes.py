"""Tells a person how a run on this machine goes."""

from collections.abc import Callable, Sequence

from batchwright_runner.contract.judgment.state import TaskState
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.terminal.console import Tell
from batchwright_runner.host.terminal.live_line import LiveLine

SILENT = 3.0
"""Seconds for which nothing need be said."""


def said_when_slow(text: str, waiter: Waiter, tell: Tell) -> Callable[[], None]:
    """What is called again and again while something is waited for, and says once that it is, if it takes long."""
    due = [waiter.now() + SILENT]

    def tick() -> None:
        if due and waiter.now() >= due[0]:
            due.clear()
            tell.note(text)

    return tick


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
