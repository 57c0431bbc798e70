"""The errors that end a command, each with its exit code and what to do about it.

    RunnerError                125  anything that keeps the runner from knowing a result
    ├── UsageError               2  an option, a batch or a run that does not exist; or that could be several
    │   └── WorkflowNamedError      a workflow in a batch's place
    ├── DeniedError            125  AWS refuses the caller a call
    ├── OverlapError           123  another run is in progress and the batch forbids a second
    ├── PausedError            123  the batch is paused
    ├── StoppedError           122  someone else has stopped the run before anything was started
    ├── StartError             126  the batch could not be started
    └── InterruptedEarlyError  128+n  told to stop by signal n before anything was started

A message says what happened, a colon, and why; the hint says what to do. Only ``cli.py`` prints them and exits.
"""

import signal
from typing import TYPE_CHECKING

from batchwright_runner.contract.installed import requirement
from batchwright_runner.contract.project_pages import with_addresses
from batchwright_runner.contract.verdicts import ROWS, RetryAdvice, Row, Verdict

if TYPE_CHECKING:
    from batchwright_runner.contract.workflows.manifest import WorkflowManifest


class RunnerError(Exception):
    """What a person reads instead of a traceback.

    `hint`: what to do, as a sentence without its full stop; empty where nothing helps.
    """

    row = Row.NO_RESULT
    exit_code = ROWS[row].code
    again: RetryAdvice = "useless"  # nothing was started, so that something must be fixed first
    began = False
    """Whether a task, or an execution, had been started by then."""

    def __init_subclass__(cls, row: Row | None = None) -> None:
        """An error of another row has its exit code and its advice."""
        if row is not None:
            cls.row, cls.exit_code, cls.again = row, ROWS[row].code, ROWS[row].again

    def __init__(self, message: str, *, hint: str = "", again: RetryAdvice | None = None) -> None:
        super().__init__(message)
        self.hint = with_addresses(hint)
        if again is not None:
            self.again = again

    def __str__(self) -> str:
        message = str(self.args[0])
        return f"{message.rstrip('.')}. {self.hint}" if self.hint else message

    @property
    def reason(self) -> str:
        """What happened, without what it means for the whole command."""
        return str(self)

    def verdict(self) -> Verdict:
        """The error as the verdict of the run that it ended."""
        return Verdict(self.row, self.exit_code, str(self), self.again)


class UsageError(RunnerError, row=Row.USAGE):
    """The command names something that does not exist or does not go together."""


class WorkflowNamedError(UsageError):
    """A workflow was given where a batch is asked for."""

    def __init__(self, workflow: "WorkflowManifest") -> None:
        steps = ", ".join(dict.fromkeys(step.batch for step in workflow.all_steps))
        super().__init__(f"{workflow.name} is a workflow, not a batch", hint=f"Name one of its steps' batches: {steps}")
        self.workflow = workflow


class DeniedError(RunnerError):
    """AWS refuses the caller a call, for a lack of permission. Another call may do."""


class UnusableManifestError(RunnerError):
    """A batch's manifest is there, and says nothing that can be used. Those of other batches may."""


class RemovedFieldError(UnusableManifestError, row=Row.USAGE):
    """A batch's manifest has a field that was removed."""


class OverlapError(RunnerError, row=Row.OVERLAP):
    """Another run of the batch is in progress, and the batch forbids a second, or has waited for as long as it may."""


class StoppedError(RunnerError, row=Row.STOPPED_BY_OTHERS):
    """Someone else has stopped the run before anything was started."""


class PausedError(RunnerError, row=Row.PAUSED):
    """The batch is paused."""


class StartError(RunnerError, row=Row.NEVER_STARTED):
    """The batch could not be started; nothing of it ran."""


class InterruptedEarlyError(RunnerError):
    """A signal came before anything was started."""

    row = Row.SIGNAL
    again: RetryAdvice = "safe"  # nothing was started

    def __init__(self, number: int) -> None:
        super().__init__(f"told to stop by {signal.Signals(number).name}: nothing had been started")
        self.exit_code = 128 + number
        self._number = number

    @property
    def reason(self) -> str:
        """What happened, without what it means for the whole command."""
        return f"told to stop by {signal.Signals(self._number).name}"


def no_folder() -> RunnerError:
    """The error of a command whose working directory has been removed."""
    return RunnerError(
        "the working directory cannot be read: it does not exist any more",
        hint="Change into another one, and repeat it",
    )


def missing_package(package: str, problem: str) -> RunnerError:
    """The error of a verb that needs a package which the base install leaves out."""
    return RunnerError(
        f"{problem}: the package {package} is not installed",
        hint=f"Install batchwright with it: uv tool install {requirement('local')}, or pip install",
    )
