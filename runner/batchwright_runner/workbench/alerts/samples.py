"""What may happen to a batch, as the alerts' function is told of it: for previews and the documents. Pure."""

import signal
from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.ends import (
    ENDED_BY_ITSELF,
    FAILED_TO_START,
    RUNNER_TIMEOUT,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.judgment.ending import stop_reason
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.moments import utc
from batchwright_runner.contract.variables import RUN_ID
from batchwright_runner.contract.verdicts import Row

SAMPLES: Mapping[Row, Ending] = {
    Row.NEVER_STARTED: Ending(
        began=False,
        stop_code=FAILED_TO_START,
        reason="CannotPullContainerError: reports:stage-production: not found",
    ),
    Row.TIMEOUT: Ending(exit_code=0, stop_code=STOPPED_ON_REQUEST, reason=RUNNER_TIMEOUT.format("30m00s")),
    Row.ENDED_BY_AWS: Ending(exit_code=143, stop_code="SpotInterruption", reason="Your Spot Task was interrupted."),
    Row.OWN: Ending(exit_code=3, stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
    Row.NO_RESULT: Ending(stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
}
"""Row to an end that belongs to it, of those that people are told of."""
GOOD = Ending(exit_code=0, stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited")
WITH_ITS_HOST = Ending(
    exit_code=143,
    stop_code=STOPPED_ON_REQUEST,
    reason=stop_reason(StopRequest("signal", signal.SIGTERM, host="rundeck-01")),
)

SILENT: Mapping[Row, str] = {
    Row.USAGE: "nothing was started: whoever gave the command sees it; a machine that refuses its input is told",
    Row.OVERLAP: "another run is in progress: that one is told if it fails, and so is one that gave up waiting",
    Row.PAUSED: "someone keeps the batch from being started, and knows it",
    Row.SIGNAL: "who stops a run at a terminal knows it; for a runner that no one sits at, see --row stopped",
    Row.STOPPED_BY_OTHERS: "someone stopped it on purpose, and knows it",
}
"""Rows of which no one is told, and why."""

LINES = ("loading 2026-11-24", "Traceback (most recent call last):", "ValueError: no rate for XAU")
"""The last lines of a log, for a preview."""
TASK, RUN = "0123456789abcdef0123456789abcdef", "9f1c2d3e"


def sample_task(manifest: BatchManifest, ending: Ending, ended: float, seconds: float) -> dict[str, Any]:
    """A task that has ended so, as the event of its end shows it.

    Args:
        manifest: Its batch.
        ending: How it ended.
        ended: When, in seconds since 1970.
        seconds: How long it took.
    """
    started = utc(ended - seconds)
    main: dict[str, Any] = {"name": manifest.container, "lastStatus": "STOPPED"}
    variables = [{"name": RUN_ID, "value": RUN}]
    return {
        "taskArn": f"{manifest.task_definition.partition(':task-definition/')[0]}:task/{cluster_of(manifest)}/{TASK}",
        "taskDefinitionArn": manifest.task_definition,
        "lastStatus": "STOPPED",
        "startedBy": RUN,
        "createdAt": started,
        **({"startedAt": started} if ending.began else {}),
        "executionStoppedAt": utc(ended),
        "stopCode": ending.stop_code,
        "stoppedReason": ending.reason,
        "containers": [main if ending.exit_code is None else {**main, "exitCode": ending.exit_code}],
        "overrides": {"containerOverrides": [{"name": manifest.container, "environment": variables}]},
    }


def cluster_of(manifest: BatchManifest) -> str:
    """The name of a batch's cluster."""
    return manifest.cluster.rpartition("/")[2]
