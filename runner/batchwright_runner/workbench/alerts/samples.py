"""An end for each row of the exit codes that people are told of, for previews and the documents. Pure."""

from collections.abc import Mapping

from batchwright_runner.contract.ends import (
    ENDED_BY_ITSELF,
    FAILED_TO_START,
    RUNNER_TIMEOUT,
    STOPPED_ON_REQUEST,
)
from batchwright_runner.contract.judgment.verdict import Ending, StopRequest
from batchwright_runner.contract.verdicts import Row

SAMPLES: Mapping[Row, Ending] = {
    Row.NEVER_STARTED: Ending(
        began=False,
        stop_code=FAILED_TO_START,
        reason="CannotPullContainerError: reports:stage-production: not found",
    ),
    Row.TIMEOUT: Ending(
        exit_code=0,
        stop_code=STOPPED_ON_REQUEST,
        reason=RUNNER_TIMEOUT.format("30m00s"),
        stop=StopRequest("timeout"),
    ),
    Row.ENDED_BY_AWS: Ending(exit_code=143, stop_code="SpotInterruption", reason="Your Spot Task was interrupted."),
    Row.STOPPED_BY_OTHERS: Ending(
        exit_code=143, stop_code=STOPPED_ON_REQUEST, reason="batchwright stop: wrong data, by alice"
    ),
    Row.OWN: Ending(exit_code=3, stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
    Row.NO_RESULT: Ending(stop_code=ENDED_BY_ITSELF, reason="Essential container in task exited"),
}
"""Row to an end that belongs to it."""

SILENT: Mapping[Row, str] = {
    Row.USAGE: "nothing was started: whoever gave the command sees it; a machine that refuses its input is told",
    Row.OVERLAP: "another run is in progress: that one is told if it fails",
    Row.PAUSED: "someone keeps the batch from being started, and knows it",
    Row.SIGNAL: "the caller's own runner was told to stop: its caller knows it",
}
"""Rows of which no one is told, and why."""

LINES = ("loading 2026-11-24", "Traceback (most recent call last):", "ValueError: no rate for XAU")
"""The last lines of a log, for a preview."""
