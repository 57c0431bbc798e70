"""``batchwright attach``: follows a run that is in progress, or shows one that has ended."""

import time
from contextlib import suppress
from typing import Literal

import click

from batchwright_runner.aws.errors import ApiError
from batchwright_runner.commands.options import (
    more,
    on_signal_option,
    pass_console,
    quiet_option,
    run_argument,
    stage_option,
)
from batchwright_runner.errors import RunnerError
from batchwright_runner.fargate.end import ended_lately, of_somebody_elses, with_all_containers
from batchwright_runner.fargate.execution_runs import machine_goes_on
from batchwright_runner.fargate.follow import TaskFollower, end_of_forgotten
from batchwright_runner.fargate.known_run import KnownRun
from batchwright_runner.fargate.logs import LogReader
from batchwright_runner.fargate.meant import runs_about
from batchwright_runner.fargate.state import containers_of
from batchwright_runner.fargate.tasks import tasks_of_run
from batchwright_runner.runs.end import RunEnd, tell_end
from batchwright_runner.stage.session import Stage, work_in
from batchwright_runner.terminal.console import Console

SEEN_WITHIN = 5.0
"""Seconds for which it is looked at the end whether a machine goes on: it is for advice alone."""


@click.command(
    epilog=more(
        "docs/exit-codes.md",
        "batchwright attach daily-report@latest -s staging",
        "batchwright attach nightly-2026-11-25 -s production --on-signal stop",
    )
)
@run_argument
@stage_option
@on_signal_option("leave")
@click.option("--timestamps", is_flag=True, help="Begin each line of the log with its time.")
@click.option("--all-containers", is_flag=True, help="Show the logs of the other containers too.")
@quiet_option
@pass_console
def attach(
    console: Console,
    run: str,
    stage: str | None,
    on_signal: Literal["stop", "leave"],
    timestamps: bool,
    all_containers: bool,
) -> int:
    """Follow RUN from its first line to its end, and exit as run does.

    RUN is a run id, a short id as runs shows it, a task id, an ARN, or BATCH@latest.
    """
    with work_in(console, stage, timestamps=timestamps) as work:
        known = runs_about(work.stage, run).find(run, patient=True)
        work.stage.say_where(known.manifest.account, known.manifest.batch)
        if not known.has_task:
            return _without_a_task(console, run, known)
        if known.in_ecs:
            follower = TaskFollower(work.stage, work.output, console)
            end = follower.follow_known(known, on_signal=on_signal, all_containers=all_containers)
            end = _perhaps_again(work.stage, known, end)
        else:
            reader = LogReader(work.stage, work.output)
            containers = containers_of(known.task, known.manifest.container) if all_containers else None
            end = end_of_forgotten(known, reader.possible(known.manifest, known.arn, known.state, containers))
            end = with_all_containers(end) if all_containers else end
        console.quiet &= end.succeeded and not end.incomplete
        tell_end(console.note, end, ["batchwright", "run", known.manifest.batch, "-s", known.manifest.stage])
        return end.verdict.code


def _perhaps_again(stage: Stage, known: KnownRun, end: RunEnd) -> RunEnd:
    """The end of an attempt, which says that another one may be made where that is so."""
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


def _without_a_task(console: Console, run: str, known: KnownRun) -> int:
    found = known.result
    if found is None:
        raise RunnerError(
            f"run {run} has no task now: its machine looks for other runs, or pauses before an attempt",
            hint=f"Attach again in a moment, or see {known.execution} in the console of Step Functions",
            again="safe",
        )
    console.note(f"run {run} ended before a task was started: {known.execution}")
    console.note(f"exit {found.code}: {found.why}")
    return found.code
