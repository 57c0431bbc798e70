"""``batchwright attach``: follows a run that is in progress, or shows one that has ended."""

from dataclasses import replace
from typing import Literal

import click

from batchwright_runner.commands.options import more, on_signal_option, run_argument, stage_option, with_console
from batchwright_runner.contract.workflows.run import StepsRun
from batchwright_runner.host.fargate.attach import FollowedRun, until_its_machine_starts
from batchwright_runner.host.fargate.beside import Deadlines
from batchwright_runner.host.fargate.executions import run_again
from batchwright_runner.host.runs.end import tell_end
from batchwright_runner.host.runs.signals import SignalWaiter
from batchwright_runner.host.stage.session import Surroundings, open_stage
from batchwright_runner.host.terminal.console import Console
from batchwright_runner.host.terminal.doing import doing
from batchwright_runner.host.workflows.find import find_run


@click.command(
    epilog=more(
        "docs/exit-codes.md",
        "batchwright attach daily-report@latest -s staging",
        "batchwright attach daily-report@1a2b3c4d -s production --on-signal stop",
    )
)
@run_argument
@stage_option
@on_signal_option("leave")
@click.option("--timestamps", is_flag=True, help="Begin each line of the log with its time.")
@click.option("--all-containers", is_flag=True, help="Show the logs of the other containers too.")
@with_console
def attach(
    console: Console,
    run: str,
    stage: str | None,
    on_signal: Literal["stop", "leave"],
    timestamps: bool,
    all_containers: bool,
) -> int:
    """Follow RUN from its first line to its end, its further attempts too, and exit as run does.

    RUN is BATCH@ID, as every message names a run, BATCH@latest, or an ARN. BATCH alone is its only run in progress.
    """
    with SignalWaiter(console.note) as waiter:
        around = Surroundings.of(waiter, console, timestamps=timestamps)
        at = open_stage(stage, around)
        with doing(console, f"looking for {run}"):
            attempt = find_run(at, run, patient=True)
        if isinstance(attempt, StepsRun):
            from batchwright_runner.commands.workflow_runs import attach_workflow

            return attach_workflow(at, around, attempt, on_signal=on_signal, all_containers=all_containers)
        at.say_where(attempt.manifest.account, attempt.manifest.batch)
        attempt = until_its_machine_starts(at, attempt, on_signal)
        if attempt.verdict is not None and not attempt.has_task:
            console.note(f"run {attempt.name} ended before a task was started: {attempt.execution}")
            if attempt.verdict.may_improve:
                console.note(f"run it again: {run_again(at.aws, attempt)}")
            console.note(attempt.verdict.said)
            return attempt.verdict.code
        deadlines = Deadlines(at.aws)
        end = FollowedRun(at, around.output, console, on_signal, all_containers, deadlines).run(attempt)
        deadlines.finish()
        console.quiet &= end.succeeded and not end.incomplete
        tell_end(console.note, end if end.succeeded else replace(end, again=run_again(at.aws, attempt)))
        return end.verdict.code
