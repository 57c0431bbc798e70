"""The errors that end a command, each with its exit code and what to do about it.

    RunnerError                125  anything that keeps the runner from knowing a result
    ├── UsageError               2  an option, a batch or a run that does not exist
    ├── OverlapError           123  another run is in progress and the batch forbids a second
    ├── StartError             126  the batch could not be started
    └── InterruptedEarlyError  128+n  told to stop by signal n before anything was started

A message says what happened, a colon, and why; the hint says what to do. Only ``cli.py`` prints them and exits.
"""

import signal

from batchwright_runner.runs.verdict import Again, Row, Verdict


class RunnerError(Exception):
    """What a person is told instead of a traceback.

    Attributes:
        exit_code: The command's exit code.
        hint: What to do, as a sentence without its full stop; empty where nothing helps.
        row: Its row in the exit-code table.
        again: Whether running again makes sense.
    """

    exit_code = 125
    row = Row.NO_RESULT
    again: Again = "useless"

    def __init__(self, message: str, *, hint: str = "", again: Again | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if again is not None:
            self.again = again

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message}. {self.hint}" if self.hint else message

    def verdict(self) -> Verdict:
        """The error as the verdict of the run that it ended."""
        return Verdict(self.row, self.exit_code, str(self), self.again)


class UsageError(RunnerError):
    """The command names something that does not exist or does not go together."""

    exit_code = 2
    row = Row.USAGE


class OverlapError(RunnerError):
    """Another run of the batch is in progress and the batch says ``overlap="forbid"``."""

    exit_code = 123
    row = Row.OVERLAP
    again: Again = "safe"


class StartError(RunnerError):
    """The batch could not be started; nothing of it ran."""

    exit_code = 126
    row = Row.NEVER_STARTED


class InterruptedEarlyError(RunnerError):
    """A signal came before anything was started."""

    row = Row.SIGNAL
    again: Again = "safe"

    def __init__(self, number: int) -> None:
        super().__init__(f"told to stop by {signal.Signals(number).name}: nothing had been started yet")
        self.exit_code = 128 + number
