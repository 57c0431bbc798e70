"""What the verbs that work on runs share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from batchwright_runner.runs.signals import SignalWaiter
from batchwright_runner.stage.open import open_stage, status_for
from batchwright_runner.stage.session import Stage
from batchwright_runner.stage.surroundings import Surroundings
from batchwright_runner.terminal.live_line import Status
from batchwright_runner.terminal.log_output import Output, standard_output


@dataclass(frozen=True, slots=True)
class Work:
    """What a verb works with."""

    stage: Stage
    output: Output
    status: Status


@contextmanager
def work_in(stage: str | None, *, timestamps: bool = False) -> Iterator[Work]:
    """Opens a stage for a verb.

    Raises:
        UsageError: No stage was given, or the file does not have it.
        RunnerError: The file cannot be used.
    """
    with SignalWaiter() as waiter:
        around = Surroundings.of(waiter, standard_output(timestamps=timestamps))
        status = status_for(around.environment)
        yield Work(open_stage(stage, around, status), around.output, status)
