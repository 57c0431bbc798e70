"""Whether another attempt may follow on one that has ended, as far as that can be seen by who has not started it."""

import time
from contextlib import suppress

from batchwright_runner.aws.errors import ApiError
from batchwright_runner.errors import RunnerError
from batchwright_runner.fargate.end import ended_lately, of_somebody_elses
from batchwright_runner.fargate.execution_runs import machine_goes_on
from batchwright_runner.fargate.known_run import KnownRun
from batchwright_runner.fargate.tasks import tasks_of_run
from batchwright_runner.runs.end import RunEnd
from batchwright_runner.stage.session import Stage

SEEN_WITHIN = 5.0
"""Seconds for which it is looked at the end whether a machine goes on: it is for advice alone."""


def perhaps_again(stage: Stage, known: KnownRun, end: RunEnd) -> RunEnd:
    """The end of an attempt, which says that its machine or its runner may make another one, where that may be.

    Args:
        stage: The stage.
        known: The run, as it was when it was found.
        end: The end of the attempt.
    """
    run = known.started_by or known.arn
    if known.execution:
        with suppress(RunnerError):
            if machine_goes_on(stage.aws, stage.waiter, known, SEEN_WITHIN) is False:
                return end
        return of_somebody_elses(end, run, "machine")
    if not known.state.ended:
        return of_somebody_elses(end, run)
    if of_somebody_elses(end, run) is end or not ended_lately(known.state, time.time()):
        return end
    number = 0
    if known.started_by:
        with suppress(ApiError):
            number = len(tasks_of_run(stage.aws, known.manifest, known.started_by))
    return of_somebody_elses(end, run, attempt=max(1, number))
