"""Stops a task that is not followed."""

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.host.aws.client import Aws
from batchwright_runner.host.aws.retry import Patience, repeat
from batchwright_runner.host.aws.trying import Trying
from batchwright_runner.host.fargate.task import APPEARS_WITHIN, FargateTask
from batchwright_runner.host.runs.signals import Waiter
from batchwright_runner.host.runs.task import AlreadyStoppingError, RefusedError, TemporaryError

NOT_STOPPED = "it could not be stopped"
PATIENCE = APPEARS_WITHIN
"""Seconds for which a stop that does not get through is tried. Its task may be so young that ECS does not know it."""


def stop_task(
    aws: Aws,
    manifest: BatchManifest,
    arn: str,
    reason: str,
    waiter: Waiter,
    *,
    stopping: bool = False,
    execution: str = "",
) -> TemporaryError | RefusedError | None:
    """Asks ECS to stop a task. Does not wait for its end.

    Returns why it could not be stopped; ``None`` when it was.
    """
    task = FargateTask(
        aws,
        manifest,
        arn,
        clock=waiter.now,
        stopping=stopping,
        execution=execution,
    )
    try:
        repeat(lambda: task.stop(reason), waiter, Patience(PATIENCE), trying=Trying(NOT_STOPPED, waiter))
    except AlreadyStoppingError:
        return None
    except (TemporaryError, RefusedError) as error:
        return error
    return None
