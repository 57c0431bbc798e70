"""A start that a pause of the batch refuses."""

import time
from collections.abc import Callable

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.names import StageNames
from batchwright_runner.contract.pauses import Pause
from batchwright_runner.errors import PausedError
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.parameters import read_parameter
from batchwright_runner.host.aws.retry import FIRST_CALL, RUN_HINT, Patience
from batchwright_runner.host.runs.signals import Waiter


def refuse_paused(
    aws: Aws,
    manifest: BatchManifest,
    waiter: Waiter,
    *,
    patience: Patience = FIRST_CALL,
    wall: Callable[[], float] = time.time,
) -> None:
    """Refuses a start while a batch is paused.

    `wall`: seconds since 1970.
    """
    path = StageNames.of(manifest).paused(manifest.batch)
    what = f"whether {manifest.batch} is paused cannot be seen"
    pause = read_pause(aws, path, what, waiter, patience=patience)
    if pause is not None and pause.holds(wall()):
        raise PausedError(
            f"{manifest.batch} is paused {pause.words()}",
            hint=f"End it with batchwright resume {manifest.batch} -s {manifest.stage}, or add --even-if-paused",
        )


def read_pause(
    aws: Aws, path: str, what: str, waiter: Waiter, hint: str = RUN_HINT, patience: Patience = FIRST_CALL
) -> Pause | None:
    """The record of a pause; none without one."""
    found = read_parameter(aws, path, what, waiter, hint=hint, patience=patience)
    return Pause.from_text(str(found["Value"])) if found is not None else None
