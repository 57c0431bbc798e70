"""A start that a pause of the batch refuses."""

import time
from collections.abc import Callable

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import paused_path
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.errors import PausedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import RUN_HINT
from batchwright_runner.host.runs.signals import Waiter


def refuse_paused(aws: Aws, manifest: BatchManifest, waiter: Waiter, *, wall: Callable[[], float] = time.time) -> None:
    """Refuses a start while a batch is paused.

    Args:
        aws: Calls AWS.
        manifest: The batch.
        waiter: Time and signals.
        wall: Seconds since 1970.

    Raises:
        PausedError: It is paused.
        RunnerError: Whether it is cannot be seen: nothing is started then.
    """
    path = paused_path(manifest.project, manifest.stage, manifest.batch)
    what = f"whether {manifest.batch} is paused cannot be seen"
    pause = read_pause(aws, path, what, waiter)
    if pause is not None and pause.holds(wall()):
        raise PausedError(
            f"{manifest.batch} is paused {pause.words()}",
            hint=f"End it with batchwright resume {manifest.batch} -s {manifest.stage}, or add --even-if-paused",
        )


def read_pause(aws: Aws, path: str, what: str, waiter: Waiter, hint: str = RUN_HINT) -> Pause | None:
    """The record of a pause; none without one.

    Args:
        aws: Calls AWS.
        path: The record's parameter.
        what: What cannot be seen where it cannot be read.
        waiter: Time and signals.
        hint: What to do where a permission is missing. Default: that of a run.

    Raises:
        RunnerError: It cannot be read.
    """
    found = read_parameter(aws, path, what, waiter, hint=hint)
    return Pause.from_text(str(found["Value"])) if found is not None else None
